import type { AskedJob, ParameterProblem } from '../capability'
import { hearingProblem, languageProblem, namedModelProblems } from '../speech-models'
import type { AccentChangerParameters } from './index'

/** Why an accent cannot be changed with the models that are named or there: all of it is about English. */
export function accentProblems({ recognizer }: AccentChangerParameters, job: AskedJob): ParameterProblem[] {
  const path = 'recognizer'
  const unknown = namedModelProblems(job, { path, kind: 'speech-to-text', id: recognizer })
  if (unknown.length > 0) return unknown
  const hears = job.otherModel('speech-to-text', recognizer || undefined)
  const unheard = hears && hearingProblem(hears, 'en')
  const speaks = spokenAnew(job.model) ? job.otherModel('text-to-speech') : null
  const unspoken = speaks && languageProblem(speaks, { id: '', language: 'en' })
  return [
    ...(unheard ? [{ path, message: unheard }] : []),
    ...(unspoken ? [{ path: 'target_accent', message: unspoken }] : []),
  ]
}

/** Whether a model has everything said anew by a speech model, rather than moving vowels in place. */
export function spokenAnew({ engine }: AskedJob['model']): boolean {
  return engine === 'respeak'
}
