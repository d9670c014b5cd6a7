import { describe, expect, it } from 'vitest'

import type { WhisperTokens } from './whisper-config'
import { lengthWithoutLoop, loopPhrase } from './whisper-loops'
import { logSumExp, timestampRule } from './whisper-rules'

/* Ten words, the end, the start, a task; no timestamps is 13, times are 14 … 33. */
const tokens: WhisperTokens = {
  ...{ end: 10, start: 11, transcribe: 12, translate: 12, previous: 12, noSpeech: 12 },
  ...{ noTimestamps: 13, firstTimestamp: 14 },
  languages: new Map(),
}
const rule = timestampRule(tokens, 5)

/** Tokens that are left after the rule, all being equally probable but for the named ones. */
function allowed(generated: number[], likely: Record<number, number> = { 0: 9 }): number[] {
  const logits = new Float32Array(34)
  for (const [token, value] of Object.entries(likely)) logits[Number(token)] = value
  rule(logits, generated)
  return [...logits.keys()].filter((token) => logits[token] !== -Infinity)
}
const span = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n)

describe('timestamp rules', () => {
  it('begin with a time, not too late', () => {
    expect(allowed([])).toEqual(span(14, 19))
  })

  it('want a word after the first time', () => {
    expect(allowed([15])).toEqual(span(0, 12))
  })

  it('close a segment later than it began', () => {
    expect(allowed([15, 3])).toEqual([...span(0, 12), ...span(16, 33)])
  })

  it('want a beginning or the end of text after a closing time, not before it', () => {
    expect(allowed([15, 3, 20], { 10: 9 })).toEqual([...span(10, 12), ...span(20, 33)])
  })

  it('want a word after a pair', () => {
    expect(allowed([15, 3, 20, 20])).toEqual(span(0, 12))
  })

  it('take a time where times together outweigh every word', () => {
    expect(allowed([15, 3], { 0: 2 })).toEqual(span(16, 33))
    expect(allowed([15, 3], { 0: 3 })).toContain(0)
  })
})

describe('logSumExp', () => {
  it('agrees with the sum, and bears what is forbidden', () => {
    expect(logSumExp(Float32Array.of(1, 2, -Infinity, 3))).toBeCloseTo(
      Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3)),
      6,
    )
    expect(logSumExp(Float32Array.of(-Infinity))).toBe(-Infinity)
    expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.LN2, 3)
  })
})

describe('loops', () => {
  const phrase = [1, 2, 3, 4, 5, 6, 7]
  const said = (times: number) => Array.from({ length: times }, () => phrase).flat()

  it('are found when they go on, not when somebody repeats himself', () => {
    expect(loopPhrase([9, 8, ...said(5)])).toBe(7)
    expect(loopPhrase([9, 8, ...said(4)])).toBe(0)
    expect(loopPhrase(Array<number>(32).fill(4))).toBe(1)
    expect(loopPhrase([...Array<number>(31).fill(4), 5])).toBe(0)
    expect(loopPhrase(span(1, 200))).toBe(0)
  })

  it('are cut to their first turn', () => {
    expect(lengthWithoutLoop([9, 8, ...said(6)])).toBe(9)
    expect(lengthWithoutLoop([9, 8, ...said(6), 1, 2])).toBe(9)
    expect(lengthWithoutLoop(said(2))).toBe(14)
  })
})
