import { describe, expect, it } from 'vitest'
import { segment, transcript } from '../../test/fixtures/transcripts'
import { beginningOf, segmentsOf, type PlacedWord } from './segments'

const word = (text: string, start: number, speaker: string | null = null): PlacedWord => ({
  text,
  start,
  end: start + 0.4,
  confidence: 1,
  speaker,
  decoding: null,
})
const texts = (words: PlacedWord[], language = 'en') => segmentsOf(words, language).map(({ text }) => text)

describe('segments', () => {
  it('begin with a new speaker, after a pause, and after a sentence', () => {
    expect(texts([word('hello', 0, 'a'), word('hi', 0.5, 'b')])).toEqual(['hello', 'hi'])
    expect(texts([word('one', 0), word('two', 0.5), word('three', 3)])).toEqual(['one two', 'three'])
    const spoken = 'So it was over. Then we left. Yes.'.split(' ')
    expect(texts(spoken.map((text, index) => word(text, index * 0.5)))).toEqual([
      'So it was over.',
      'Then we left. Yes.',
    ])
  })

  it('do not get longer than fifteen seconds', () => {
    const words = Array.from({ length: 100 }, (_, index) => word('word', index * 0.5))
    const segments = segmentsOf(words, 'en')
    expect(Math.max(...segments.map(({ start, end }) => end - start))).toBeLessThanOrEqual(15)
    expect(segments.flatMap((found) => found.words)).toHaveLength(100)
  })

  it('are joined as the language writes words', () => {
    expect(texts([word('今天', 0), word('很好', 0.5)], 'zh')).toEqual(['今天很好'])
  })
})

describe('the beginning of a transcript', () => {
  it('ends within a segment, and is the whole where that is shorter', () => {
    const whole = transcript([segment('a b c d', 0, 4), segment('e f', 5, 7)])
    expect(beginningOf(whole, 2).text).toBe('a b')
    expect(beginningOf(whole, 5.5).text).toBe('a b c d e')
    expect(beginningOf(whole, 7)).toBe(whole)
    expect(beginningOf(whole, 0).segments).toEqual([])
  })
})
