import { createRealFft } from '../../../src/audio/fft-real'

/**
 * What can be heard of music, from its sound alone: nothing here knows how it was made. Key by the profiles of
 * C. Krumhansl and E. Kessler (1982) on a chroma, tempo by the autocorrelation of an onset envelope as in D. Ellis,
 * "Beat tracking by dynamic programming" (Journal of New Music Research 36:1, 2007).
 */
export interface Heard {
  tonic: number
  minor: boolean
  bpm: number
}

export function listenTo(channels: readonly Float32Array[], sampleRateHz: number): Heard {
  const mono = channels[0]!.map((sample, frame) => 0.5 * (sample + channels[1]![frame]!))
  return { ...keyOf(chromaOf(mono, sampleRateHz)), bpm: tempoOf(onsetEnvelope(mono, sampleRateHz)) }
}

const majorProfile = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88]
const minorProfile = [6.33, 2.68, 3.52, 5.38, 2.6, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17]

function* spectra(mono: Float32Array, length: number, hop: number): Generator<Float64Array> {
  const fft = createRealFft(length)
  const window = Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length))
  const frame = new Float64Array(length)
  const spectrum = new Float64Array(fft.spectrumLength)
  const magnitudes = new Float64Array(length / 2)
  for (let start = 0; start + length <= mono.length; start += hop) {
    for (let n = 0; n < length; n++) frame[n] = mono[start + n]! * window[n]!
    fft.forward(frame, spectrum)
    for (let bin = 0; bin < length / 2; bin++) {
      magnitudes[bin] = Math.hypot(spectrum[2 * bin]!, spectrum[2 * bin + 1]!)
    }
    yield magnitudes
  }
}

/** Strength of each pitch class: peaks of the spectrum from 65 Hz to 2 kHz, each frame of equal weight. */
function chromaOf(mono: Float32Array, sampleRateHz: number): number[] {
  const length = 16_384
  const chroma = new Array<number>(12).fill(0)
  for (const spectrum of spectra(mono, length, length / 4)) {
    const frame = new Array<number>(12).fill(0)
    for (let bin = Math.ceil((65 * length) / sampleRateHz); bin < (2000 * length) / sampleRateHz; bin++) {
      const here = spectrum[bin]!
      if (here <= spectrum[bin - 1]! || here < spectrum[bin + 1]!) continue
      const [a, b, c] = [spectrum[bin - 1]!, here, spectrum[bin + 1]!].map((value) => Math.log(value + 1e-12))
      const offset = (0.5 * (a! - c!)) / (a! - 2 * b! + c! || 1)
      const pitch = 69 + 12 * Math.log2(((bin + offset) * sampleRateHz) / length / 440)
      const nearest = Math.round(pitch)
      frame[((nearest % 12) + 12) % 12]! += here * Math.cos(Math.PI * (pitch - nearest)) ** 2
    }
    const sum = frame.reduce((total, value) => total + value, 0)
    if (sum > 1e-6) frame.forEach((value, pitch) => (chroma[pitch]! += value / sum))
  }
  return chroma
}

function keyOf(chroma: readonly number[]): { tonic: number; minor: boolean } {
  const candidates = [false, true].flatMap((minor) =>
    chroma.map((_, tonic) => {
      const profile = minor ? minorProfile : majorProfile
      const turned = chroma.map((_value, pitch) => profile[(pitch - tonic + 12) % 12]!)
      return { tonic, minor, score: correlation(chroma, turned) }
    }),
  )
  return candidates.reduce((best, one) => (one.score > best.score ? one : best))
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanA, meanB] = [mean(a), mean(b)]
  let [product, powerA, powerB] = [0, 0, 0]
  a.forEach((value, index) => {
    product += (value - meanA) * (b[index]! - meanB)
    powerA += (value - meanA) ** 2
    powerB += (b[index]! - meanB) ** 2
  })
  return product / Math.sqrt(powerA * powerB || 1)
}

interface Envelope {
  values: Float64Array
  framesPerSecond: number
}

/** Rises of the logarithmic energy in forty bands, as far apart as the mel scale has them; slow changes taken out. */
function onsetEnvelope(mono: Float32Array, sampleRateHz: number): Envelope {
  const length = 2048
  const hop = 384
  const mel = (hz: number) => 2595 * Math.log10(1 + hz / 700)
  const bands = 40
  const bandOf = Array.from({ length: length / 2 }, (_, bin) =>
    Math.floor((bands * mel((bin * sampleRateHz) / length)) / mel(8000)),
  )
  const rises: number[] = []
  let before: Float64Array | undefined
  for (const spectrum of spectra(mono, length, hop)) {
    const energy = new Float64Array(bands)
    for (let bin = 1; bin < spectrum.length && bandOf[bin]! < bands; bin++) {
      energy[bandOf[bin]!]! += spectrum[bin]! ** 2
    }
    const levels = energy.map((value) => 10 * Math.log10(value + 1e-4))
    let rise = 0
    if (before) for (let band = 0; band < bands; band++) rise += Math.max(0, levels[band]! - before[band]!)
    rises.push(rise)
    before = levels
  }
  const values = new Float64Array(rises.length)
  let slow = rises[0] ?? 0
  rises.forEach((rise, index) => {
    slow += 0.012 * (rise - slow)
    values[index] = rise - slow
  })
  return { values, framesPerSecond: sampleRateHz / hop }
}

/**
 * The period whose autocorrelation, with that of its double or triple, is strongest around 120 bpm; of it and of that
 * multiple, the next slower level of the metre, the one that is stronger by itself: section 3.2 of the paper.
 */
function tempoOf({ values, framesPerSecond }: Envelope): number {
  const lags = Math.round(4 * framesPerSecond)
  const ac = Float64Array.from({ length: lags }, (_, lag) => {
    let sum = 0
    for (let index = lag; index < values.length; index++) sum += values[index]! * values[index - lag]!
    return sum / values.length
  })
  const weighted = (lag: number) =>
    lag < lags ? ac[lag]! * Math.exp(-0.5 * (Math.log2(lag / framesPerSecond / 0.5) / 0.9) ** 2) : 0
  let best = { lag: 0, slower: 0, score: -Infinity }
  for (let lag = Math.ceil(0.25 * framesPerSecond); lag < 1.4 * framesPerSecond; lag++) {
    const duple =
      weighted(lag) + 0.5 * weighted(2 * lag) + 0.25 * (weighted(2 * lag - 1) + weighted(2 * lag + 1))
    const triple = weighted(lag) + 0.33 * (weighted(3 * lag - 1) + weighted(3 * lag) + weighted(3 * lag + 1))
    const score = Math.max(duple, triple)
    if (score > best.score) best = { lag, score, slower: duple >= triple ? 2 * lag : 3 * lag }
  }
  const lag = peakNear(weighted, best.lag) >= peakNear(weighted, best.slower) ? best.lag : best.slower
  return (60 * framesPerSecond) / refined(ac, lag)
}

/** A multiple of a whole number of frames may be off by one. */
function peakNear(strength: (lag: number) => number, lag: number): number {
  return Math.max(strength(lag - 1), strength(lag), strength(lag + 1))
}

/** Measures the period over as many of its multiples as there are: a frame is two per cent of a beat. */
function refined(ac: Float64Array, lag: number): number {
  let period = lag
  for (let multiple = 1; multiple * period + 2 < ac.length; multiple *= 2) {
    const around = Math.round(multiple * period)
    let peak = around
    for (let at = around - 2; at <= around + 2; at++) if (ac[at]! > ac[peak]!) peak = at
    const [a, b, c] = [ac[peak - 1]!, ac[peak]!, ac[peak + 1]!]
    const bend = a - 2 * b + c
    period = (peak + (bend < 0 ? (0.5 * (a - c)) / bend : 0)) / multiple
  }
  return period
}
