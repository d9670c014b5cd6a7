import { createMinimumPhase } from './world-minimum-phase'
import { createRealFft } from './fft-real'
import { pitchHopSeconds } from './pitch-track'

/** One frame of a voice, 5 ms after the one before. */
export interface WorldFrame {
  /** 0 = unvoiced. */
  pitchHz: number
  /** Power in each bin. */
  envelope: Float64Array
  /** Share of noise in each bin, as a ratio of amplitudes. */
  aperiodicity: Float64Array
}

export interface WorldSynthesiser {
  /** Takes the next frame, gives the samples that are complete. Frames may be changed afterwards only by a copy. */
  push(frame: WorldFrame): Float32Array
  /** The rest, up to `samples` in all. */
  finish(samples: number): Float32Array
}

export interface WorldSynthesisOptions {
  sampleRateHz: number
  fftLength: number
  seed: number
  /** Whether unvoiced frames become noise; else they stay silent. */
  unvoiced: boolean
}

/** Distance of the pulses that carry the noise of unvoiced frames. */
const unvoicedHz = 500
const safeguard = 1e-12

interface Pulse {
  /** Sample before it, and what it is late by, in samples. */
  index: number
  shift: number
  voiced: boolean
  /** Between the frames of its interval. */
  envelope: Float64Array
  /** Of powers. */
  noiseShare: Float64Array
}

/**
 * Synthesis of WORLD (M. Morise, F. Yokomori, K. Ozawa, 2016): at every period a response of minimum phase for the
 * periodic part, delayed by the fraction of a sample that its place asks for, and noise of the length of the period
 * through another one. The phase runs on from frame to frame, so blocks of a stream have no seams.
 */
export function createWorldSynthesiser(options: WorldSynthesisOptions): WorldSynthesiser {
  const { sampleRateHz, fftLength } = options
  const half = fftLength / 2
  const respond = createResponder(fftLength, options.seed)
  let previous: WorldFrame | null = null
  let frames = 0
  let phase = 0
  let sample = 0
  let waiting: Pulse | null = null
  /** Sums of responses from sample `given` on. */
  let sums = new Float64Array(4 * fftLength)
  let given = 0

  const reserve = (end: number) => {
    if (end - given <= sums.length) return
    const longer = new Float64Array(2 * (end - given))
    longer.set(sums)
    sums = longer
  }

  const render = (pulse: Pulse, noiseSamples: number) => {
    if (!pulse.voiced && !options.unvoiced) return
    const response = respond(pulse, noiseSamples)
    const first = pulse.index - half - given
    reserve(pulse.index + half)
    for (let n = Math.max(0, -first); n < fftLength; n++) sums[first + n]! += response[n]!
  }

  const emit = (end: number): Float32Array => {
    const count = Math.max(0, end - given)
    reserve(given + count)
    const out = Float32Array.from(sums.subarray(0, count))
    sums.copyWithin(0, count)
    sums.fill(0, sums.length - count)
    given += count
    return out
  }

  /** Walks over the samples between two frames and renders the pulses among them. */
  const walk = (from: WorldFrame, to: WorldFrame) => {
    const end = frames * pitchHopSeconds * sampleRateHz
    const start = end - pitchHopSeconds * sampleRateHz
    for (; sample < end; sample++) {
      const share = (sample - start) / (end - start)
      const voiced = (from.pitchHz > 0 ? 1 - share : 0) + (to.pitchHz > 0 ? share : 0) > 0.5
      // Beside an unvoiced frame the voiced one's pitch holds.
      const fromHz = from.pitchHz || to.pitchHz
      const hz = voiced ? fromHz + share * ((to.pitchHz || fromHz) - fromHz) : unvoicedHz
      const step = hz / sampleRateHz
      phase += step
      if (phase < 1) continue
      phase -= 1
      const pulse: Pulse = {
        ...{ index: sample, shift: 1 - phase / step, voiced },
        envelope: blend(from.envelope, to.envelope, share),
        noiseShare: blendShares(from.aperiodicity, to.aperiodicity, share),
      }
      if (waiting) render(waiting, sample - waiting.index)
      waiting = pulse
    }
  }

  return {
    push(frame) {
      if (previous) {
        frames += 1
        walk(previous, frame)
      }
      previous = frame
      return emit((waiting?.index ?? sample) - half)
    },
    finish(samples) {
      if (waiting) render(waiting, Math.max(1, sample - waiting.index))
      waiting = null
      return emit(samples)
    },
  }
}

function blend(a: Float64Array, b: Float64Array, share: number): Float64Array {
  const out = new Float64Array(a.length)
  for (let n = 0; n < a.length; n++) out[n] = a[n]! + share * (b[n]! - a[n]!)
  return out
}

/** From ratios of amplitudes to a share of the power. */
function blendShares(a: Float64Array, b: Float64Array, share: number): Float64Array {
  const out = blend(a, b, share)
  for (let n = 0; n < out.length; n++) out[n] = Math.min(out[n]! ** 2, 1 - safeguard)
  return out
}

/** Gives the sound of one pulse; it stands in the middle of the result. */
function createResponder(fftLength: number, seed: number) {
  const half = fftLength / 2
  const bins = half + 1
  const fft = createRealFft(fftLength)
  const minimumPhase = createMinimumPhase(fftLength)
  const gaussian = createGaussian(seed)
  const logAmplitude = new Float64Array(bins)
  const shape = new Float64Array(fft.spectrumLength)
  const excitation = new Float64Array(fft.spectrumLength)
  const signal = new Float64Array(fftLength)
  const response = new Float64Array(fftLength)
  const dcShape = dcRemover(fftLength)

  const addPeriodic = ({ envelope, noiseShare, shift }: Pulse, gain: number) => {
    for (let bin = 0; bin < bins; bin++) {
      logAmplitude[bin] = 0.5 * Math.log(envelope[bin]! * (1 - noiseShare[bin]!) + safeguard)
    }
    minimumPhase(logAmplitude, shape)
    const turnC = Math.cos((2 * Math.PI * shift) / fftLength)
    const turnS = Math.sin((2 * Math.PI * shift) / fftLength)
    let c = 1
    let s = 0
    for (let a = 0; a < 2 * bins; a += 2) {
      const re = shape[a]!
      const im = shape[a + 1]!
      shape[a] = re * c + im * s
      shape[a + 1] = im * c - re * s
      const next = c * turnC - s * turnS
      s = c * turnS + s * turnC
      c = next
    }
    fft.inverse(shape, signal)
    let dc = 0
    for (let n = 0; n < half; n++) dc += signal[n]!
    for (let n = 0; n < half; n++) response[half + n]! += gain * signal[n]!
    for (let n = 0; n < fftLength; n++) response[n]! -= gain * dc * dcShape[n]!
  }

  const addNoise = ({ envelope, noiseShare, voiced }: Pulse, noiseSamples: number) => {
    const count = Math.min(noiseSamples, half)
    let mean = 0
    for (let n = 0; n < count; n++) mean += (signal[n] = gaussian()) / count
    for (let n = 0; n < count; n++) signal[n]! -= mean
    signal.fill(0, count)
    fft.forward(signal, excitation)
    for (let bin = 0; bin < bins; bin++) {
      const power = voiced ? envelope[bin]! * noiseShare[bin]! : envelope[bin]!
      logAmplitude[bin] = 0.5 * Math.log(power + safeguard * safeguard)
    }
    minimumPhase(logAmplitude, shape)
    for (let a = 0; a < 2 * bins; a += 2) {
      const re = shape[a]! * excitation[a]! - shape[a + 1]! * excitation[a + 1]!
      shape[a + 1] = shape[a]! * excitation[a + 1]! + shape[a + 1]! * excitation[a]!
      shape[a] = re
    }
    fft.inverse(shape, signal)
    for (let n = 0; n < half; n++) response[half + n]! += signal[n]!
  }

  return (pulse: Pulse, noiseSamples: number): Float64Array => {
    response.fill(0)
    if (pulse.voiced) addPeriodic(pulse, Math.sqrt(noiseSamples))
    addNoise(pulse, noiseSamples)
    return response
  }
}

/** A hump of area 1 that takes a pulse's mean away without a click. */
function dcRemover(length: number): Float64Array {
  const hump = Float64Array.from(
    { length },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / length),
  )
  return hump.map((value) => value / (length / 2))
}

/** Normally distributed numbers: the sum of twelve uniform ones, less six. */
function createGaussian(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1
  return () => {
    let sum = 0
    for (let n = 0; n < 12; n++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      sum += (state >>> 0) / 4294967296
    }
    return sum - 6
  }
}
