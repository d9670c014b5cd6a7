import { describe, expect, it } from 'vitest'

import type { Lexicon } from '../../text/pronunciation/lexicon'
import type { Transcript } from '../../transcript/transcript'
import { pronounce } from './pronounce'
import { phrasesOf } from './respeak'

const say = (word: string, phones: string, accent: Parameters<typeof pronounce>[2], strength = 1) =>
  pronounce(word, phones.split(' '), accent, strength).join(' ')

describe('a pronunciation', () => {
  it.each([
    ['car', 'K AA1 R', 'K AA1'],
    ['carry', 'K EH1 R IY0', 'K EH1 R IY0'],
    ['near', 'N IH1 R', 'N IH1 AH0'],
    ['north', 'N AO1 R TH', 'N AO1 TH'],
    ['better', 'B EH1 T ER0', 'B EH1 T AH0'],
    ['bath', 'B AE1 TH', 'B AA1 TH'],
    ['trap', 'T R AE1 P', 'T R AE1 P'],
    ['lot', 'L AA1 T', 'L AO1 T'],
    ['father', 'F AA1 DH ER0', 'F AA1 DH AH0'],
    ['go', 'G OW1', 'G AH1 UH0'],
  ])('of %s (%s) is British: %s', (word, american, british) => {
    expect(say(word, american, 'en-GB')).toBe(british)
    expect(say(word, american, 'en-US')).toBe(american)
  })

  it('of India keeps its r, and has stops for th and one sound for v and w', () => {
    expect(say('car', 'K AA1 R', 'en-IN')).toBe('K AA1 R')
    expect(say('with', 'W IH1 DH', 'en-IN')).toBe('V IH1 D')
    expect(say('three', 'TH R IY1', 'en-IN')).toBe('T R IY1')
  })

  it('of Australia is non-rhotic, and day sounds like die only at full strength', () => {
    expect(say('better', 'B EH1 T ER0', 'en-AU')).toBe('B EH1 T AH0')
    expect(say('day', 'D EY1', 'en-AU', 0.6)).toBe('D EY1')
    expect(say('day', 'D EY1', 'en-AU', 1)).toBe('D AY1')
  })

  it('without strength is the dictionary’s', () => {
    expect(say('bath', 'B AE1 TH', 'en-GB', 0)).toBe('B AE1 TH')
  })
})

describe('phrases', () => {
  const lexicon: Lexicon = {
    language: 'en',
    has: (word) => word === 'bath',
    pronunciations: (word) => (word === 'bath' ? [['B', 'AE1', 'TH']] : []),
  }
  const word = (text: string, start: number, end: number) => ({ text, start, end, confidence: 1 })
  const transcript: Transcript = {
    ...{ language: 'en', duration: 20, text: '', speakers: [], model: { id: 'truth', version: '1' } },
    segments: [
      {
        ...{ start: 0, end: 10, text: '', speaker: 's1', decoding: null },
        words: [word('A', 0, 0.3), word('bath,', 0.35, 1), word('A&P<b>', 1.5, 2), word('bath', 1.9, 2.5)],
      },
    ],
  }

  it('end at pauses, do not overlap, and are SSML with a pronunciation for what the lexicon knows', () => {
    const phrases = phrasesOf(transcript, lexicon, { target_accent: 'en-GB', strength: 1 })
    expect(phrases.map(({ start, end }) => [start, end])).toEqual([
      [0, 1],
      [1.5, 2.5],
    ])
    expect(phrases[0]!.ssml).toBe(
      '<speak>A <phoneme alphabet="x-arpabet" ph="B AA1 TH">bath</phoneme>,</speak>',
    )
    expect(phrases[1]!.ssml).toContain('A&amp;P&lt;b>')
    expect(phrases.flatMap(({ words }) => words.map(({ changed }) => changed))).toEqual([
      ...[false, true],
      ...[false, true],
    ])
  })

  it('are short, so that words keep near to their times', () => {
    const words = Array.from({ length: 60 }, (_, n) => word('a', n / 3, (n + 0.95) / 3))
    const long = { ...transcript, segments: [{ ...transcript.segments[0]!, words }] }
    const phrases = phrasesOf(long, lexicon, { target_accent: 'en-GB', strength: 1 })
    for (const { start, end, ssml } of phrases) {
      expect(end - start).toBeLessThanOrEqual(4)
      expect(ssml.length).toBeLessThan(2000)
    }
    expect(phrases.flatMap((phrase) => phrase.words).length).toBe(60)
  })
})
