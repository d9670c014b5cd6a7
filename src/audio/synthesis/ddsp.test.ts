import { describe, expect, it } from 'vitest'

import { createDdspVoice, type DdspControls, type DdspOptions } from './ddsp'
import { createRandom, createWhiteNoise } from './noise'

const options: DdspOptions = { sampleRateHz: 24_000, hopSamples: 96, harmonics: 60, noiseBands: 65, seed: 5 }

/** Pitch that glides and trembles, spectra that change in every frame. */
function livelyControls(frames: number, { harmonics, noiseBands } = options): DdspControls {
  const random = createRandom(11)
  return {
    pitchHz: Float32Array.from(
      { length: frames },
      (_, t) => 220 * 2 ** ((t / frames) * 2.5 + 0.04 * Math.sin(t / 7)),
    ),
    amplitudes: Float32Array.from(
      { length: frames * harmonics },
      (_, n) => random.next() / (1 + (n % harmonics)),
    ),
    noise: Float32Array.from({ length: frames * noiseBands }, () => 0.1 * random.next()),
  }
}

/** The formula as it is written, sum by sum in double precision. */
function byFormula(
  controls: DdspControls,
  { sampleRateHz, hopSamples, harmonics, noiseBands, seed }: DdspOptions,
) {
  const frames = controls.pitchHz.length
  const out = new Float64Array(frames * hopSamples)
  const between = (values: Float32Array, width: number, column: number, n: number) => {
    const t = Math.floor(n / hopSamples)
    const here = values[t * width + column]!
    const next = values[Math.min(t + 1, frames - 1) * width + column]!
    return here + ((n % hopSamples) / hopSamples) * (next - here)
  }
  let phase = 0
  for (let n = 0; n < out.length; n++) {
    const hz = between(controls.pitchHz, 1, 0, n)
    phase += (2 * Math.PI * hz) / sampleRateHz
    for (let k = 1; k <= harmonics && k * hz < sampleRateHz / 2; k++) {
      out[n]! += between(controls.amplitudes, harmonics, k - 1, n) * Math.sin(k * phase)
    }
  }
  const taps = 2 * (noiseBands - 1)
  const white = createWhiteNoise(createRandom(seed))
  const hop = new Float32Array(hopSamples)
  for (let t = 0; t < frames; t++) {
    white(hop)
    const response = (band: number) => controls.noise[t * noiseBands + Math.min(band, taps - band)]!
    for (let tap = 0; tap < taps; tap++) {
      let value = 0
      for (let band = 0; band < taps; band++) {
        value += (response(band) * Math.cos((2 * Math.PI * band * (tap - taps / 2)) / taps)) / taps
      }
      value *= 0.5 - 0.5 * Math.cos((2 * Math.PI * tap) / taps)
      for (let n = 0; n < hopSamples; n++) {
        const at = t * hopSamples + n + tap - taps / 2
        if (at >= 0 && at < out.length) out[at]! += hop[n]! * value
      }
    }
  }
  return out
}

function render(controls: DdspControls, settings = options, framesInCall = Infinity): Float32Array {
  const voice = createDdspVoice(settings)
  const parts: Float32Array[] = []
  const frames = controls.pitchHz.length
  for (let from = 0; from < frames; from += framesInCall) {
    const to = Math.min(frames, from + framesInCall)
    parts.push(
      voice.push({
        pitchHz: controls.pitchHz.subarray(from, to),
        amplitudes: controls.amplitudes.subarray(from * settings.harmonics, to * settings.harmonics),
        noise: controls.noise.subarray(from * settings.noiseBands, to * settings.noiseBands),
      }),
    )
  }
  parts.push(voice.finish())
  return Float32Array.from(parts.flatMap((part) => [...part]))
}

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, n) => Math.max(most, Math.abs(value - b[n]!)), 0)

describe('a voice of sines and noise', () => {
  it('is the formula, summed directly, but for the rounding of its output', () => {
    const controls = livelyControls(120)
    const made = render(controls)
    const expected = byFormula(controls, options)
    const peak = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    expect(made).toHaveLength(120 * 96)
    expect(peak).toBeGreaterThan(0.5)
    expect(farthest(made, expected)).toBeLessThan(1e-6)
  })

  it.each([{ hopSamples: 64, noiseBands: 33 }, { hopSamples: 128, noiseBands: 129 }, { harmonics: 100 }])(
    'also with %o',
    (changes) => {
      const settings = { ...options, ...changes }
      const controls = livelyControls(30, settings)
      expect(farthest(render(controls, settings), byFormula(controls, settings))).toBeLessThan(1e-6)
    },
  )

  it('does not depend on how its frames come', () => {
    const controls = livelyControls(50)
    expect(farthest(render(controls, options, 1), render(controls))).toBe(0)
    expect(farthest(render(controls, options, 7), render(controls))).toBe(0)
  })

  it('folds nothing back at half the sampling rate', () => {
    const frames = 250
    const hz = 1750
    const made = render({
      pitchHz: new Float32Array(frames).fill(hz),
      amplitudes: new Float32Array(frames * 60).fill(0.1),
      noise: new Float32Array(frames * 65),
    })
    // A second: 1 Hz a bin, whole turns of every harmonic.
    const levelAt = (bin: number) => {
      let real = 0
      let imaginary = 0
      for (let n = 0; n < 24_000; n++) {
        real += made[n]! * Math.cos((2 * Math.PI * bin * n) / 24_000)
        imaginary += made[n]! * Math.sin((2 * Math.PI * bin * n) / 24_000)
      }
      return (2 * Math.hypot(real, imaginary)) / 24_000
    }
    const below = [1, 2, 3, 4, 5, 6].map((k) => levelAt(k * hz))
    expect(Math.min(...below)).toBeCloseTo(0.1, 5)
    // Where the 7th to 20th harmonic would fold to.
    const folded = Array.from({ length: 14 }, (_, index) => Math.abs(24_000 - (((index + 7) * hz) % 24_000)))
    const heard = folded.filter((bin) => bin % hz !== 0 && bin < 12_000).map(levelAt)
    expect(heard.length).toBeGreaterThan(3)
    expect(Math.max(...heard)).toBeLessThan(1e-5)
  })

  it('makes other noise with another seed, the same with the same', () => {
    const controls = livelyControls(10)
    expect(farthest(render(controls), render(controls))).toBe(0)
    expect(farthest(render(controls), render(controls, { ...options, seed: 6 }))).toBeGreaterThan(0.01)
  })

  it('refuses filters that are longer than two hops', () => {
    expect(() => createDdspVoice({ ...options, noiseBands: 129 })).toThrow(RangeError)
  })

  it('is silent before its first frame', () => {
    const voice = createDdspVoice(options)
    expect(voice.finish()).toHaveLength(0)
    expect(voice.push(livelyControls(0))).toHaveLength(0)
  })
})
