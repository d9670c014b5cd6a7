import { createRealFft } from '../../../audio/fft-real'
import { BANDS, bandCepstrum, bandProducts, FRAME, vorbisWindow, WINDOW } from './rnnoise-bands'
import { createPitchTracker, MAX_PERIOD, PITCH_HISTORY } from './rnnoise-pitch'

/**
 * What RNNoise's network sees of a frame: 42 features. 0–21 cepstrum of the band energies (the first six summed over
 * three frames), 22–27 and 28–33 their first and second differences, 34–39 cepstrum of the pitch correlation, 40 the
 * period, 41 how much the spectrum varied over the last eight frames.
 */

export const FEATURES = 42
const DELTAS = 6
const MEMORY = 8
/** Samples are worked on at 16-bit scale, which the feature constants assume. */
export const SAMPLE_SCALE = 32768
/** Energy of a frame below which it counts as silence: the network is not run and its state stays. */
const SILENCE_ENERGY = 0.04

/** A frame between analysis and synthesis. */
export interface FrameAnalysis {
  silent: boolean
  /** Spectra of the windowed frame and of the signal one pitch period before it. */
  spectrum: Float64Array
  pitchSpectrum: Float64Array
  energy: Float64Array
  pitchEnergy: Float64Array
  /** Correlation of the two spectra in every band, −1…1. */
  correlation: Float64Array
}

export interface Analyser {
  /** Analyses 480 new samples; writes 42 numbers into `features` unless the frame is silent. */
  analyse(samples: Float32Array, offset: number, frame: FrameAnalysis, features: Float32Array): void
}

export function createFrameAnalysis(): FrameAnalysis {
  return {
    silent: true,
    spectrum: new Float64Array(WINDOW + 2),
    pitchSpectrum: new Float64Array(WINDOW + 2),
    energy: new Float64Array(BANDS),
    pitchEnergy: new Float64Array(BANDS),
    correlation: new Float64Array(BANDS),
  }
}

/**
 * Removes what lies below about 20 Hz: (1 − 2z⁻¹ + z⁻²) / (1 − 1.99599z⁻¹ + 0.996z⁻²). Writes at 16-bit scale. The sum is
 * grouped so that a sample waits for one product of the last one only.
 */
function createHighPass() {
  const memory = new Float64Array(4)
  return (samples: Float32Array, offset: number, out: Float64Array, outOffset: number): void => {
    // Locals in the loop: a number that outlives a closure is boxed at every assignment.
    let x1 = memory[0]!
    let x2 = memory[1]!
    let y1 = memory[2]!
    let y2 = memory[3]!
    for (let n = 0; n < FRAME; n++) {
      const x = samples[offset + n]! * SAMPLE_SCALE
      const y = x - 2 * x1 + x2 - 0.996 * y2 + 1.99599 * y1
      x2 = x1
      x1 = x
      y2 = y1
      y1 = y
      out[outOffset + n] = y
    }
    memory.set([x1, x2, y1, y2])
  }
}

/** Mean distance of each of the last eight cepstra to its nearest neighbour among them. */
function createVariability() {
  const cepstra = Array.from({ length: MEMORY }, () => new Float64Array(BANDS))
  const distances = new Float64Array(MEMORY * MEMORY)
  return (newest: Float64Array, slot: number): number => {
    cepstra[slot]!.set(newest)
    for (let other = 0; other < MEMORY; other++) {
      const past = cepstra[other]!
      let distance = 0
      for (let band = 0; band < BANDS; band++) {
        const step = newest[band]! - past[band]!
        distance += step * step
      }
      distances[slot * MEMORY + other] = distance
      distances[other * MEMORY + slot] = distance
    }
    let total = 0
    for (let i = 0; i < MEMORY; i++) {
      let nearest = 1e15
      for (let j = 0; j < MEMORY; j++) if (i !== j) nearest = Math.min(nearest, distances[i * MEMORY + j]!)
      total += nearest
    }
    return total / MEMORY
  }
}

/** Logarithmic energies under a floor that follows the loudest band and falls 15 dB a band. */
function logEnergies(energy: Float64Array, out: Float64Array): void {
  let largest = -2
  let follow = -2
  for (let band = 0; band < BANDS; band++) {
    const level = Math.max(largest - 7, follow - 1.5, Math.log10(0.01 + energy[band]!))
    largest = Math.max(largest, level)
    follow = Math.max(follow - 1.5, level)
    out[band] = level
  }
}

export function createAnalyser(): Analyser {
  const fft = createRealFft(WINDOW)
  // RNNoise's transform is scaled by 1/N on the way in; the window carries that.
  const window = vorbisWindow(1 / WINDOW)
  const history = new Float64Array(PITCH_HISTORY)
  const windowed = new Float64Array(WINDOW)
  const logs = new Float64Array(BANDS)
  const cepstra = [new Float64Array(BANDS), new Float64Array(BANDS), new Float64Array(BANDS)] as const
  const pitchCepstrum = new Float64Array(DELTAS)
  const highPass = createHighPass()
  const tracker = createPitchTracker()
  const variability = createVariability()
  let count = 0

  const transform = (start: number, spectrum: Float64Array): void => {
    for (let n = 0; n < WINDOW; n++) windowed[n] = history[start + n]! * window[n]!
    fft.forward(windowed, spectrum)
  }

  return {
    analyse(samples, offset, frame, features) {
      history.copyWithin(0, FRAME)
      highPass(samples, offset, history, PITCH_HISTORY - FRAME)
      transform(PITCH_HISTORY - WINDOW, frame.spectrum)
      bandProducts(frame.spectrum, frame.spectrum, frame.energy)
      const period = tracker.track(history)
      let total = 0
      for (let band = 0; band < BANDS; band++) total += frame.energy[band]!
      frame.silent = total < SILENCE_ENERGY
      if (frame.silent) return

      transform(MAX_PERIOD - period, frame.pitchSpectrum)
      bandProducts(frame.pitchSpectrum, frame.pitchSpectrum, frame.pitchEnergy)
      bandProducts(frame.spectrum, frame.pitchSpectrum, frame.correlation)
      for (let band = 0; band < BANDS; band++) {
        frame.correlation[band]! /= Math.sqrt(0.001 + frame.energy[band]! * frame.pitchEnergy[band]!)
      }
      bandCepstrum(frame.correlation, pitchCepstrum, DELTAS)
      for (let i = 0; i < DELTAS; i++) features[BANDS + 2 * DELTAS + i] = pitchCepstrum[i]!
      features[BANDS + 2 * DELTAS]! -= 1.3
      features[BANDS + 2 * DELTAS + 1]! -= 0.9
      features[BANDS + 3 * DELTAS] = 0.01 * (period - 300)

      const newest = cepstra[count % 3]!
      const last = cepstra[(count + 2) % 3]!
      const before = cepstra[(count + 1) % 3]!
      logEnergies(frame.energy, logs)
      bandCepstrum(logs, newest, BANDS)
      newest[0]! -= 12
      newest[1]! -= 4
      for (let band = 0; band < BANDS; band++) features[band] = newest[band]!
      for (let i = 0; i < DELTAS; i++) {
        features[i] = newest[i]! + last[i]! + before[i]!
        features[BANDS + i] = newest[i]! - before[i]!
        features[BANDS + DELTAS + i] = newest[i]! - 2 * last[i]! + before[i]!
      }
      features[FEATURES - 1] = variability(newest, count % MEMORY) - 2.1
      count += 1
    },
  }
}
