import { createRealFft } from '../../../src/audio/fft-real'

const sizes = [2048, 1024, 512, 256, 128, 64]
const floor = 1e-3

/**
 * How far two sounds are apart: the mean difference of their magnitudes, and half that of their logarithms, over windows
 * of several lengths (DDSP, section 4.1.2; with the weights that the network is trained with).
 */
export function spectralDistance(a: Float32Array, b: Float32Array): number {
  return sizes.reduce((sum, size) => sum + distanceAt(a, b, size), 0)
}

function distanceAt(a: Float32Array, b: Float32Array, size: number): number {
  const magnitudes = createMagnitudes(size)
  let [linear, logarithmic, count] = [0, 0, 0]
  for (let start = 0; start + size <= Math.min(a.length, b.length); start += size / 4) {
    const [x, y] = [magnitudes(a, start), magnitudes(b, start)]
    for (let bin = 0; bin <= size / 2; bin++) {
      linear += Math.abs(x[bin]! - y[bin]!)
      logarithmic += Math.abs(Math.log((x[bin]! + floor) / (y[bin]! + floor)))
      count++
    }
  }
  return (linear + 0.5 * logarithmic) / count
}

function createMagnitudes(size: number) {
  const fft = createRealFft(size)
  const window = Float64Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size))
  const signal = new Float64Array(size)
  const spectrum = new Float64Array(fft.spectrumLength)
  return (samples: Float32Array, start: number): Float64Array => {
    for (let n = 0; n < size; n++) signal[n] = samples[start + n]! * window[n]!
    fft.forward(signal, spectrum)
    return Float64Array.from({ length: size / 2 + 1 }, (_, bin) =>
      Math.hypot(spectrum[2 * bin]!, spectrum[2 * bin + 1]!),
    )
  }
}
