import { createRealFft } from './fft-real'
import { createSmoothing, cutPitchWindow, fillBelowPitch, worldFftLength } from './world-spectrum'

/** Finds the envelope that the harmonics of a voice stand under. */
export interface EnvelopeAnalyser {
  fftLength: number
  /** Bins of an envelope: fftLength ÷ 2 + 1. */
  bins: number
  /** Samples on either side of a frame's centre that are looked at. */
  reach: number
  /**
   * @param samples Any part of a recording; what lies outside counts as silence.
   * @param centre Of the frame, in samples from the beginning of `samples`.
   * @param pitchHz 0 = unvoiced.
   * @param envelope Gets the power in each bin.
   */
  analyse(samples: Float32Array, centre: number, pitchHz: number, envelope: Float64Array): void
}

/** Lowest pitch whose three periods fit the window. */
const floorHz = 71
/** Width of the smoothing where there is no pitch. */
const unvoicedHz = 500
const recovery = -0.15
const smallestPower = 1e-16

/**
 * CheapTrick (M. Morise, CheapTrick, a spectral envelope estimator for high-quality speech synthesis, 2015): a window
 * of three periods, whose power hardly depends on where in the period it lies; smoothing over two thirds of the pitch;
 * then in the cepstrum a lifter that evens out what is left of the harmonics and another that restores the peaks.
 */
export function createEnvelopeAnalyser(sampleRateHz: number): EnvelopeAnalyser {
  const fftLength = worldFftLength((3 * sampleRateHz) / floorHz + 1)
  const bins = fftLength / 2 + 1
  const lowestHz = (3 * sampleRateHz) / (fftLength - 3)
  const fft = createRealFft(fftLength)
  const smooth = createSmoothing(bins)
  const frame = new Float64Array(fftLength)
  const spectrum = new Float64Array(fft.spectrumLength)
  const power = new Float64Array(bins)

  const lifter = (pitchHz: number) => {
    for (let bin = 0; bin < bins; bin++) {
      spectrum[2 * bin] = Math.log(Math.max(power[bin]!, smallestPower))
      spectrum[2 * bin + 1] = 0
    }
    fft.inverse(spectrum, frame)
    // sin and cos of the multiples of one angle, by rotation.
    const angle = (Math.PI * pitchHz) / sampleRateHz
    const turnC = Math.cos(angle)
    const turnS = Math.sin(angle)
    let c = 1
    let s = 0
    for (let q = 1; q < bins; q++) {
      const next = c * turnC - s * turnS
      s = c * turnS + s * turnC
      c = next
      const factor = (s / (angle * q)) * (1 - 2 * recovery + 2 * recovery * (1 - 2 * s * s))
      frame[q]! *= factor
      if (q < bins - 1) frame[fftLength - q] = frame[q]!
    }
    fft.forward(frame, spectrum)
  }

  return {
    fftLength,
    bins,
    reach: Math.ceil((1.5 * sampleRateHz) / lowestHz) + 1,
    analyse(samples, centre, pitchHz, envelope) {
      const hz = pitchHz > 0 ? Math.max(pitchHz, lowestHz) : unvoicedHz
      const length = cutPitchWindow(samples, centre, sampleRateHz / hz, { shape: 'hann', periods: 3 }, frame)
      // Power of the window itself: ∫ hann² over its length.
      const scale = 1 / (0.375 * (length - 1))
      fft.forward(frame, spectrum)
      for (let bin = 0; bin < bins; bin++) {
        power[bin] = (spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2) * scale
      }
      const pitchBins = (hz * fftLength) / sampleRateHz
      fillBelowPitch(power, pitchBins)
      smooth(power, (2 / 3) * pitchBins, power)
      lifter(hz)
      for (let bin = 0; bin < bins; bin++) envelope[bin] = Math.exp(spectrum[2 * bin]!)
    },
  }
}
