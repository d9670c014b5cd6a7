import type { VoiceLookup } from '../voices'
import { refused } from './errors'
import type { SpeechRequest } from './schemas'

/** OpenAI's voices, in the order in which they are dealt out among the voices of the model. */
const theirs = [
  ...['alloy', 'ash', 'ballad', 'coral', 'echo', 'fable', 'onyx'],
  ...['nova', 'sage', 'shimmer', 'verse', 'marin', 'cedar'],
]

/**
 * The voice that a request names: one of the model, a preset or one of the user's library; OpenAI's names stand for
 * the model's voices in turn.
 * @throws AppError that names `voice`.
 */
export async function chooseVoice(
  userId: string,
  voice: SpeechRequest['voice'],
  model: { id: string; voices: { id: string }[] },
  library: VoiceLookup,
): Promise<string> {
  const id = typeof voice === 'string' ? voice : voice.id
  if (model.voices.some((own) => own.id === id)) return id
  const found = await library.find(userId, id)
  if (found.state === 'usable') return id
  if (found.state === 'unusable') throw refused('voice', found.reason)
  const place = typeof voice === 'string' ? theirs.indexOf(id) : -1
  if (place >= 0) return model.voices[place % Math.max(1, model.voices.length)]?.id ?? ''
  const known = [...model.voices.map((own) => own.id), ...theirs].join(', ')
  throw refused('voice', `There is no voice '${id}'. There are: ${known}; and those of your library by id.`)
}
