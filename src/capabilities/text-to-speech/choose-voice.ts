import type { ModelFiles } from '../../inference/engine'
import { AppError } from '../../platform/errors'
import type { TaskResources, TaskVoice } from '../capability'
import { voiceOptionsOf, type ModelVoice } from './voice-model'

export interface ChosenVoice {
  /** Voice of the model that speaks. */
  voice: ModelVoice
  /** Voice of the library that the speech is turned into; null where the model's own is wanted. */
  target: TaskVoice | null
  /** BCP 47: how the text is read. */
  language: string
}

/**
 * A voice of the model by its id, else a voice of the library, for which the model's default voice speaks first.
 *
 * @throws AppError `invalid_parameter` for an unknown voice, or a language that the model does not speak.
 */
export function chooseVoice(
  { manifest }: Pick<ModelFiles, 'manifest'>,
  { voice_id: id, language }: { voice_id: string; language: string },
  { voices: library }: TaskResources,
): ChosenVoice {
  const { voices } = voiceOptionsOf(manifest)
  const target = library[id] ?? null
  const named = voices.find((voice) => voice.id === id)
  if (id !== '' && !named && !target) {
    const known = voices.map((voice) => voice.id).join(', ')
    throw new AppError('invalid_parameter', {
      message: `There is no voice “${id}”: it is none of the model “${manifest.id}” (${known}) and none of your voice library.`,
      details: { parameter: 'voice_id' },
    })
  }
  const wanted = language === 'auto' ? null : language
  const voice = (named ?? bestFor(voices, wanted))!
  if (wanted !== null && primary(wanted) !== primary(voice.language)) {
    const spoken = [...new Set(voices.map((other) => other.language))].join(', ')
    throw new AppError('invalid_parameter', {
      message: `The voice “${voice.id}” speaks ${voice.language}, not ${wanted}. The model “${manifest.id}” speaks ${spoken}: choose another model for ${wanted}.`,
      details: { parameter: 'language' },
    })
  }
  return { voice, target, language: wanted ?? voice.language }
}

/** The first voice of the very language, else of a relative of it, else the first one. */
function bestFor(voices: readonly ModelVoice[], language: string | null): ModelVoice | undefined {
  if (language === null) return voices[0]
  return (
    voices.find((voice) => voice.language === language) ??
    voices.find((voice) => primary(voice.language) === primary(language)) ??
    voices[0]
  )
}

function primary(tag: string): string {
  return tag.toLowerCase().split('-')[0]!
}
