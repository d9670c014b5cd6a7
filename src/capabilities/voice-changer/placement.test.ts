import { describe, expect, it } from 'vitest'

import { createPlacement } from './placement'

const rateHz = 1000
const tone = (frames: number, level: number) =>
  Float32Array.from({ length: frames }, (_, n) => level * Math.sin(0.7 * n))

/** A voice of its own, spread as the channels are, in pieces. */
function placed(channels: Float32Array[], voice: Float32Array, piece = 170): Float32Array[] {
  const placement = createPlacement(rateHz, channels.length)
  placement.hear({ channels })
  const result = channels.map(() => new Float32Array(voice.length))
  for (let at = 0; at < voice.length; at += piece) {
    const block = placement.place(voice.slice(at, at + piece))
    block.channels.forEach((samples, n) => result[n]!.set(samples, at))
  }
  return result
}

describe('a voice among channels', () => {
  it('is as it is where there is one, or all are alike', () => {
    const voice = tone(2030, 0.3)
    expect(placed([tone(2030, 0.5)], voice)).toEqual([voice])
    for (const samples of placed([tone(2030, 0.5), tone(2030, 0.5)], voice)) {
      samples.forEach((x, n) => expect(x).toBeCloseTo(voice[n]!, 6))
    }
  })

  it('moves with the recording', () => {
    const left = new Float32Array(2000)
    const right = new Float32Array(2000)
    left.set(tone(1000, 0.5))
    right.set(tone(1000, 0.5), 1000)
    const one = new Float32Array(2000).fill(1)
    const [a, b] = placed([left, right], one) as [Float32Array, Float32Array]
    expect([a[500], b[500], a[1500], b[1500]]).toEqual([2, 0, 0, 2])
    const steps = a.slice(1).map((x, n) => Math.abs(x - a[n]!))
    expect(Math.max(...steps)).toBeLessThan(0.05)
  })

  it('stays where it was in silence, and begins in the middle', () => {
    const left = tone(2000, 0.5).fill(0, 1000)
    const one = new Float32Array(2000).fill(1)
    expect(placed([left, new Float32Array(2000)], one)[0]![1500]).toBe(2)
    expect(placed([new Float32Array(30), new Float32Array(30)], one.slice(0, 30))[1]![10]).toBe(1)
  })
})
