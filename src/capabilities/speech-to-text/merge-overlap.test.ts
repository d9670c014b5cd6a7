import { describe, expect, it } from 'vitest'
import { mergeOverlap, type TimedWord } from './merge-overlap'
import { seededRandom } from './testing/seeded-random'

const word = (text: string, start: number, end = start + 0.2): TimedWord => ({ text, start, end })
const texts = (words: TimedWord[]) => words.map(({ text }) => text).join(' ')

describe('mergeOverlap', () => {
  it('takes agreed words once, whatever their case and marks', () => {
    const previous = [word('we', 8), word('were', 8.5), word('going', 9.2), word('ho', 9.8, 10)]
    const next = [word('re', 9, 9.1), word('Going,', 9.25), word('home', 9.8), word('now', 10.4)]
    expect(texts(mergeOverlap(previous, next, { start: 9, end: 10 }))).toBe('we were going home now')
  })

  it('believes the one that heard something where the other heard nothing', () => {
    const heard = [word('only', 9.1), word('here', 9.6)]
    expect(texts(mergeOverlap([word('a', 1)], heard, { start: 9, end: 10 }))).toBe('a only here')
    expect(texts(mergeOverlap([word('a', 1), ...heard], [word('b', 11)], { start: 9, end: 10 }))).toBe(
      'a only here b',
    )
  })

  it('cuts in the middle where the windows disagree', () => {
    const previous = [word('cat', 9.1), word('sat', 9.7)]
    const next = [word('hat', 9.1), word('mat', 9.7)]
    expect(texts(mergeOverlap(previous, next, { start: 9, end: 10 }))).toBe('cat mat')
  })

  it('keeps the count of a word that is repeated', () => {
    const all = Array.from({ length: 12 }, (_, index) => word('no', index * 0.3))
    const previous = all.filter(({ end }) => end <= 2.4)
    const next = all.filter(({ start }) => start > 1.3)
    expect(mergeOverlap(previous, next, { start: 1.4, end: 2.4 })).toHaveLength(12)
  })

  it('gives back what was said, for random speech, cuts, jitter and words torn at the edges', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const random = seededRandom(seed)
      const said: TimedWord[] = []
      for (let time = 0; time < 20;) {
        const start = time + random() * 0.25
        const end = start + 0.12 + random() * 0.35
        said.push({ text: `w${Math.floor(random() * 12)}`, start, end })
        time = end
      }
      const start = 8 + random() * 4
      const overlap = { start, end: start + 1.2 + random() }
      const heard = (from: number, to: number) =>
        said
          .filter((one) => one.end > from && one.start < to)
          .map((one) => {
            const torn = one.start < from || one.end > to
            const shift = (random() - 0.5) * 0.1
            return {
              text: torn ? `${one.text}-torn` : one.text,
              start: one.start + shift,
              end: one.end + shift,
            }
          })
      const merged = mergeOverlap(heard(0, overlap.end), heard(overlap.start, 30), overlap)
      expect(texts(merged), `seed ${seed}`).toBe(texts(said))
    }
  })
})
