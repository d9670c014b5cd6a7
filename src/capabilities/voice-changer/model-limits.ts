import type { Manifest } from '../../inference'
import type { ParameterProblem } from '../capability'
import type { VoiceChangerParameters } from './index'

/** Engines that turn a voice into another one, by what a network has learnt, and can do nothing else. */
const convertersOnly: readonly string[] = ['openvoice']

export function canShift({ engine }: Pick<Manifest, 'engine'>): boolean {
  return !convertersOnly.includes(engine)
}

/** What a model cannot do of what is asked. */
export function shiftProblems(
  parameters: VoiceChangerParameters,
  manifest: Pick<Manifest, 'engine' | 'title'>,
): ParameterProblem[] {
  if (canShift(manifest)) return []
  const { title } = manifest
  const problems: ParameterProblem[] = []
  for (const path of ['pitch_semitones', 'formant_shift'] as const) {
    if (parameters[path] === null) continue
    problems.push({
      path,
      message: `“${title}” cannot shift by semitones: leave this out, or choose another model.`,
    })
  }
  if (parameters.target_voice_id === '') {
    problems.push({
      path: 'target_voice_id',
      message: `“${title}” needs a voice to turn into: name one, or choose another model.`,
    })
  }
  return problems
}
