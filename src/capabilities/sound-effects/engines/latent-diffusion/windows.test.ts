import { describe, expect, it } from 'vitest'

import { blend, cut, framesToMake, windowsOf, type Row } from './windows'

const options = { frames: 64, least: 16, overlap: 16, multiple: 8 }

/** Weights of windows at every frame, before they are divided by their sum. */
function coverage(frames: number, circle: boolean) {
  const counts = new Array<number>(frames).fill(0)
  for (const { start, frames: width } of windowsOf(frames, circle, options)) {
    for (let frame = 0; frame < width; frame++) counts[(start + frame) % frames]!++
  }
  return counts
}

const rowOf = (channels: number, frames: number, bands: number): Row => ({
  ...{ channels, frames, bands },
  data: Float32Array.from({ length: channels * frames * bands }, (_, index) => Math.sin(index * 0.7)),
})

describe('windows over latents', () => {
  it('are one for what fits, in a size that the network takes', () => {
    expect(framesToMake(3, false, options)).toBe(16)
    expect(framesToMake(41, false, options)).toBe(48)
    expect(framesToMake(64, false, options)).toBe(64)
    expect(windowsOf(48, false, options)).toMatchObject([{ start: 0, frames: 48 }])
  })

  it.each([65, 100, 112, 113, 1000])('cover %i frames from end to end, and overlap as asked', (frames) => {
    expect(framesToMake(frames, false, options)).toBe(frames)
    const windows = windowsOf(frames, false, options)
    expect(windows[0]!.start).toBe(0)
    expect(windows.at(-1)!.start).toBe(frames - 64)
    for (const [index, { start }] of windows.slice(1).entries()) {
      expect(start - windows[index]!.start).toBeLessThanOrEqual(48)
    }
    expect(Math.min(...coverage(frames, false))).toBeGreaterThan(0)
  })

  it.each([5, 20, 64, 65, 300])('lie all around a circle of %i frames', (frames) => {
    const windows = windowsOf(frames, true, options)
    expect(windows.length).toBeGreaterThan(1)
    expect(Math.min(...coverage(frames, true))).toBeGreaterThan(0)
    // Where one window begins, another is far from its ends.
    const weightAtSeam = (window: (typeof windows)[number]) => {
      const at = (frames - window.start) % frames
      return Math.min(at, window.frames - at)
    }
    expect(Math.max(...windows.slice(1).map(weightAtSeam))).toBeGreaterThanOrEqual(
      Math.min(8, frames / 2 - 1),
    )
  })

  it.each([
    [48, false],
    [200, false],
    [200, true],
    [20, true],
  ])('give back what they show where nothing is changed (%i frames, circle: %s)', async (frames, circle) => {
    const row = rowOf(2, frames, 3)
    const result = rowOf(2, frames, 3)
    await blend(result, windowsOf(frames, circle, options), 1, (window) => Promise.resolve(cut(row, window)))
    result.data.forEach((value, index) => expect(value).toBeCloseTo(row.data[index]!, 5))
  })

  it('put finer frames together, and go evenly from one window to the next', async () => {
    const result: Row = { data: new Float32Array(400 * 2), channels: 1, frames: 400, bands: 2 }
    await blend(result, windowsOf(100, false, options), 4, ({ start }) =>
      Promise.resolve(new Float32Array(64 * 4 * 2).fill(start === 0 ? 0 : 1)),
    )
    expect(result.data[0]).toBe(0)
    expect(result.data.at(-1)).toBe(1)
    const steps = result.data.slice(2).map((value, index) => value - result.data[index]!)
    expect(Math.max(...steps)).toBeLessThan(0.02)
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0)
  })
})
