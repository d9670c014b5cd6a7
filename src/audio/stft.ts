import { createRealFft } from './fft-real'

/**
 * Short-time Fourier transform of a stream, hop by hop, with overlap-add on the way back.
 *
 * Analysis and synthesis both use the square root of the periodic Hann window, and the hop is half the window, so that
 * an untouched spectrum comes back as the very signal, `windowSamples − hopSamples` late.
 */

export interface StftAnalysis {
  /** Takes `hopSamples` new samples and writes the spectrum of the window that ends with them. */
  push(samples: Float32Array, offset: number, spectrum: Float64Array): void
}

export interface StftSynthesis {
  /** Adds a window's spectrum and writes the `hopSamples` samples that are complete with it. */
  push(spectrum: Float64Array, out: Float32Array, offset: number): void
}

export interface StftPlan {
  windowSamples: number
  hopSamples: number
  /** Numbers in a spectrum: interleaved complex bins, windowSamples + 2. */
  spectrumLength: number
  createAnalysis(): StftAnalysis
  createSynthesis(): StftSynthesis
}

/** Square root of the periodic Hann window. */
export function rootHann(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => Math.sin((Math.PI * n) / length))
}

/** Tables for windows of an even length whose half factors into 2, 3 and 5; any number of streams may share them. */
export function createStftPlan(windowSamples: number): StftPlan {
  const hopSamples = windowSamples / 2
  const fft = createRealFft(windowSamples)
  const window = rootHann(windowSamples)
  const scratch = new Float64Array(windowSamples)
  return {
    windowSamples,
    hopSamples,
    spectrumLength: fft.spectrumLength,
    createAnalysis() {
      const recent = new Float64Array(windowSamples)
      return {
        push(samples, offset, spectrum) {
          recent.copyWithin(0, hopSamples)
          recent.set(samples.subarray(offset, offset + hopSamples), hopSamples)
          multiply(recent, window, scratch)
          fft.forward(scratch, spectrum)
        },
      }
    },
    createSynthesis() {
      const overlap = new Float64Array(hopSamples)
      return {
        push(spectrum, out, offset) {
          fft.inverse(spectrum, scratch)
          multiply(scratch, window, scratch)
          for (let n = 0; n < hopSamples; n++) out[offset + n] = overlap[n]! + scratch[n]!
          overlap.set(scratch.subarray(hopSamples))
        },
      }
    },
  }
}

function multiply(a: Float64Array, b: Float64Array, product: Float64Array): void {
  for (let n = 0; n < product.length; n++) product[n] = a[n]! * b[n]!
}
