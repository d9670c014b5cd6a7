import { createRealFft } from '../../../audio/fft-real'
import { BANDED_BINS, BANDS, bandProducts, FRAME, spreadBands, vorbisWindow, WINDOW } from './rnnoise-bands'
import { SAMPLE_SCALE, type FrameAnalysis } from './rnnoise-features'

/** A band's gain falls no faster than this a frame, so that reverberation is not chopped off. */
const GAIN_DECAY = 0.6

export interface Synthesiser {
  /**
   * Turns an analysed frame and its 22 gains into 480 samples, one frame (480 samples) late. The frame's spectrum is
   * overwritten.
   */
  synthesise(frame: FrameAnalysis, gains: Float64Array, out: Float32Array, offset: number): void
}

/**
 * Adds what the signal one period ago has in common with the frame, in the bands where the gain says that noise sits
 * between the harmonics, and keeps the energy of every band as it was.
 */
function createPitchFilter() {
  const strength = new Float64Array(BANDS)
  const filtered = new Float64Array(BANDS)
  const perBin = new Float64Array(BANDED_BINS)
  return (frame: FrameAnalysis, gains: Float64Array, norm: Float64Array): void => {
    const { spectrum, pitchSpectrum, energy, pitchEnergy, correlation } = frame
    for (let band = 0; band < BANDS; band++) {
      const c = correlation[band]!
      const g = gains[band]!
      const share = c > g ? 1 : (c * c * (1 - g * g)) / (0.001 + g * g * (1 - c * c))
      const root = Math.sqrt(Math.min(1, Math.max(0, share)))
      strength[band] = root * Math.sqrt(energy[band]! / (1e-8 + pitchEnergy[band]!))
    }
    spreadBands(strength, perBin)
    for (let bin = 0; bin < BANDED_BINS; bin++) {
      const amount = perBin[bin]!
      spectrum[2 * bin]! += amount * pitchSpectrum[2 * bin]!
      spectrum[2 * bin + 1]! += amount * pitchSpectrum[2 * bin + 1]!
    }
    bandProducts(spectrum, spectrum, filtered)
    for (let band = 0; band < BANDS; band++) {
      norm[band] = Math.sqrt(energy[band]! / (1e-8 + filtered[band]!))
    }
  }
}

export function createSynthesiser(): Synthesiser {
  const fft = createRealFft(WINDOW)
  const window = vorbisWindow(WINDOW / SAMPLE_SCALE)
  const signal = new Float64Array(WINDOW)
  const overlap = new Float64Array(FRAME)
  const lastGains = new Float64Array(BANDS)
  const norm = new Float64Array(BANDS)
  const normBins = new Float64Array(BANDED_BINS)
  const gainBins = new Float64Array(BANDED_BINS)
  const pitchFilter = createPitchFilter()

  const shape = (frame: FrameAnalysis, gains: Float64Array): void => {
    const { spectrum } = frame
    pitchFilter(frame, gains, norm)
    for (let band = 0; band < BANDS; band++) {
      lastGains[band] = Math.max(gains[band]!, GAIN_DECAY * lastGains[band]!)
    }
    spreadBands(norm, normBins)
    spreadBands(lastGains, gainBins)
    for (let bin = 0; bin < BANDED_BINS; bin++) {
      const factor = normBins[bin]! * gainBins[bin]!
      spectrum[2 * bin]! *= factor
      spectrum[2 * bin + 1]! *= factor
    }
    spectrum.fill(0, 2 * BANDED_BINS)
  }

  return {
    synthesise(frame, gains, out, offset) {
      if (!frame.silent) shape(frame, gains)
      fft.inverse(frame.spectrum, signal)
      for (let n = 0; n < FRAME; n++) {
        out[offset + n] = overlap[n]! + signal[n]! * window[n]!
        overlap[n] = signal[FRAME + n]! * window[FRAME + n]!
      }
    },
  }
}
