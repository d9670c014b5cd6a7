import { describe, expect, it } from 'vitest'

import { drumNotes, instrumentNames, type Note } from '../../music/piece'
import { createRealFft } from '../fft-real'
import { createInstrument } from './instruments'
import { createWavetable, cycleLength, waveforms } from './oscillators'
import { pluckString } from './strings'

const rate = 24_000
/** Longer than any note of a second rings on. */
const seconds = 2.5

function peakOf(samples: Float32Array): number {
  let peak = 0
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample))
  return peak
}

function magnitudes(samples: Float32Array, length: number, from = 0): Float64Array {
  const fft = createRealFft(length)
  const spectrum = new Float64Array(fft.spectrumLength)
  const window = (n: number) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length)
  fft.forward(
    Float64Array.from({ length }, (_, n) => (samples[from + n] ?? 0) * window(n)),
    spectrum,
  )
  return Float64Array.from({ length: length / 2 }, (_, bin) =>
    Math.hypot(spectrum[2 * bin]!, spectrum[2 * bin + 1]!),
  )
}

/** Strongest frequency near one that is expected, between bins. */
function peakNear(samples: Float32Array, hz: number, from: number): number {
  const length = 16_384
  const spectrum = magnitudes(samples, length, from)
  let best = Math.round((hz * 0.94 * length) / rate)
  for (let bin = best; bin < (hz * 1.06 * length) / rate; bin++)
    if (spectrum[bin]! > spectrum[best]!) best = bin
  const [a, b, c] = [spectrum[best - 1]!, spectrum[best]!, spectrum[best + 1]!].map(Math.log)
  return ((best + (0.5 * (a! - c!)) / (a! - 2 * b! + c!)) * rate) / length
}

describe('wavetables', () => {
  it('hold the harmonics they are made of', () => {
    const cycle = createWavetable((harmonic) => (harmonic === 3 ? 0.5 : 0)).cycle(100)
    for (let n = 0; n <= cycleLength; n += 97) {
      expect(cycle[n]).toBeCloseTo(0.5 * Math.sin((6 * Math.PI * n) / cycleLength), 5)
    }
  })

  it('have nothing above 18 kHz at any pitch', () => {
    for (const hz of [25, 110, 440, 1000, 3500, 8000]) {
      const spectrum = magnitudes(waveforms.saw.cycle(hz), cycleLength)
      const top = Math.floor(18_000 / hz)
      const above = Math.max(0, ...spectrum.slice(top + 3))
      expect(above / Math.max(...spectrum)).toBeLessThan(1e-3)
    }
  })
})

describe('a plucked string', () => {
  it.each([82.41, 196, 440, 987.77])('sounds at %d Hz, to three cents', (hz) => {
    const shape = { decaySeconds: 6, position: 0.2, brightness: 0.6, seconds: 1.2, seed: 4 }
    const heard = peakNear(pluckString(hz, rate, shape), hz, 2000)
    expect(Math.abs(1200 * Math.log2(heard / hz))).toBeLessThan(3)
  })
})

describe.each(instrumentNames)('%s', (name) => {
  const instrument = createInstrument(name, rate, 0)
  const drums = name.endsWith('drums') || name.endsWith('percussion')
  const note: Note = {
    beat: 0,
    beats: 1,
    velocity: 0.8,
    pitch: drums ? drumNotes.snare : name.endsWith('bass') ? 40 : 64,
  }

  function sound(seed: number, block: number, played = note): Float32Array[] {
    const out = [new Float32Array(seconds * rate), new Float32Array(seconds * rate)] as const
    const voice = instrument.start(played, rate, seed)!
    for (let at = 0; at < out[0].length; at += block) {
      if (!voice.add(out[0], out[1], at, Math.min(out[0].length, at + block))) break
    }
    return [...out]
  }

  it('is finite, heard, without offset, and ends', () => {
    const [left, right] = sound(1, 500) as [Float32Array, Float32Array]
    for (const samples of [left, right]) {
      expect(samples.every(Number.isFinite)).toBe(true)
      const power = samples.slice(0, rate / 2).reduce((sum, sample) => sum + sample * sample, 0) / (rate / 2)
      expect(Math.sqrt(power)).toBeGreaterThan(0.002)
      expect(Math.abs(samples.reduce((sum, sample) => sum + sample, 0) / samples.length)).toBeLessThan(0.002)
      expect(peakOf(samples)).toBeLessThan(1)
      expect(peakOf(samples.slice(-rate / 10))).toBeLessThan(1e-3)
    }
  })

  it('is the same whatever blocks it is made in', () => {
    const a = sound(2, 512)[0]!
    const other = sound(2, seconds * rate)[0]!
    expect(peakOf(a.map((sample, n) => sample - other[n]!))).toBeLessThan(0.02)
  })
})
