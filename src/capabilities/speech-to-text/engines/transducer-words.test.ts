import { describe, expect, it } from 'vitest'
import { createTokenSet } from '../decoding/token-set'
import { wordsOfSpoken } from './transducer-words'

const tokenSet = createTokenSet(['▁good', '▁', 'day', 's', '▁sir', '<blk>'], { blank: '<blk>' })
const said = (token: number, frame: number, frames: number | null = null) => ({
  token,
  frame,
  frames,
  logProb: Math.log(0.5),
})

describe('words of a transducer', () => {
  it('begin with a marked piece and end before the next word', () => {
    const words = wordsOfSpoken(
      [said(0, 2), said(1, 5), said(2, 6), said(3, 7), said(4, 20)],
      tokenSet,
      0.04,
      2,
    )
    expect(words).toEqual([
      { text: 'good', start: 0.08, end: 0.2, confidence: expect.closeTo(0.5) },
      { text: 'days', start: 0.2, end: expect.closeTo(0.52), confidence: expect.closeTo(0.5) },
      { text: 'sir', start: 0.8, end: expect.closeTo(1.04), confidence: expect.closeTo(0.5) },
    ])
  })

  it('end with their last token where the network says how long it lasts', () => {
    const [first, second] = wordsOfSpoken([said(0, 1, 1), said(3, 2, 3), said(4, 9, 0)], tokenSet, 0.08, 2)
    expect(first).toMatchObject({ text: 'goods', start: 0.08, end: 0.4 })
    expect(second!.end).toBeCloseTo(0.8)
  })

  it('end with the window at the latest', () => {
    expect(wordsOfSpoken([said(0, 10)], tokenSet, 0.04, 0.5)[0]!.end).toBe(0.5)
  })

  it('need text: a mark alone is none', () => {
    expect(wordsOfSpoken([said(1, 3)], tokenSet, 0.04, 1)).toEqual([])
  })
})
