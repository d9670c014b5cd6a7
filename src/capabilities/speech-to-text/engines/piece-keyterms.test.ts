import { describe, expect, it } from 'vitest'
import { createTokenSet } from '../decoding/token-set'
import { createPieceKeyterms } from './piece-keyterms'

const pieces = ['<unk>', '▁', '▁ti', 'm', 'b', 're', '▁tim', 'bre', '▁and', '▁b', '<blk>']
const tokenSet = createTokenSet(pieces, { blank: '<blk>' })

function bonus(terms: string[], said: string[]): number {
  const keyterms = createPieceKeyterms(terms, tokenSet, 1)!
  let [state, sum] = [keyterms.start, 0]
  for (const piece of said) {
    sum += keyterms.gain(state, pieces.indexOf(piece))
    state = keyterms.next(state, pieces.indexOf(piece))
  }
  return sum + keyterms.finish(state)
}

describe('keyterms over pieces', () => {
  it('count however the word is cut', () => {
    for (const said of [
      ['▁ti', 'm', 'b', 're'],
      ['▁tim', 'bre'],
      ['▁', '▁tim', 'b', 're'],
    ]) {
      expect(bonus(['timbre'], said)).toBe(7)
    }
  })

  it('count as whole words only, and not when they are left', () => {
    expect(bonus(['tim'], ['▁tim', 'bre'])).toBe(0)
    expect(bonus(['timbre'], ['▁tim', 'm'])).toBe(0)
    expect(bonus(['timbre'], ['▁tim', 'b'])).toBe(0)
    expect(bonus(['tim'], ['▁tim', '▁and'])).toBe(4)
  })

  it('may be phrases', () => {
    expect(bonus(['tim and timbre'], ['▁tim', '▁and', '▁ti', 'm', 'bre'])).toBe(15)
  })

  it('take the case that the network knows, and leave out what it cannot write', () => {
    expect(bonus(['TIMBRE', 'Zürich'], ['▁tim', 'bre'])).toBe(7)
    expect(createPieceKeyterms(['Zürich', ' '], tokenSet)).toBeNull()
  })
})
