import { describe, expect, it } from 'vitest'
import { emissionsFromLogits } from './emissions'
import { createKeyterms } from './keyterms'
import { createPace } from './pacing'
import { decodePrefixBeam } from './prefix-beam'
import { createTokenSet } from './token-set'

/** Total gain of a text, letter by letter; `|` parts words. */
function gainOf(terms: string[], text: string, delimiter = true): number {
  const code = (letter: string) => letter.charCodeAt(0)
  const keyterms = createKeyterms(
    terms.map((term) => Array.from(term, code)),
    delimiter ? { boost: 1, startsWord: (token) => token === code('|'), delimiter: code('|') } : { boost: 1 },
  )
  let state = keyterms.start
  let sum = 0
  for (const letter of text) {
    sum += keyterms.gain(state, code(letter))
    state = keyterms.next(state, code(letter))
  }
  return sum + keyterms.finish(state)
}

describe('keyterms', () => {
  const baseline = gainOf(['|cat'], '')
  const above = (terms: string[], text: string) => gainOf(terms, text) - baseline

  it('pay for a whole term at the beginning, inside and at the end of a text', () => {
    expect(above(['|cat'], 'cat')).toBe(4)
    expect(above(['|cat'], 'the|cat|sat')).toBe(4)
    expect(above(['|cat'], 'the|cat')).toBe(4)
    expect(above(['|cat'], 'cat|cat')).toBe(8)
  })

  it('pay nothing for a beginning, an end, or a word that only contains the term', () => {
    expect(above(['|cat'], 'ca')).toBe(0)
    expect(above(['|cat'], 'ca|cb')).toBe(0)
    expect(above(['|cat'], 'catalog')).toBe(0)
    expect(above(['|cat'], 'concat')).toBe(0)
  })

  it('follow phrases, and another term within a phrase that is given up', () => {
    expect(above(['|new|york'], 'new|york')).toBe(9)
    expect(above(['|new|york'], 'new|yorker')).toBe(0)
    expect(above(['|new|york|city', '|york|state'], 'new|york|state')).toBe(11)
    expect(above(['|new|york', '|new|york|city'], 'new|york|mayor')).toBe(9)
  })

  it('work without word marks, as for phones', () => {
    expect(gainOf(['abc'], 'xxabcyy', false)).toBe(3)
    expect(gainOf(['abc'], 'xxabyy', false)).toBe(0)
  })

  it('take an empty list', () => {
    expect(gainOf([], 'cat')).toBe(0)
  })

  it('turn a near miss in a prefix beam', async () => {
    const tokenSet = createTokenSet(['-', '|', 'a', 'c', 'p', 't'], { blank: '-', wordDelimiter: '|' })
    const logits = Array.from('cap', (letter) =>
      ['-', '|', 'a', 'c', 'p', 't'].map((token) =>
        token === letter ? 3 : token === 't' && letter === 'p' ? 2.5 : 0,
      ),
    ).flat()
    const decode = async (terms: number[][]) => {
      const keyterms = createKeyterms(terms, { boost: 1, startsWord: (token) => token === 1, delimiter: 1 })
      const options = {
        beamSize: 50,
        beamThreshold: 30,
        tokenThreshold: -30,
        lmWeight: 0,
        wordScore: 0,
        unknownScore: 0,
      }
      const emissions = emissionsFromLogits(Float32Array.from(logits), 3, 6)
      const pace = createPace(new AbortController().signal)
      const found = await decodePrefixBeam(emissions, tokenSet, { lm: null, keyterms }, options, pace)
      return found.words.map((word) => word.text).join(' ')
    }
    expect(await decode([])).toBe('cap')
    expect(await decode([[1, 3, 2, 5]])).toBe('cat')
  })
})
