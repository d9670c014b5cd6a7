import { describe, expect, it } from 'vitest'

import { sine } from '../../test/fixtures/audio-files'
import { createLeveller } from './levelling'
import { integratedLoudness } from './loudness'

const rateHz = 16_000

function level(samples: Float32Array, blockFrames = 5000): Float32Array {
  const leveller = createLeveller(rateHz, 1, integratedLoudness(samples, rateHz))
  const parts: Float32Array[] = []
  for (let at = 0; at < samples.length; at += blockFrames) {
    parts.push(leveller.push({ channels: [samples.slice(at, at + blockFrames)] }).channels[0]!)
  }
  parts.push(...leveller.finish().map(({ channels }) => channels[0]!))
  return Float32Array.from(parts.flatMap((part) => [...part]))
}

/** Parts of eight seconds at different levels. */
function parts(...amplitudes: number[]): Float32Array {
  const seconds = 8
  const samples = new Float32Array(amplitudes.length * seconds * rateHz)
  amplitudes.forEach((amplitude, index) =>
    samples.set(sine(440, seconds * rateHz, rateHz, amplitude), index * seconds * rateHz),
  )
  return samples
}

/** Peak in the middle of a part. */
function peakOf(samples: Float32Array, part: number): number {
  const start = (part * 8 + 5) * rateHz
  return Math.max(...samples.subarray(start, start + rateHz))
}

const largest = (samples: Float32Array) =>
  samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
const decibels = (ratio: number) => 20 * Math.log10(ratio)

describe('levelling', () => {
  it('brings a soft and a loud speaker together, and keeps the frames', () => {
    const before = parts(0.1, 0.3, 0.1)
    const after = level(before)
    expect(after.length).toBe(before.length)
    expect(decibels(peakOf(before, 1) / peakOf(before, 0))).toBeCloseTo(9.5, 0)
    expect(Math.abs(decibels(peakOf(after, 1) / peakOf(after, 0)))).toBeLessThan(1)
    expect(Math.abs(decibels(peakOf(after, 2) / peakOf(after, 0)))).toBeLessThan(1)
  })

  it('does not pump: what stands in a pause stays as far down as it was', () => {
    const before = parts(0.2, 0.0005, 0.2)
    const after = level(before)
    expect(Math.abs(decibels(peakOf(after, 1) / peakOf(before, 1)))).toBeLessThan(1)
  })

  it('leaves even speech alone, and never clips', () => {
    const even = parts(0.2, 0.2)
    expect(Math.abs(decibels(peakOf(level(even), 1) / 0.2))).toBeLessThan(0.2)
    expect(largest(level(parts(0.9, 0.9, 0.1)))).toBeLessThanOrEqual(1)
  })

  it('changes by 3 dB a second at most', () => {
    const samples = new Float32Array(rateHz * 16)
    samples.fill(0.05, 0, rateHz * 8).fill(0.3, rateHz * 8)
    const tone = samples.map((sample, frame) => sample * Math.sin((2 * Math.PI * 440 * frame) / rateHz))
    const after = level(tone)
    const gain = (second: number) => {
      const window = [second * rateHz, second * rateHz + 400] as const
      return Math.max(...after.subarray(...window)) / Math.max(...tone.subarray(...window))
    }
    for (let second = 0; second < 15; second++) {
      expect(Math.abs(decibels(gain(second + 1) / gain(second)))).toBeLessThan(3.3)
    }
  })

  it('does not depend on how the stream is cut', () => {
    const sound = parts(0.1, 0.3)
    const [a, b] = [level(sound, 1234), level(sound, 40_000)]
    expect(largest(a.map((sample, index) => sample - b[index]!))).toBeLessThan(1e-6)
  })

  it('takes sound shorter than a step', () => {
    expect(level(sine(440, 100, rateHz, 0.1)).length).toBe(100)
  })
})
