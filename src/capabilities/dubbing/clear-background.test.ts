import { describe, expect, it } from 'vitest'

import { createClearing } from './clear-background'

const rateHz = 16_000
const length = 6 * rateHz

/** Noise that is the same every time; `seed` tells one from another. */
function noise(seed: number, level: (second: number) => number): Float32Array {
  let state = seed
  return Float32Array.from({ length }, (_, n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return level(n / rateHz) * (state / 2 ** 31 - 1)
  })
}

/** Syllables of harmonics, four a second, each on another pitch. */
const voice = Float32Array.from({ length }, (_, n) => {
  const time = n / rateHz
  const syllable = Math.floor(4 * time)
  const pitchHz = 110 + 17 * (syllable % 7)
  const tone = [1, 2, 3, 4, 5, 6].reduce((sum, k) => sum + Math.sin(2 * Math.PI * k * pitchHz * time) / k, 0)
  return 0.2 * tone * Math.sin(Math.PI * ((4 * time) % 1)) ** 2
})

const add = (a: Float32Array, b: Float32Array, gain = 1) => a.map((x, n) => x + gain * b[n]!)

function clear(recording: Float32Array, background: Float32Array): Float32Array {
  const { hopFrames, lagHops, push } = createClearing(rateHz)
  const out = new Float32Array(recording.length + (lagHops + 1) * hopFrames)
  for (let hop = 0; (hop - lagHops) * hopFrames < recording.length; hop++) {
    const at = hop * hopFrames
    const ended = at >= recording.length
    const [a, b] = [recording, background].map((samples) => {
      const part = new Float32Array(hopFrames)
      part.set(samples.subarray(at, at + hopFrames))
      return part
    })
    const given = push(a!, b!, ended)
    if (hop >= lagHops) out.set(given, (hop - lagHops) * hopFrames)
  }
  return out.slice(0, recording.length)
}

function dB(samples: Float32Array): number {
  return 10 * Math.log10(samples.reduce((sum, x) => sum + x * x, 0) / samples.length)
}
/** How much of a sound is in another, by least squares, in dB. */
function partOf(mixture: Float32Array, known: Float32Array): number {
  const both = mixture.reduce((sum, x, n) => sum + x * known[n]!, 0)
  return 20 * Math.log10(Math.abs(both / known.reduce((sum, x) => sum + x * x, 0)))
}

describe('what is left of a voice in a background', () => {
  const steady = noise(1, () => 0.03)
  const swelling = noise(2, (time) => 0.004 + 0.06 * Math.sin((Math.PI * time) / 6) ** 2)

  it.each([
    ['steady', steady],
    ['swelling', swelling],
  ])('becomes less than half under a %s noise, which is kept within 2 dB', (_, background) => {
    const recording = add(background, voice)
    // The separation left a sixth of the voice, and of the background took a fifth away.
    const separated = add(
      background.map((x) => 0.8 * x),
      voice,
      1 / 6,
    )
    const cleared = clear(recording, separated)
    expect(partOf(cleared, voice)).toBeLessThan(partOf(separated, voice) - 6)
    const error = (estimate: Float32Array) => dB(add(estimate, background, -1))
    expect(error(cleared)).toBeLessThan(error(separated))
    for (let second = 0; second < 6; second++) {
      const part = (samples: Float32Array) => samples.subarray(second * rateHz, (second + 1) * rateHz)
      const change = dB(part(cleared)) - dB(part(background))
      expect(Math.abs(change)).toBeLessThan(2)
    }
  })

  it('leaves a background alone that has no voice before it', () => {
    const cleared = clear(steady, steady)
    expect(dB(add(cleared, steady, -1))).toBeLessThan(dB(steady) - 90)
  })

  it('keeps silence', () => {
    const nothing = new Float32Array(length)
    expect(clear(nothing, nothing).every((sample) => sample === 0)).toBe(true)
    expect(dB(clear(voice, nothing))).toBeLessThan(dB(voice) - 20)
  })
})
