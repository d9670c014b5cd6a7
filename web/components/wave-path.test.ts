import { describe, expect, it } from 'vitest'
import { barCount, wavePath, waveScale } from './wave-path'

describe('wavePath', () => {
  const bars = (path: string) =>
    [...path.matchAll(/M([\d.]+) ([\d.]+)V([\d.]+)/g)].map(([, x, top, bottom]) => ({
      x: Number(x),
      height: Number(bottom) - Number(top),
    }))

  it('draws as many bars as fit, each within the width', () => {
    const drawn = bars(wavePath(Array(1000).fill(0.5), 320, 1))
    expect(drawn).toHaveLength(barCount(320))
    expect(drawn.at(0)?.x).toBeGreaterThan(0)
    expect(drawn.at(-1)?.x).toBeLessThan(320)
  })

  it('keeps a single click among many peaks visible', () => {
    const peaks = Array<number>(1000).fill(0)
    peaks[777] = 1
    const drawn = bars(wavePath(peaks, 320, 1))
    const loud = drawn.filter((bar) => bar.height > 50)
    expect(loud).toHaveLength(1)
    expect(loud[0]?.x).toBeCloseTo(0.777 * 320, -1)
  })

  it('repeats peaks where there are fewer than bars, and draws nothing from nothing', () => {
    expect(bars(wavePath([0.2, 0.8], 400, 1))).toHaveLength(100)
    expect(wavePath([], 400, 1)).toBe('')
  })
})

it('uses one scale for all tracks', () => {
  expect(waveScale([0.1, 0.5], [0.2])).toBe(2)
  expect(waveScale([0.001])).toBe(20)
})
