import { createComplexFft, type RealFft } from './fft'

/** Above it a plan's tables are not kept. */
const longestKept = 16_384
const kept = new Map<number, RealFft>()

/**
 * The transform of a length. Those of usual lengths are made once and shared: nothing is left in them between calls.
 *
 * @throws RangeError for an odd length, or one whose half has a prime factor above 5.
 */
export function createRealFft(length: number): RealFft {
  const fft = kept.get(length) ?? planRealFft(length)
  if (length <= longestKept) kept.set(length, fft)
  return fft
}

/**
 * A real transform of even length N by one complex transform of N/2: even samples are taken as real parts, odd ones as
 * imaginary parts, and the two interleaved spectra are told apart by their symmetry.
 */
function planRealFft(length: number): RealFft {
  if (length % 2 !== 0) throw new RangeError(`a real FFT needs an even length, not ${length}`)
  const half = length / 2
  const complex = createComplexFft(half)
  const packed = new Float64Array(length)
  const twiddles = new Float64Array(length + 2)
  for (let k = 0; k <= half; k++) {
    twiddles[2 * k] = Math.cos((-2 * Math.PI * k) / length)
    twiddles[2 * k + 1] = Math.sin((-2 * Math.PI * k) / length)
  }
  return {
    length,
    spectrumLength: length + 2,
    forward(signal, spectrum) {
      packed.set(signal)
      complex.forward(packed)
      unpack(packed, spectrum, twiddles, half)
    },
    inverse(spectrum, signal) {
      pack(spectrum, packed, twiddles, half)
      complex.forward(packed)
      // The packing conjugated the spectrum, so that the forward transform inverts; undo it on the way out.
      const scale = 1 / half
      for (let n = 0; n < length; n += 2) {
        signal[n] = packed[n]! * scale
        signal[n + 1] = -packed[n + 1]! * scale
      }
    },
  }
}

function unpack(packed: Float64Array, spectrum: Float64Array, twiddles: Float64Array, half: number): void {
  const dcR = packed[0]!
  const dcI = packed[1]!
  spectrum[0] = dcR + dcI
  spectrum[1] = 0
  spectrum[2 * half] = dcR - dcI
  spectrum[2 * half + 1] = 0
  for (let k = 1; k <= half >> 1; k++) {
    const a = 2 * k
    const b = 2 * (half - k)
    const evenR = 0.5 * (packed[a]! + packed[b]!)
    const evenI = 0.5 * (packed[a + 1]! - packed[b + 1]!)
    const oddR = 0.5 * (packed[a + 1]! + packed[b + 1]!)
    const oddI = 0.5 * (packed[b]! - packed[a]!)
    const wr = twiddles[a]!
    const wi = twiddles[a + 1]!
    const turnR = oddR * wr - oddI * wi
    const turnI = oddR * wi + oddI * wr
    spectrum[a] = evenR + turnR
    spectrum[a + 1] = evenI + turnI
    spectrum[b] = evenR - turnR
    spectrum[b + 1] = turnI - evenI
  }
}

/** Writes the conjugate of the packed half-length spectrum whose forward transform is the packed signal's conjugate. */
function pack(spectrum: Float64Array, packed: Float64Array, twiddles: Float64Array, half: number): void {
  for (let k = 0; k <= half >> 1; k++) {
    const a = 2 * k
    const b = 2 * (half - k)
    const evenR = 0.5 * (spectrum[a]! + spectrum[b]!)
    const evenI = 0.5 * (spectrum[a + 1]! - spectrum[b + 1]!)
    const differenceR = 0.5 * (spectrum[a]! - spectrum[b]!)
    const differenceI = 0.5 * (spectrum[a + 1]! + spectrum[b + 1]!)
    const wr = twiddles[a]!
    const wi = -twiddles[a + 1]!
    const oddR = differenceR * wr - differenceI * wi
    const oddI = differenceR * wi + differenceI * wr
    packed[a] = evenR - oddI
    packed[a + 1] = -(evenI + oddR)
    if (k === 0) continue
    packed[b] = evenR + oddI
    packed[b + 1] = evenI - oddR
  }
}
