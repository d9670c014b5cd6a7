import { createKeyterms, type Keyterms } from '../decoding/keyterms'
import type { TokenSet } from '../decoding/token-set'

/** Added for every letter that goes on with a term (natural log): about 1.5 a sentence piece, as sherpa-onnx adds. */
export const defaultLetterBoost = 0.5

const WORD_MARK = '▁'.codePointAt(0)!

/**
 * Keyterms for networks that write sentence pieces, followed letter by letter within the pieces: a term counts however
 * the network cuts it, and the model's tokenizer, which is seldom published, is not needed.
 *
 * @returns Null where no term can be written with the network's letters.
 */
export function createPieceKeyterms(
  terms: readonly string[],
  tokenSet: TokenSet,
  boost = defaultLetterBoost,
): Keyterms | null {
  const letters = tokenSet.texts.map((text, token) => [
    ...(tokenSet.startsWord[token] === 1 || token === tokenSet.delimiter ? [WORD_MARK] : []),
    ...codePoints(text),
  ])
  const alphabet = new Set(letters.flat())
  const spelled = terms.map((term) => spell(term, alphabet)).filter((spelling) => spelling !== null)
  if (spelled.length === 0) return null
  const byLetter = createKeyterms(spelled, { boost, startsWord: (letter) => letter === WORD_MARK })
  return {
    start: byLetter.start,
    next: (state, token) => letters[token]!.reduce((at, letter) => byLetter.next(at, letter), state),
    gain(state, token) {
      let at = state
      let sum = 0
      for (const letter of letters[token]!) {
        sum += byLetter.gain(at, letter)
        at = byLetter.next(at, letter)
      }
      return sum
    },
    finish: (state) => byLetter.finish(state),
  }
}

/** A term as letters that the network has, each word begun by the mark; many networks know no capitals. */
function spell(term: string, alphabet: ReadonlySet<number>): number[] | null {
  const spelling: number[] = []
  for (const word of term.normalize('NFC').split(/\s+/)) {
    if (word === '') continue
    spelling.push(WORD_MARK)
    for (const letter of word) {
      const forms = [letter, letter.toLowerCase(), letter.toUpperCase()].map(codePoints)
      const known = forms.find((form) => form.every((code) => alphabet.has(code)))
      if (!known) return null
      spelling.push(...known)
    }
  }
  return spelling.length > 1 ? spelling : null
}

function codePoints(text: string): number[] {
  return [...text].map((letter) => letter.codePointAt(0)!)
}
