import { describe, expect, it } from 'vitest'

import { reshapeVoice, type VoicePart } from './reshape-voice'

const rateHz = 22_050
const plain = { rate: 1, pitch: 1, gain: 1 }

/** A buzz with the harmonics of a voice. */
function voice(frequencyHz: number, seconds: number): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * rateHz) }, (_, n) => {
    let sum = 0
    for (let harmonic = 1; harmonic <= 8; harmonic++) {
      sum += Math.sin((2 * Math.PI * frequencyHz * harmonic * n) / rateHz) / harmonic
    }
    return 0.2 * sum
  })
}

/** By autocorrelation. */
function pitchOf(samples: Float32Array): number {
  let best = { lag: 0, score: -Infinity }
  for (let lag = Math.floor(rateHz / 400); lag <= rateHz / 60; lag++) {
    let score = 0
    for (let n = lag; n < samples.length; n++) score += samples[n]! * samples[n - lag]!
    score /= samples.length - lag
    if (score > best.score * 1.02) best = { lag, score }
  }
  return rateHz / best.lag
}

function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
}

const reshape = (samples: Float32Array, changes: Partial<VoicePart>) =>
  reshapeVoice(samples, rateHz, [{ ...plain, length: samples.length, ...changes }])

describe('reshapeVoice', () => {
  const source = voice(150, 2)
  const middle = (samples: Float32Array) => samples.subarray(samples.length >> 2, (samples.length * 3) >> 2)

  it.each([0.5, 0.8, 1.25, 2])('rate %f changes the length and not the pitch', (rate) => {
    const { samples } = reshape(source, { rate })
    expect(samples.length).toBe(Math.round(source.length / rate))
    expect(pitchOf(middle(samples)) / 150).toBeCloseTo(1, 1.5)
    expect(rms(middle(samples)) / rms(source)).toBeCloseTo(1, 1)
  })

  it.each([-12, -5, 4, 12])('%i semitones change the pitch and not the length', (semitones) => {
    const pitch = 2 ** (semitones / 12)
    const { samples } = reshape(source, { pitch })
    expect(samples.length).toBe(source.length)
    expect(pitchOf(middle(samples)) / (150 * pitch)).toBeCloseTo(1, 1.5)
  })

  it('changes one part and leaves those before it, but for rounding', () => {
    const third = Math.floor(source.length / 3)
    const { samples, place } = reshapeVoice(source, rateHz, [
      { ...plain, length: third },
      { ...plain, length: third, rate: 0.5 },
      { ...plain, length: source.length - 2 * third, gain: 0.5 },
    ])
    expect(samples.length).toBe(Math.round(source.length + third))
    const edge = third - rateHz * 0.03
    const changes = samples.subarray(0, edge).map((sample, n) => Math.abs(sample - source[n]!))
    expect(Math.max(...changes)).toBeLessThan(1e-6)
    expect(place(third)).toBe(third)
    expect(place(2 * third)).toBe(3 * third)
    expect(place(source.length)).toBe(source.length + third)
    expect(rms(samples.subarray(3 * third + 2000)) / rms(source)).toBeCloseTo(0.5, 1)
  })

  it('has no seams: no step is larger than the voice’s own', () => {
    const step = (samples: Float32Array) =>
      samples.reduce(
        (largest, sample, n) => Math.max(largest, n > 0 ? Math.abs(sample - samples[n - 1]!) : 0),
        0,
      )
    const half = source.length >> 1
    const { samples } = reshapeVoice(source, rateHz, [
      { ...plain, length: half, rate: 0.7, pitch: 1.2 },
      { ...plain, length: source.length - half, rate: 1.4, pitch: 0.9, gain: 0.3 },
    ])
    expect(step(samples.subarray(400, samples.length - 400))).toBeLessThan(1.6 * step(source))
  })

  it('takes silence, and nothing at all', () => {
    expect(rms(reshape(new Float32Array(5000), { rate: 0.5, pitch: 1.5 }).samples)).toBe(0)
    expect(reshapeVoice(new Float32Array(0), rateHz, [{ ...plain, length: 0, rate: 2 }]).samples.length).toBe(
      0,
    )
  })
})
