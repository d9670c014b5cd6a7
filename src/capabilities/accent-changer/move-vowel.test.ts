import { describe, expect, it } from 'vitest'

import { createEnvelopeAnalyser } from '../../audio/spectral-envelope'
import { changeVowels, type AppliedChange } from './change-vowels'
import { moveVowel } from './move-vowel'

const rate = 16_000

/** A vowel of 120 Hz: pulses through three resonances. */
function vowel(formants: readonly number[], seconds: number): Float32Array {
  let samples = Float32Array.from({ length: seconds * rate }, (_, n) =>
    n % Math.round(rate / 120) === 0 ? 1 : 0,
  )
  for (const hz of formants) {
    const radius = Math.exp((-Math.PI * 90) / rate)
    const [a1, a2] = [2 * radius * Math.cos((2 * Math.PI * hz) / rate), -(radius ** 2)]
    let [y1, y2] = [0, 0]
    samples = samples.map((x) => {
      const y = x + a1 * y1 + a2 * y2
      ;[y2, y1] = [y1, y]
      return y
    })
  }
  const peak = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  return samples.map((x) => (0.5 * x) / peak)
}

/** Frequency of the strongest part of the envelope in a band. */
function peakHz(samples: Float32Array, at: number, lowHz: number, highHz: number): number {
  const analyser = createEnvelopeAnalyser(rate)
  const envelope = new Float64Array(analyser.bins)
  analyser.analyse(samples, at * rate, 120, envelope)
  const binHz = rate / 2 / (analyser.bins - 1)
  let best = Math.ceil(lowHz / binHz)
  for (let bin = best; bin * binHz < highHz; bin++) if (envelope[bin]! > envelope[best]!) best = bin
  return best * binHz
}

describe('moving a vowel', () => {
  const samples = vowel([588, 1952, 2601], 1)
  const shift = { f1: 1, f2: 0.6, f3: 1 }
  const origin = { f1: 1, f2: 1, f3: 1 }

  it('brings the second formant of a to the one of ah, and leaves the first', () => {
    const options = { sampleRateHz: rate, start: 0.3 * rate, end: 0.7 * rate, phone: 'AE', origin, shift }
    const { block, changedFrames } = moveVowel({ channels: [samples] }, options)
    expect(changedFrames).toBeGreaterThan(30)
    const [out] = block.channels as [Float32Array]
    expect(Math.abs(peakHz(samples, 0.5, 900, 2300) - 1952)).toBeLessThan(80)
    expect(Math.abs(peakHz(out, 0.5, 900, 2300) - 0.6 * 1952)).toBeLessThan(150)
    expect(Math.abs(peakHz(out, 0.5, 300, 850) - 588)).toBeLessThan(80)
    expect(out.subarray(0, 0.3 * rate)).toEqual(samples.subarray(0, 0.3 * rate))
    expect(out.subarray(0.7 * rate)).toEqual(samples.subarray(0.7 * rate))
  })

  it('changes nothing where there is no pitch, and nothing where nothing is asked for', () => {
    let state = 1
    const noise = Float32Array.from({ length: rate }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return (state / 2 ** 31 - 1) / 3
    })
    const place = { sampleRateHz: rate, start: 4_000, end: 12_000, phone: 'AE', origin }
    expect(moveVowel({ channels: [new Float32Array(rate)] }, { ...place, shift }).changedFrames).toBe(0)
    expect(moveVowel({ channels: [noise] }, { ...place, shift }).changedFrames).toBeLessThan(10)
    const still = moveVowel({ channels: [samples] }, { ...place, shift: { f1: 1, f2: 1, f3: 1 } })
    const worst = still.block.channels[0]!.reduce(
      (most, x, n) => Math.max(most, Math.abs(x - samples[n]!)),
      0,
    )
    expect(worst).toBeLessThan(1e-4)
  })

  it('goes through a stream of blocks with every frame in its place', async () => {
    const change = { start: 0.3, end: 0.7, word: 'bath', phone: 'AE', rule: 'bath', origin, shift }
    const late = { ...change, start: 0.95, end: 1.4 }
    const short = { ...change, start: 0.72, end: 0.73 }
    const applied: AppliedChange[] = []
    async function* blocks() {
      for (let at = 0; at < rate; at += 700) yield { channels: [samples.slice(at, at + 700)] }
    }
    const out: number[] = []
    for await (const { channels } of changeVowels(
      blocks(),
      [change, short, late],
      { sampleRateHz: rate, channels: 1 },
      applied,
    )) {
      out.push(...channels[0]!)
    }
    expect(out.length).toBe(rate)
    expect(applied.map(({ start }) => start)).toEqual([0.3, 0.95])
    expect(Float32Array.from(out.slice(0.71 * rate, 0.94 * rate))).toEqual(
      samples.slice(0.71 * rate, 0.94 * rate),
    )
  })
})
