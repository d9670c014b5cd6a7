import { describe, expect, it } from 'vitest'

import { createSpeechExcerpt } from './speech-excerpt'

const rateHz = 1000
const seconds = (...levels: number[]) =>
  levels.map((level) => Float32Array.from({ length: rateHz }, (_, n) => (n % 2 === 0 ? level : -level)))

function excerptOf(parts: readonly Float32Array[]) {
  const collector = createSpeechExcerpt(rateHz)
  for (const part of parts) collector.push(part)
  return collector.finish().samples
}

describe('an excerpt of speech', () => {
  it('leaves pauses out, and keeps the order', () => {
    const samples = excerptOf(seconds(0, 0.5, 0.001, 0.25))
    expect(samples).toHaveLength(2 * rateHz)
    expect([samples[0], samples[rateHz]]).toEqual([0.5, 0.25])
  })

  it('takes what is short whole, in pieces of any length', () => {
    const short = Float32Array.of(0.1, -0.2, 0.3)
    expect(excerptOf([short.slice(0, 1), short.slice(1)])).toEqual(short)
    expect(excerptOf([])).toHaveLength(0)
  })

  it('keeps the forty loudest seconds of a long recording', () => {
    const quiet = new Array<number>(30).fill(0.1)
    const loud = new Array<number>(35).fill(0.5)
    const samples = excerptOf(seconds(...quiet, ...loud, ...quiet))
    expect(samples).toHaveLength(40 * rateHz)
    expect(samples.filter((x) => Math.abs(x) === 0.5)).toHaveLength(35 * rateHz)
  })
})
