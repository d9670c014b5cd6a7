import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { createAperiodicityAnalyser } from './aperiodicity'
import { createRealFft } from './fft-real'
import { pitchHopSeconds, trackPitch } from './pitch-track'
import { createEnvelopeAnalyser } from './spectral-envelope'
import { createWorldAnalyser } from './world-analysis'
import { createWorldSynthesiser } from './world-synthesis'

/** Made by scripts/reference/world. */
const fixture = JSON.parse(readFileSync(new URL('./testing/world.json', import.meta.url), 'utf8')) as {
  rate: number
  samples: string
  pitch: number[]
  frames: { frame: number; envelope_db: number[]; aperiodicity_db: number[] }[]
  resynthesis_db: number[]
}
const rateHz = fixture.rate
const bytes = Buffer.from(fixture.samples, 'base64')
const samples = Float32Array.from({ length: bytes.length / 2 }, (_, n) => bytes.readInt16LE(2 * n) / 32768)
const voicedFrames = fixture.frames.filter(({ aperiodicity_db: db }) => db[0]! < -20)

function rootMeanSquare(differences: readonly number[]): number {
  return Math.sqrt(differences.reduce((sum, value) => sum + value * value, 0) / differences.length)
}

function join(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]))
}

describe('parity with the authors’ WORLD', () => {
  it('finds the same pitch', () => {
    const track = trackPitch(samples, rateHz)
    expect(track).toHaveLength(fixture.pitch.length)
    // From 0.5 s on a hiss rings through a narrow resonance: the two differ in whether that has a pitch.
    const differences = fixture.pitch.slice(3, 95).map((hz, k) => track[k + 3]! / hz - 1)
    expect(rootMeanSquare(differences)).toBeLessThan(0.01)
  })

  it('finds the same envelope', () => {
    const analyser = createEnvelopeAnalyser(rateHz)
    const envelope = new Float64Array(analyser.bins)
    const differences = fixture.frames.flatMap(({ frame, envelope_db: expected }) => {
      analyser.analyse(samples, frame * pitchHopSeconds * rateHz, fixture.pitch[frame]!, envelope)
      return expected.map((db, n) => 10 * Math.log10(envelope[4 * n]!) - db)
    })
    // A window's length is rounded, and the reference adds noise below −120 dB.
    expect(rootMeanSquare(differences)).toBeLessThan(0.1)
    expect(Math.max(...differences.map(Math.abs))).toBeLessThan(1)
  })

  it('finds the same aperiodicity', () => {
    const { bins } = createEnvelopeAnalyser(rateHz)
    const analyser = createAperiodicityAnalyser(rateHz, bins)
    const aperiodicity = new Float64Array(bins)
    expect(voicedFrames.length).toBeGreaterThan(6)
    const differences = voicedFrames.flatMap(({ frame, aperiodicity_db: expected }) => {
      const centre = frame * pitchHopSeconds * rateHz
      expect(analyser.analyse(samples, centre, fixture.pitch[frame]!, aperiodicity)).toBe(true)
      return expected.map((db, n) => 20 * Math.log10(aperiodicity[32 * n]!) - db)
    })
    // The lines of a band are told apart on a shorter transform than the reference's.
    expect(rootMeanSquare(differences)).toBeLessThan(1)
  })

  it('puts the voice together again with the same spectrum, to the sample as long', () => {
    const analyser = createWorldAnalyser(rateHz)
    const synthesiser = createWorldSynthesiser({
      ...{ sampleRateHz: rateHz, fftLength: analyser.fftLength, seed: 1, unvoiced: true },
    })
    const frames = [...analyser.push(samples), ...analyser.finish()]
    const again = join([
      ...frames.map((frame) => synthesiser.push(frame)),
      synthesiser.finish(samples.length),
    ])
    expect(again).toHaveLength(samples.length)
    const levels = bandLevels(again.subarray(0.1 * rateHz, 0.4 * rateHz))
    const differences = levels.map((db, band) => db - fixture.resynthesis_db[band]!)
    expect(rootMeanSquare(differences)).toBeLessThan(1)
  })

  it('has no seams where a stream is cut', () => {
    const whole = createWorldAnalyser(rateHz)
    const cut = createWorldAnalyser(rateHz)
    const expected = [...whole.push(samples), ...whole.finish()]
    const blocks = Array.from({ length: 10 }, (_, n) => samples.subarray(n * 1000, (n + 1) * 1000))
    const frames = [...blocks.flatMap((block) => cut.push(block)), ...cut.finish()]
    expect(frames).toEqual(expected)
  })
})

/** Mean power in sixteen equal bands of the lower half of the spectrum. */
function bandLevels(sound: Float32Array): number[] {
  const length = sound.length
  const fft = createRealFft(length)
  const spectrum = new Float64Array(fft.spectrumLength)
  fft.forward(
    Float64Array.from(sound, (x, n) => x * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (length - 1)))),
    spectrum,
  )
  const bins = Math.floor((length / 2 + 1) / 2)
  return Array.from({ length: 16 }, (_, band) => {
    const first = Math.round((band * bins) / 16)
    const end = Math.round(((band + 1) * bins) / 16)
    let sum = 0
    for (let bin = first; bin < end; bin++) sum += spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2
    return 10 * Math.log10(sum / (end - first))
  })
}
