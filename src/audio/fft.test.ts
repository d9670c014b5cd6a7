import { describe, expect, it } from 'vitest'
import { createComplexFft } from './fft'
import { createRealFft } from './fft-real'

/** Deterministic noise in −1…1. */
function noise(count: number, seed = 1): Float64Array {
  let state = seed
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return state / 2147483648
  })
}

function slowDft(data: Float64Array): Float64Array {
  const length = data.length / 2
  const out = new Float64Array(data.length)
  for (let k = 0; k < length; k++) {
    for (let n = 0; n < length; n++) {
      const angle = (-2 * Math.PI * ((k * n) % length)) / length
      out[2 * k]! += data[2 * n]! * Math.cos(angle) - data[2 * n + 1]! * Math.sin(angle)
      out[2 * k + 1]! += data[2 * n]! * Math.sin(angle) + data[2 * n + 1]! * Math.cos(angle)
    }
  }
  return out
}

function largestDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0)
}

describe('complex FFT', () => {
  it.each([1, 2, 3, 4, 5, 6, 8, 15, 16, 60, 200, 256, 480, 768])(
    'agrees with the sum at length %i',
    (length) => {
      const data = noise(2 * length)
      const expected = slowDft(data)
      createComplexFft(length).forward(data)
      expect(largestDifference(data, expected)).toBeLessThan(1e-10)
    },
  )

  it('refuses a length with a large prime factor', () => {
    expect(() => createComplexFft(14)).toThrow(RangeError)
  })
})

describe('real FFT', () => {
  it.each([2, 4, 6, 10, 400, 512, 960, 1536])('agrees with the sum, and inverts, at length %i', (length) => {
    const signal = noise(length, 7)
    const interleaved = new Float64Array(2 * length)
    signal.forEach((value, n) => (interleaved[2 * n] = value))
    const fft = createRealFft(length)
    const spectrum = new Float64Array(fft.spectrumLength)
    fft.forward(signal, spectrum)
    expect(largestDifference(spectrum, slowDft(interleaved).subarray(0, length + 2))).toBeLessThan(1e-10)
    const back = new Float64Array(length)
    fft.inverse(spectrum, back)
    expect(largestDifference(back, signal)).toBeLessThan(1e-13)
  })

  it('refuses an odd length', () => {
    expect(() => createRealFft(15)).toThrow(RangeError)
  })
})
