import { describe, expect, it } from 'vitest'

import { transcriptOf } from '../../../test/support/voice-editor'
import type { Lexicon } from '../../text/pronunciation/lexicon'
import { accentRules, amountOf, planChanges } from './plan'

const words: Record<string, string> = {
  bath: 'B AE1 TH',
  trap: 'T R AE1 P',
  bird: 'B ER1 D',
  about: 'AH0 B AW1 T',
  "can't": 'K AE1 N T',
}
const lexicon: Lexicon = {
  language: 'en',
  has: (word) => word in words,
  pronunciations: (word) => (words[word] ? [words[word].split(' ')] : []),
}
const plan = (text: [string, number, number][], strength = 1, accent: keyof typeof accentRules = 'en-GB') =>
  planChanges(transcriptOf(text, 10), lexicon, accentRules[accent], strength)

describe('an accent', () => {
  it('changes the vowels that it says differently, within their words', () => {
    const changes = plan([
      ['Bath,', 1, 2],
      ['unheard', 2, 3],
      ['bird', 3, 3.5],
      ['about.', 4, 5],
    ])
    expect(changes.map(({ word, phone, rule }) => [word, phone, rule])).toEqual([
      ['bath', 'AE', 'bath'],
      ['bird', 'ER', 'nurse-without-r'],
    ])
    const [bath] = changes
    expect(bath!.start).toBeGreaterThan(1.1)
    expect(bath!.end).toBeLessThan(1.9)
    expect(bath!.end - bath!.start).toBeGreaterThan(0.3)
    expect(bath!.shift.f2).toBeCloseTo(0.6, 9)
  })

  it('knows the words of a rule, with their apostrophes', () => {
    expect(plan([['can’t', 0, 1]])[0]!.rule).toBe('bath')
    expect(plan([['trap', 0, 1]])[0]!.rule).toBe('trap-open')
  })

  it('grows with the strength: telling rules first', () => {
    expect(plan([['bath', 0, 1]], 0)).toEqual([])
    expect(plan([['bath', 0, 1]], 0.5)[0]!.shift.f2).toBeCloseTo(Math.sqrt(0.6), 9)
    expect(plan([['trap', 0, 1]], 0.5)).toEqual([])
    expect(amountOf({ weight: 0.5 }, 0.75)).toBe(0.5)
    expect(amountOf({ weight: 0.5 }, 1)).toBe(1)
  })

  it('of America is the way back', () => {
    const [there] = plan([['bird', 0, 1]])
    const [back] = plan([['bird', 0, 1]], 1, 'en-US')
    expect(there!.shift.f3 * back!.shift.f3).toBeCloseTo(1, 9)
  })

  it.each(Object.entries(accentRules))('%s has rules with a source, none twice', (_, rules) => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
    for (const { source, weight, shift } of rules) {
      expect(source.length).toBeGreaterThan(20)
      expect(weight > 0 && weight <= 1).toBe(true)
      for (const factor of Object.values(shift)) expect(factor > 0.5 && factor < 1.8).toBe(true)
    }
  })
})
