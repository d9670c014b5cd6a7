import { describe, expect, it } from 'vitest'

import { integratedLoudness } from '../../audio/loudness'
import { speechLoudness } from './listen'

const rate = 8000
const length = 6 * rate

/** Noise that is the same every time; `seed` tells one from another. */
function noise(seed: number, level: (second: number) => number): Float32Array {
  let state = seed
  return Float32Array.from({ length }, (_, n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return level(n / rate) * (state / 2 ** 31 - 1)
  })
}
/** With pauses, as people make. */
const speech = noise(1, (t) => (t % 2 < 1.2 ? 0.2 : 0))
const background = (level: number) => noise(2, () => level)
const sum = (a: Float32Array, b: Float32Array, gains: readonly [number, number]) => ({
  channels: [a.map((x, n) => gains[0] * x + gains[1] * b[n]!)],
})

describe('the loudness of speech in a mixture', () => {
  it.each([
    { leak: 0, kept: 1, level: 0.08, within: 0.1 },
    { leak: 0.2, kept: 0.8, level: 0.06, within: 0.4 },
    { leak: 0.3, kept: 0.5, level: 0.06, within: 0.4 },
    { leak: 0.4, kept: 0.85, level: 0.1, within: 0.4 },
  ])(
    'is right where $leak of it is left in the background, and $kept of that',
    ({ leak, kept, level, within }) => {
      const other = background(level)
      const voice = sum(speech, other, [1 - leak, 1 - kept])
      const rest = sum(speech, other, [leak, kept])
      const found = speechLoudness(voice, rest, rate)
      expect(Math.abs(found - integratedLoudness(speech, rate))).toBeLessThan(within)
    },
  )

  it('is nothing where all is background', () => {
    const silence = { channels: [new Float32Array(length)] }
    expect(speechLoudness(silence, { channels: [speech] }, rate)).toBeLessThanOrEqual(-69)
  })
})
