import { AppError } from '../../../platform/errors'
import { linesOf } from './text-lines'

/** Words with their pronunciations or spellings, as tokens. A word with several stands several times. */
export interface Lexicon {
  texts: readonly string[]
  /** `spellings[i]` says `texts[i]`. */
  spellings: readonly Int32Array[]
  /** All spellings of a word; none when it is not there. */
  find(text: string): readonly Int32Array[]
}

/** @param entries Words with tokens; entries without tokens are left out. */
export function createLexicon(
  entries: Iterable<readonly [text: string, tokens: ArrayLike<number>]>,
): Lexicon {
  const texts: string[] = []
  const spellings: Int32Array[] = []
  const index = new Map<string, number | number[]>()
  for (const [text, tokens] of entries) {
    if (tokens.length === 0) continue
    const known = index.get(text)
    const at = texts.length
    index.set(text, known === undefined ? at : typeof known === 'number' ? [known, at] : [...known, at])
    texts.push(text)
    spellings.push(Int32Array.from(tokens))
  }
  return {
    texts,
    spellings,
    find(text) {
      const found = index.get(text)
      if (found === undefined) return []
      return (typeof found === 'number' ? [found] : found).map((at) => spellings[at]!)
    },
  }
}

/**
 * Reads lines of a word and its tokens (`hello HH AH L OW`; a further pronunciation may be marked `hello(2)`), plain or
 * gzipped. Lines with tokens that the network lacks are an error: the files do not belong together.
 *
 * @param find Index of a token by its spelling, −1 for none.
 * @throws AppError `model_corrupt`
 */
export async function readLexicon(path: string, find: (token: string) => number): Promise<Lexicon> {
  const entries: [string, number[]][] = []
  try {
    for await (const line of linesOf(path)) {
      const [word, ...tokens] = line.trim().split(/\s+/)
      if (!word || word.startsWith(';;;')) continue
      entries.push([word.replace(/\(\d+\)$/, ''), tokens.map((token) => known(find(token), token))])
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('model_corrupt', { message: 'The lexicon could not be read.', cause })
  }
  if (entries.length === 0) throw new AppError('model_corrupt', { message: 'The lexicon is empty.' })
  return createLexicon(entries)
}

function known(index: number, token: string): number {
  if (index >= 0) return index
  throw new AppError('model_corrupt', {
    message: `The lexicon uses “${token}”, which the network does not know.`,
  })
}
