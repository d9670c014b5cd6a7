import { describe, expect, it } from 'vitest'

import type { PcmBlock } from '../../../audio/pcm'
import { firstFrames, looped } from './seams'

const rate = 1000

/** Two channels that can be told apart, in blocks of odd lengths. */
async function* tone(frames: number, hz: number): AsyncGenerator<PcmBlock> {
  for (let at = 0, size = 7; at < frames; size = 5 + ((size * 13) % 91)) {
    const length = Math.min(size, frames - at)
    const start = at
    const left = Float32Array.from({ length }, (_, n) => Math.sin((2 * Math.PI * hz * (start + n)) / rate))
    yield { channels: [left, left.map((sample) => -0.5 * sample)] }
    at += length
    await Promise.resolve()
  }
}

async function gathered(blocks: AsyncIterable<PcmBlock>): Promise<[number[], number[]]> {
  const planes: [number[], number[]] = [[], []]
  for await (const { channels } of blocks) planes.forEach((plane, index) => plane.push(...channels[index]!))
  return planes
}

describe('the first frames of a sound', () => {
  it.each([1, 7, 8, 500, 1000])('are exactly %i', async (frames) => {
    const [left, right] = await gathered(firstFrames(tone(1000, 3), frames))
    expect([left.length, right.length]).toEqual([frames, frames])
    const [whole] = await gathered(tone(1000, 3))
    expect(left).toEqual(whole.slice(0, frames))
  })
})

describe('a loop', () => {
  it('is exactly as long as asked, and its end leads to its beginning', async () => {
    // 3.7 Hz: neither phase nor slope come back after a second on their own.
    const [frames, seam] = [1000, 200]
    const [left, right] = await gathered(looped(tone(frames + seam, 3.7), frames, seam))
    const [whole] = await gathered(tone(frames + seam, 3.7))
    expect([left.length, right.length]).toEqual([frames, frames])
    expect(left.slice(0, frames - seam)).toEqual(whole.slice(seam, frames))
    const steps = whole.slice(1).map((sample, index) => Math.abs(sample - whole[index]!))
    const largest = Math.max(...steps)
    expect(Math.abs(left[0]! - left.at(-1)!)).toBeLessThan(1.5 * largest)
    expect(Math.abs(whole[0]! - whole[frames - 1]!)).toBeGreaterThan(5 * largest)
    right.forEach((sample, index) => expect(sample).toBeCloseTo(-0.5 * left[index]!, 6))
  })
})
