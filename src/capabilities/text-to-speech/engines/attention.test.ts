import { describe, expect, it } from 'vitest'

import { attentionFaults, spansOf } from './attention'

const secondsPerFrame = 256 / 22_050
const symbols = 20
const path = (positions: number[]) => ({ positions, symbols, secondsPerFrame })
/** Ten frames a symbol. */
const walk = Array.from({ length: symbols * 10 }, (_, frame) => Math.floor(frame / 10))
const loud = () => false

describe('attentionFaults', () => {
  it('finds nothing wrong with a walk through the text', () => {
    expect(attentionFaults(path(walk), loud)).toEqual([])
  })

  it('a moment’s glance back is no fault, saying a word again is', () => {
    const glance = walk.map((position, frame) => (frame === 120 ? position - 5 : position))
    expect(attentionFaults(path(glance), loud)).toEqual([])
    const again = [...walk.slice(0, 120), ...walk.slice(60)]
    expect(attentionFaults(path(again), loud)).toEqual(['went back'])
  })

  it('a sound that does not end is told from a long pause', () => {
    const stuck = [...walk.slice(0, 100), ...Array.from({ length: 110 }, () => 10), ...walk.slice(110)]
    expect(attentionFaults(path(stuck), loud)).toEqual(['stuck'])
    expect(attentionFaults(path(stuck), (symbol) => symbol === 10)).toEqual([])
  })

  it('lost symbols', () => {
    expect(attentionFaults(path(walk.filter((position) => position < 8 || position > 12)), loud)).toEqual([
      'skipped',
    ])
  })

  it('an early end', () => {
    expect(attentionFaults(path(walk.slice(0, 100)), loud)).toEqual(['end not reached'])
    expect(attentionFaults(path(walk.slice(0, 175)), loud)).toEqual([])
  })
})

describe('spansOf', () => {
  it('gives each range the frames from its first symbol to the next one’s', () => {
    const spans = spansOf(path(walk), [
      { start: 1, end: 4 },
      { start: 4, end: 5 },
      { start: 6, end: 20 },
    ])
    const frames = spans.map(({ start, end }) =>
      [start / secondsPerFrame, end / secondsPerFrame].map(Math.round),
    )
    expect(frames).toEqual([
      [10, 40],
      [40, 50],
      [60, 200],
    ])
  })

  it('stays in order where attention jumped', () => {
    const jumped = walk.filter((position) => position < 3 || position > 9)
    const spans = spansOf(path(jumped), [
      { start: 2, end: 5 },
      { start: 5, end: 8 },
      { start: 8, end: 15 },
    ])
    for (const [index, { start, end }] of spans.entries()) {
      expect(end).toBeGreaterThanOrEqual(start)
      if (index > 0) expect(start).toBeGreaterThanOrEqual(spans[index - 1]!.end)
    }
  })
})
