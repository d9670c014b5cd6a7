import { createRealFft } from './fft-real'

/**
 * Spectrum of minimum phase for an amplitude: the phase is the Hilbert transform of its logarithm, taken by folding
 * the cepstrum (Oppenheim and Schafer, Discrete-Time Signal Processing, chapter 13).
 *
 * @returns A function from fftLength ÷ 2 + 1 natural logarithms of amplitudes to as many interleaved complex bins.
 */
export function createMinimumPhase(fftLength: number) {
  const half = fftLength / 2
  const real = createRealFft(fftLength)
  const cepstrum = new Float64Array(fftLength)
  const folded = new Float64Array(real.spectrumLength)
  const symmetric = new Float64Array(real.spectrumLength)
  return (logAmplitude: Float64Array, spectrum: Float64Array): void => {
    for (let bin = 0; bin <= half; bin++) {
      symmetric[2 * bin] = logAmplitude[bin]!
      symmetric[2 * bin + 1] = 0
    }
    real.inverse(symmetric, cepstrum)
    for (let q = 1; q < half; q++) cepstrum[q]! *= 2
    cepstrum.fill(0, half + 1)
    real.forward(cepstrum, folded)
    for (let bin = 0; bin <= half; bin++) {
      const amplitude = Math.exp(folded[2 * bin]!)
      spectrum[2 * bin] = amplitude * Math.cos(folded[2 * bin + 1]!)
      spectrum[2 * bin + 1] = amplitude * Math.sin(folded[2 * bin + 1]!)
    }
  }
}
