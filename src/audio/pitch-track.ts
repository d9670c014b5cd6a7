import { createRealFft } from './fft-real'
import { createPitchPath } from './pitch-path'
import { createResampler } from './resample'

/** Seconds between frames; frame k is centred on k × this. */
export const pitchHopSeconds = 0.005

export interface PitchOptions {
  /** Lowest pitch that is looked for, in Hz. Default 60; the window is three of its periods. */
  minHz?: number
  /** Highest pitch, in Hz. Default 700. */
  maxHz?: number
}

/** Follows the pitch of a stream. Blocks may have any length: the result does not depend on it. */
export interface PitchTracker {
  /** Takes samples, gives the frames that are decided: 1 s or so behind. */
  push(samples: Float32Array): Float32Array
  /** The rest: in all, ⌊seconds ÷ 0.005⌋ + 1 frames. */
  finish(): Float32Array
}

/** Speech carries its pitch below this. */
const analysisRateHz = 16_000
const periodsInWindow = 3
const maxCandidates = 8
/** Peaks of the autocorrelation below this are no candidates. */
const weakestPeak = 0.15
/** A level that falls by half in 10 s, against which a frame is quiet. */
const levelDecay = 0.5 ** (pitchHopSeconds / 10)
const quietestLevel = 0.004

/**
 * Pitch of one voice, for a whole recording in one piece.
 *
 * @param samples −1…1, one channel.
 * @returns Hz for every 5 ms, frame k centred on k × 5 ms; 0 = unvoiced. ⌊seconds ÷ 0.005⌋ + 1 frames.
 */
export function trackPitch(
  samples: Float32Array,
  sampleRateHz: number,
  options: PitchOptions = {},
): Float32Array {
  const tracker = createPitchTracker(sampleRateHz, options)
  const parts = [tracker.push(samples), tracker.finish()]
  const track = new Float32Array(parts[0]!.length + parts[1]!.length)
  track.set(parts[0]!)
  track.set(parts[1]!, parts[0]!.length)
  return track
}

/**
 * P. Boersma, Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled
 * sound (1993): candidates are the peaks of the window's autocorrelation divided by that of the window itself; a path
 * is chosen among them (`createPitchPath`). The spectrum is compressed before (T. Tolonen, M. Karjalainen, 2000).
 */
export function createPitchTracker(sampleRateHz: number, options: PitchOptions = {}): PitchTracker {
  const { minHz = 60, maxHz = 700 } = options
  const rateHz = Math.min(sampleRateHz, analysisRateHz)
  const resampler = rateHz === sampleRateHz ? null : createResampler(sampleRateHz, rateHz, 1)
  const finder = createCandidateFinder(rateHz, minHz, maxHz)
  const path = createPitchPath(maxHz)
  const half = finder.windowSamples / 2
  /** Samples that windows still reach back to; the recording is preceded by silence. */
  let buffer = new Float32Array(half)
  let bufferStart = -half
  let inputSamples = 0
  let frame = 0
  let level = quietestLevel
  let decided: number[] = []

  /** Analyses all frames below `limit` whose windows are complete. */
  const analyse = (limit: number) => {
    for (; frame < limit; frame++) {
      const start = Math.round(frame * pitchHopSeconds * rateHz) - half - bufferStart
      if (start + 2 * half > buffer.length) break
      const found = finder.find(buffer, start)
      level = Math.max(found.peak, level * levelDecay)
      decided.push(...path.push({ ...found, loudness: found.peak / level }))
    }
    const keepFrom = Math.round(frame * pitchHopSeconds * rateHz) - half - bufferStart
    buffer = buffer.slice(Math.min(keepFrom, buffer.length))
    bufferStart += keepFrom
  }

  const append = (samples: Float32Array) => {
    const joined = new Float32Array(buffer.length + samples.length)
    joined.set(buffer)
    joined.set(samples, buffer.length)
    buffer = joined
  }

  const handOut = () => {
    const out = Float32Array.from(decided)
    decided = []
    return out
  }

  return {
    push(samples) {
      inputSamples += samples.length
      // Pieces bound what the analysis copies.
      for (let at = 0; at < samples.length; at += sampleRateHz) {
        const piece = samples.subarray(at, at + sampleRateHz)
        append(resampler ? resampler.push({ channels: [piece] }).channels[0]! : piece)
        analyse(Infinity)
      }
      return handOut()
    },
    finish() {
      if (resampler) append(resampler.finish().channels[0]!)
      append(new Float32Array(2 * half + Math.ceil(pitchHopSeconds * rateHz)))
      analyse(Math.floor(inputSamples / sampleRateHz / pitchHopSeconds + 1e-9) + 1)
      decided.push(...path.finish())
      return handOut()
    },
  }
}

interface Candidates {
  /** Hz, and how periodic the sound is at it (0–1), strongest first. */
  candidates: { hz: number; strength: number }[]
  /** Largest sample of the window, less its mean. */
  peak: number
}

function createCandidateFinder(rateHz: number, minHz: number, maxHz: number) {
  const windowSamples = 2 * Math.round((periodsInWindow * rateHz) / minHz / 2)
  const longestLag = Math.ceil(rateHz / minHz) + 1
  const shortestLag = Math.max(2, Math.floor(rateHz / maxHz) - 1)
  const fft = createRealFft(smoothLength(windowSamples + longestLag))
  const signal = new Float64Array(fft.length)
  const spectrum = new Float64Array(fft.spectrumLength)
  const window = Float64Array.from(
    { length: windowSamples },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / windowSamples),
  )
  const weights = bandWeights(fft.length, rateHz)

  /** Autocorrelation of what is in `signal`, up to the longest lag, in `signal`. */
  const autocorrelate = (weighted: boolean) => {
    fft.forward(signal, spectrum)
    for (let bin = 0; bin <= fft.length / 2; bin++) {
      const weight = weighted ? weights[bin]! : 1
      const power = weight === 0 ? 0 : spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2
      spectrum[2 * bin] = weighted ? weight * compressed(power) : power
      spectrum[2 * bin + 1] = 0
    }
    fft.inverse(spectrum, signal)
  }

  signal.set(window)
  autocorrelate(false)
  const ofWindow = signal.slice(0, longestLag + 1).map((value) => value / signal[0]!)

  const peaksOf = (correlation: Float64Array): Candidates['candidates'] => {
    const found: Candidates['candidates'] = []
    const at = (lag: number) => correlation[lag]! / ofWindow[lag]! / correlation[0]!
    for (let lag = shortestLag; lag < longestLag; lag++) {
      const middle = at(lag)
      const before = at(lag - 1)
      const after = at(lag + 1)
      if (middle < weakestPeak || middle < before || middle <= after) continue
      const offset = (0.5 * (before - after)) / (before - 2 * middle + after)
      const height = middle - 0.25 * (before - after) * offset
      const hz = rateHz / (lag + offset)
      if (hz >= minHz && hz <= maxHz) found.push({ hz, strength: Math.min(height, 1) })
    }
    return found.sort((a, b) => b.strength - a.strength).slice(0, maxCandidates)
  }

  return {
    windowSamples,
    find(samples: Float32Array, start: number): Candidates {
      let mean = 0
      for (let n = 0; n < windowSamples; n++) mean += samples[start + n]! / windowSamples
      let peak = 0
      signal.fill(0, windowSamples)
      for (let n = 0; n < windowSamples; n++) {
        const value = samples[start + n]! - mean
        peak = Math.max(peak, Math.abs(value))
        signal[n] = value * window[n]!
      }
      if (peak < 1e-5) return { candidates: [], peak }
      autocorrelate(true)
      return { candidates: peaksOf(signal), peak }
    },
  }
}

/** Rumble below speech and consonants above its harmonics only blur the peaks. */
function bandWeights(length: number, rateHz: number): Float64Array {
  return Float64Array.from({ length: length / 2 + 1 }, (_, bin) => {
    const hz = (bin * rateHz) / length
    const rise = Math.min(1, Math.max(0, (hz - 30) / 40))
    const fall = Math.min(1, Math.max(0, (4000 - hz) / 2500))
    return rise * fall
  })
}

/** The next even length that is quick to transform. */
function smoothLength(least: number): number {
  for (let length = 2 * Math.ceil(least / 2); ; length += 2) {
    let rest = length / 2
    for (const factor of [2, 3, 5]) while (rest % factor === 0) rest /= factor
    if (rest === 1) return length
  }
}

/** To the power of 5/8: a strong formant no longer passes for the pitch. */
function compressed(power: number): number {
  const root = Math.sqrt(power)
  return root * Math.sqrt(Math.sqrt(Math.sqrt(power)))
}
