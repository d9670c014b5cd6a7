import { describe, expect, it } from 'vitest'

import { joined } from '../speech-excerpt'
import { convertByWindows, type ToneFrame } from './tone-windows'

const hop = 16

async function* framesOf(count: number, atOnce: number): AsyncGenerator<ToneFrame[]> {
  for (let at = 0; at < count; at += atOnce) {
    await Promise.resolve()
    yield Array.from({ length: Math.min(atOnce, count - at) }, (_, n) => ({
      spectrum: Float32Array.of(at + n),
      noise: new Float32Array(),
    }))
  }
}

/** Says the number of each frame, so many times. */
const echo = (frames: readonly ToneFrame[]) =>
  Promise.resolve(joined(frames.map(({ spectrum }) => new Float32Array(hop).fill(spectrum[0]!))))

async function convert(count: number, network = echo, atOnce = 7): Promise<Float32Array> {
  const options = { windowFrames: 50, contextFrames: 20, hopSamples: hop, network }
  const parts: Float32Array[] = []
  for await (const part of convertByWindows(framesOf(count, atOnce), options)) parts.push(part)
  return joined(parts)
}

describe('windows', () => {
  it.each([0, 1, 49, 50, 51, 57, 100, 333])('give every one of %i frames once, in order', async (count) => {
    for (const atOnce of [1, 7, 400]) {
      const sound = await convert(count, echo, atOnce)
      expect(sound).toHaveLength(count * hop)
      sound.forEach((value, n) => expect(value).toBe(Math.floor(n / hop)))
    }
  })

  it('are faded into each other where they differ', async () => {
    let window = 0
    const sound = await convert(333, (frames) => {
      window += 1
      return Promise.resolve(new Float32Array(frames.length * hop).fill(window))
    })
    expect(window).toBe(7)
    expect(sound[0]).toBe(1)
    expect(sound.at(-1)).toBe(7)
    const steps = sound.slice(1).map((value, n) => value - sound[n]!)
    expect(Math.max(...steps)).toBeLessThan(1.01 / (8 * hop))
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0)
  })
})
