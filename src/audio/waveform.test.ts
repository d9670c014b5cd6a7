import { describe, expect, it } from 'vitest'

import { createWaveformCollector } from './waveform'

describe('waveform collector', () => {
  it.each([0, 1, 15, 16, 17, 16_000, 16_001, 32_000, 1_000_003])(
    'stays within 1,000 peaks for %i frames',
    (frames) => {
      const collector = createWaveformCollector()
      for (let start = 0; start < frames; start += 777) {
        const length = Math.min(777, frames - start)
        collector.add({ channels: [new Float32Array(length).fill(0.5)] })
      }
      const peaks = collector.peaks()
      expect(peaks.length).toBeLessThanOrEqual(1000)
      expect(peaks.length).toBeGreaterThan(frames >= 16_000 ? 499 : frames / 16 - 1)
      expect(new Set(peaks)).toEqual(new Set(frames === 0 ? [] : [0.5]))
    },
  )

  it('shows each peak where it is, of whichever channel', () => {
    const frames = 480_000
    const left = new Float32Array(frames)
    const right = new Float32Array(frames)
    left[120_000] = 0.25
    right[360_000] = -0.75
    const collector = createWaveformCollector()
    for (let start = 0; start < frames; start += 10_000) {
      collector.add({ channels: [left.slice(start, start + 10_000), right.slice(start, start + 10_000)] })
    }
    const peaks = collector.peaks()
    expect(peaks[Math.floor(peaks.length * 0.25)]).toBe(0.25)
    expect(peaks[Math.floor(peaks.length * 0.75)]).toBe(0.75)
    expect(peaks.filter((peak) => peak > 0)).toHaveLength(2)
  })

  it('rounds to three decimals and stays within 1', () => {
    const collector = createWaveformCollector()
    collector.add({ channels: [Float32Array.of(0.12345)] })
    expect(collector.peaks()).toEqual([0.123])
    collector.add({ channels: [Float32Array.of(-1.5)] })
    expect(collector.peaks()).toEqual([1])
  })
})
