import type { TokenSet } from '../decoding/token-set'

/** As many as `alignWords` tries. */
const MAX_SPELLINGS = 60
const WORD_MARK = '▁'

/**
 * All ways to write a word with a network's sentence pieces, those with the fewest pieces first. One of them is what the
 * model's own tokenizer would choose, whose file is seldom published; the sound decides which.
 *
 * Letters that the network lacks are left out (punctuation, mostly), capitals are lowered where it knows none.
 *
 * @returns Empty where nothing of the word can be written.
 */
export function pieceSpellings(tokenSet: TokenSet, word: string): number[][] {
  const known = (text: string) => tokenSet.texts.some((piece) => piece.includes(text))
  const letters = [...word.normalize('NFC')]
    .map((letter) => [letter, letter.toLowerCase(), letter.toUpperCase()].find(known) ?? '')
    .filter((letter) => letter !== '')
  if (letters.length === 0) return []
  const text = [WORD_MARK, ...letters]
  // The best spellings of every beginning of the word, from which those of the longer ones are made.
  const upTo: number[][][] = [[[]]]
  for (let end = 1; end <= text.length; end++) {
    const found: number[][] = []
    for (let start = 0; start < end; start++) {
      const token = tokenSet.find(text.slice(start, end).join(''))
      if (token >= 0) found.push(...upTo[start]!.map((spelling) => [...spelling, token]))
    }
    upTo.push(found.sort((a, b) => a.length - b.length).slice(0, MAX_SPELLINGS))
  }
  return upTo[text.length]!
}
