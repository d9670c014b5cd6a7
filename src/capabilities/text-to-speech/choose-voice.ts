import type { ModelFiles } from '../../inference/engine'
import { AppError } from '../../platform/errors'
import type { ParameterProblem, TaskResources, TaskVoice } from '../capability'
import { languageProblem, speakingVoice, voiceProblem, type ModelVoice } from '../speech-models'

export interface ChosenVoice {
  /** Voice of the model that speaks. */
  voice: ModelVoice
  /** Voice of the library that the speech is turned into; null where the model's own is wanted. */
  target: TaskVoice | null
  /** BCP 47: how the text is read. */
  language: string
}

interface Asked {
  voice_id: string
  language: string
}

/**
 * A voice of the model by its id, else a voice of the library, for which the model's default voice speaks first.
 *
 * @throws AppError `invalid_parameter` for an unknown voice, or a language that the model does not speak.
 */
export function chooseVoice(
  { manifest }: Pick<ModelFiles, 'manifest'>,
  asked: Asked,
  { voices: library }: TaskResources,
): ChosenVoice {
  const [problem] = choiceProblems(manifest, asked, (id) => library[id] !== undefined)
  if (problem) {
    throw new AppError('invalid_parameter', {
      message: problem.message,
      details: { parameter: problem.path },
    })
  }
  const { voice_id: id } = asked
  const voice = speakingVoice(manifest, { id, language: languageOf(asked) })
  return { voice, target: library[id] ?? null, language: chooseLanguage(manifest, asked) }
}

/** BCP 47: how the text is read. */
export function chooseLanguage(manifest: ModelFiles['manifest'], asked: Asked): string {
  const language = languageOf(asked)
  return language ?? speakingVoice(manifest, { id: asked.voice_id, language }).language
}

/** Why nobody can speak as it is asked for. */
export function choiceProblems(
  manifest: ModelFiles['manifest'],
  asked: Asked,
  hasVoice: (id: string) => boolean,
): ParameterProblem[] {
  const { voice_id: id } = asked
  const unknown = voiceProblem(manifest, id, hasVoice)
  if (unknown !== null) return [{ path: 'voice_id', message: unknown }]
  const unspoken = languageProblem(manifest, { id, language: languageOf(asked) })
  return unspoken === null ? [] : [{ path: 'language', message: unspoken }]
}

function languageOf({ language }: Asked): string | null {
  return language === 'auto' ? null : language
}
