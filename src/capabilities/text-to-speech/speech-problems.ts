import { AppError } from '../../platform/errors'
import { saysSomething } from '../../text/says-something'
import type { AskedJob, ParameterProblem } from '../capability'
import { namedModelProblems } from '../speech-models'
import { chooseLanguage, choiceProblems } from './choose-voice'
import type { TextToSpeechParameters } from './index'

/** Why a text cannot be spoken as it is asked for, as far as it can be told without speaking. */
export function speechProblems(parameters: TextToSpeechParameters, job: AskedJob): ParameterProblem[] {
  const problems = [
    ...choiceProblems(job.model, parameters, job.hasVoice),
    ...namedModelProblems(job, { path: 'vocoder', kind: 'vocoder', id: parameters.vocoder }),
  ]
  if (problems.length > 0 || job.text === null) return problems
  const message = textProblem(job.text, parameters, chooseLanguage(job.model, parameters))
  return message === null ? [] : [{ path: 'input_data', message }]
}

function textProblem(
  text: string,
  { ssml, dictionary_id: dictionary }: TextToSpeechParameters,
  language: string,
): string | null {
  try {
    // A dictionary may have a word for every sign.
    if (saysSomething(text, { language, ssml }) || dictionary !== '') return null
    return `There is nothing to speak: the text holds no words that a voice for ${language} can say. Punctuation and emoji alone have no sound.`
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_parameter') return error.message
    throw error
  }
}
