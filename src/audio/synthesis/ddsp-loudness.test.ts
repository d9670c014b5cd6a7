import { describe, expect, it } from 'vitest'

import { aWeightedLevels } from './ddsp-loudness'

const options = { sampleRateHz: 24_000, hopSamples: 96, windowSamples: 1024, floorDb: -80 }
const sine = (hz: number, amplitude: number) =>
  Float32Array.from({ length: 12_000 }, (_, n) => amplitude * Math.sin((2 * Math.PI * hz * n) / 24_000))

describe('levels of frames', () => {
  // The standard's own table.
  it.each([
    [1000, 0],
    [100, -19.1],
    [200, -10.9],
    [500, -3.2],
    [2000, 1.2],
    [4000, 1],
    [8000, -1.1],
  ])('weigh %i Hz by %f dB', (hz, weight) => {
    const levels = aWeightedLevels(sine(hz, 0.5), options)
    expect(levels).toHaveLength(125)
    expect(Math.abs(levels[60]! - (20 * Math.log10(0.5) - 3.01 + weight))).toBeLessThan(0.2)
  })

  it('have a floor, and follow the sound within a window', () => {
    const samples = sine(1000, 0.5)
    samples.fill(0, 6000)
    const levels = aWeightedLevels(samples, options)
    expect(levels[50]).toBeCloseTo(-9.03, 1)
    expect(levels[69]).toBe(-80)
    expect([...aWeightedLevels(new Float32Array(200), options)]).toEqual([-80, -80, -80])
  })
})
