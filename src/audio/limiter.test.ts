import { describe, expect, it } from 'vitest'

import { createPeakLimiter } from './limiter'
import { frameCount } from './pcm'

const rate = 48_000

function limit(channels: Float32Array[], blockFrames = 1000): Float32Array[] {
  const limiter = createPeakLimiter(rate, channels.length)
  const parts: Float32Array[][] = []
  for (let start = 0; start < channels[0]!.length; start += blockFrames) {
    parts.push(
      limiter.push({ channels: channels.map((c) => c.subarray(start, start + blockFrames)) }).channels,
    )
  }
  parts.push(limiter.finish().channels)
  return channels.map((_, channel) => Float32Array.from(parts.flatMap((part) => [...part[channel]!])))
}

const noise = (frames: number, amplitude: number) =>
  Float32Array.from({ length: frames }, (_, n) => amplitude * Math.sin(n * n * 0.001))

describe('peak limiter', () => {
  it('passes samples within full scale bit for bit, full scale itself included', () => {
    const input = noise(10_000, 1)
    input[5000] = -1
    expect(limit([input])[0]).toEqual(input)
  })

  it('lets nothing beyond full scale through, and keeps the length', () => {
    for (const blockFrames of [7, 239, 1000, 50_000]) {
      const input = noise(20_000, 0.8)
      for (const frame of [0, 1, 999, 1000, 7777, 19_999]) input[frame] = frame % 2 ? 3 : -2.5
      const output = limit([input], blockFrames)[0]!
      expect(output.length).toBe(input.length)
      expect(output.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)).toBeLessThanOrEqual(1)
    }
  })

  it('changes all channels alike, only around the peak', () => {
    const loud = noise(40_000, 0.5)
    loud[20_000] = 2
    const quiet = noise(40_000, 0.25)
    const [limited, beside] = limit([loud, quiet])
    expect(limited![20_000]).toBeCloseTo(1, 6)
    const gainBefore = beside![19_950]! / quiet[19_950]!
    expect(gainBefore).toBeGreaterThan(0.5)
    expect(gainBefore).toBeLessThan(1)
    expect(beside!.subarray(0, 19_000)).toEqual(quiet.subarray(0, 19_000))
    expect(beside!.subarray(26_000)).toEqual(quiet.subarray(26_000))
  })

  it('gives nothing for nothing', () => {
    const limiter = createPeakLimiter(rate, 2)
    expect(frameCount(limiter.finish())).toBe(0)
  })
})
