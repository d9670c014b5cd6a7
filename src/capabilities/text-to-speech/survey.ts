import { AppError } from '../../platform/errors'
import type { SpokenWord, Utterance } from '../../text/utterance'

/** What a text holds, known before any of it is spoken. */
export interface TextSurvey {
  words: number
  /** Words that the voice cannot say, as written, each once; the first ones where there are many. */
  unreadable: string[]
  unreadableCount: number
}

const maxListed = 20
/** With more of its words left out than this, a text is not the same text any more. */
const maxUnreadableShare = 0.1

/**
 * Counts the words and those that the voice cannot say, of which a few are left out and told about.
 *
 * @param notes What the front end has said so far of words that it left out itself.
 * @throws AppError `invalid_parameter` where there is nothing to speak, or too much that cannot be spoken.
 */
export async function surveyText(
  utterances: Iterable<Utterance> | AsyncIterable<Utterance>,
  reads: (word: SpokenWord) => boolean,
  notes: readonly string[],
  signal: AbortSignal,
): Promise<TextSurvey> {
  const unreadable = new Set<string>()
  let words = 0
  let unreadableCount = 0
  for await (const utterance of utterances) {
    signal.throwIfAborted()
    for (const word of utterance.words) {
      words += 1
      if (reads(word)) continue
      unreadableCount += 1
      if (unreadable.size < maxListed) unreadable.add(word.written || word.spoken)
    }
  }
  if (words === 0) {
    throw new AppError('invalid_parameter', {
      message:
        notes.length > 0
          ? `There is nothing that this voice can say. ${notes.slice(0, maxListed).join(' ')} Choose a voice for the language of the text.`
          : 'There is nothing to speak: the text holds no words. Punctuation and emoji alone have no sound.',
    })
  }
  if (unreadableCount > words * maxUnreadableShare) {
    throw new AppError('invalid_parameter', {
      message: `The voice cannot say ${unreadableCount} of ${words} words: ${listed([...unreadable], unreadableCount)}. Choose a voice for their language, or write them as they are said.`,
      details: { words: [...unreadable] },
    })
  }
  return { words, unreadable: [...unreadable], unreadableCount }
}

export function listed(names: readonly string[], count: number): string {
  return names.map((name) => `“${name}”`).join(', ') + (count > names.length ? ' …' : '')
}
