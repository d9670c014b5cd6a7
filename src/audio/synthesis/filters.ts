/** A filter with a memory of its own: one a channel. */
export interface Filter {
  /** One sample. */
  tick(sample: number): number
  /** A block in place; it goes on where the block before it ended. */
  run(samples: Float32Array): void
  reset(): void
}

/**
 * Numbers that are kept between blocks. From a typed array they are known to be numbers; a loop that starts from a
 * variable of a closure has the engine allocate one for every sample.
 */
const createMemory = (length: number) => new Float64Array(length)

/** Second-order section, normalised so that a0 = 1. */
export interface BiquadCoefficients {
  b0: number
  b1: number
  b2: number
  a1: number
  a2: number
}

export interface BiquadShape {
  kind: 'lowpass' | 'highpass' | 'bandpass' | 'notch' | 'allpass' | 'peak' | 'low-shelf' | 'high-shelf'
  /** Corner or centre; held below 0.49 of the sample rate. */
  hz: number
  /** Default 0.7071; a band-pass has 0 dB at its centre whatever its Q. */
  q?: number
  /** Of peaks and shelves. */
  gainDb?: number
}

/** R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients". */
export function biquadCoefficients(
  { kind, hz, q = Math.SQRT1_2, gainDb = 0 }: BiquadShape,
  sampleRateHz: number,
): BiquadCoefficients {
  const w = (2 * Math.PI * Math.min(Math.max(hz, 1), 0.49 * sampleRateHz)) / sampleRateHz
  const cos = Math.cos(w)
  const alpha = Math.sin(w) / (2 * q)
  const a = 10 ** (gainDb / 40)
  const root = 2 * Math.sqrt(a) * alpha
  const of = (
    b0: number,
    b1: number,
    b2: number,
    a0: number,
    a1: number,
    a2: number,
  ): BiquadCoefficients => ({
    ...{ b0: b0 / a0, b1: b1 / a0, b2: b2 / a0, a1: a1 / a0, a2: a2 / a0 },
  })
  switch (kind) {
    case 'lowpass':
      return of((1 - cos) / 2, 1 - cos, (1 - cos) / 2, 1 + alpha, -2 * cos, 1 - alpha)
    case 'highpass':
      return of((1 + cos) / 2, -(1 + cos), (1 + cos) / 2, 1 + alpha, -2 * cos, 1 - alpha)
    case 'bandpass':
      return of(alpha, 0, -alpha, 1 + alpha, -2 * cos, 1 - alpha)
    case 'notch':
      return of(1, -2 * cos, 1, 1 + alpha, -2 * cos, 1 - alpha)
    case 'allpass':
      return of(1 - alpha, -2 * cos, 1 + alpha, 1 + alpha, -2 * cos, 1 - alpha)
    case 'peak':
      return of(1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a)
    case 'low-shelf':
      return of(
        a * (a + 1 - (a - 1) * cos + root),
        2 * a * (a - 1 - (a + 1) * cos),
        a * (a + 1 - (a - 1) * cos - root),
        a + 1 + (a - 1) * cos + root,
        -2 * (a - 1 + (a + 1) * cos),
        a + 1 + (a - 1) * cos - root,
      )
    case 'high-shelf':
      return of(
        a * (a + 1 + (a - 1) * cos + root),
        -2 * a * (a - 1 + (a + 1) * cos),
        a * (a + 1 + (a - 1) * cos - root),
        a + 1 - (a - 1) * cos + root,
        2 * (a - 1 - (a + 1) * cos),
        a + 1 - (a - 1) * cos - root,
      )
  }
}

/** Direct form II transposed, in double precision. */
export function createBiquad(shape: BiquadShape, sampleRateHz: number): Filter {
  const { b0, b1, b2, a1, a2 } = biquadCoefficients(shape, sampleRateHz)
  const memory = createMemory(2)
  return {
    tick(sample) {
      const output = b0 * sample + memory[0]!
      memory[0] = b1 * sample - a1 * output + memory[1]!
      memory[1] = b2 * sample - a2 * output
      return output
    },
    run(samples) {
      let s1 = memory[0]!
      let s2 = memory[1]!
      for (let index = 0; index < samples.length; index++) {
        const sample = samples[index]!
        const output = b0 * sample + s1
        // In this order the next sample has the least to wait for.
        s1 = b1 * sample + s2 - a1 * output
        s2 = b2 * sample - a2 * output
        samples[index] = output
      }
      // Values too small to be heard cost denormal arithmetic.
      memory[0] = Math.abs(s1) < 1e-20 ? 0 : s1
      memory[1] = Math.abs(s2) < 1e-20 ? 0 : s2
    },
    reset: () => memory.fill(0),
  }
}

/** A filter whose cutoff and resonance may move at any sample. */
export interface SweptFilter {
  /** One sample. `q` ≥ 0.5. */
  tick(sample: number, cutoffHz: number, q: number): number
  /** A block in place; the cutoff moves in a straight line from one value to the other. */
  run(samples: Float32Array, fromHz: number, toHz: number, q: number): void
  reset(): void
}

/**
 * State-variable filter by trapezoidal integration (A. Simper, "Solving the continuous SVF equations using trapezoidal
 * integration and equivalent currents", 2013): stable while its cutoff moves. A band-pass has 0 dB at its centre.
 */
export function createStateVariable(
  kind: 'lowpass' | 'bandpass' | 'highpass',
  sampleRateHz: number,
): SweptFilter {
  const memory = createMemory(2)
  const low = kind === 'lowpass'
  const band = kind === 'bandpass'
  const tick = (sample: number, cutoffHz: number, q: number): number => {
    const g = Math.tan((Math.PI * Math.min(Math.max(cutoffHz, 5), 0.45 * sampleRateHz)) / sampleRateHz)
    const k = 1 / q
    const a1 = 1 / (1 + g * (g + k))
    const ic1 = memory[0]!
    const ic2 = memory[1]!
    const v3 = sample - ic2
    const v1 = a1 * ic1 + g * a1 * v3
    const v2 = ic2 + g * v1
    memory[0] = 2 * v1 - ic1
    memory[1] = 2 * v2 - ic2
    return low ? v2 : band ? k * v1 : sample - k * v1 - v2
  }
  return {
    tick,
    run(samples, fromHz, toHz, q) {
      // Eight samples share a cutoff: a tangent costs more than the rest of the filter.
      const step = (toHz - fromHz) / samples.length
      const stretch = step === 0 ? samples.length : 8
      const k = 1 / q
      // The output as a sum of input, band and low.
      const direct = low || band ? 0 : 1
      const ofBand = low ? 0 : band ? k : -k
      const ofLow = low ? 1 : band ? 0 : -1
      let s1 = memory[0]!
      let s2 = memory[1]!
      for (let start = 0; start < samples.length; start += stretch) {
        const g = Math.tan(
          (Math.PI * Math.min(Math.max(fromHz + step * start, 5), 0.45 * sampleRateHz)) / sampleRateHz,
        )
        const a1 = 1 / (1 + g * (g + k))
        const a2 = g * a1
        const a3 = g * a2
        const end = Math.min(samples.length, start + stretch)
        for (let index = start; index < end; index++) {
          const sample = samples[index]!
          const v3 = sample - s2
          const v1 = a1 * s1 + a2 * v3
          const v2 = a2 * s1 + s2 + a3 * v3
          s1 = 2 * v1 - s1
          s2 = 2 * v2 - s2
          samples[index] = direct * sample + ofBand * v1 + ofLow * v2
        }
      }
      memory[0] = s1
      memory[1] = s2
    },
    reset: () => memory.fill(0),
  }
}

/** First-order low-pass: 6 dB an octave. */
export function createOnePole(hz: number, sampleRateHz: number): Filter {
  const pole = Math.exp((-2 * Math.PI * Math.min(hz, 0.49 * sampleRateHz)) / sampleRateHz)
  const memory = createMemory(1)
  return {
    tick: (sample) => (memory[0] = sample + pole * (memory[0]! - sample)),
    run(samples) {
      let value = memory[0]!
      for (let index = 0; index < samples.length; index++) {
        const sample = samples[index]!
        value = (1 - pole) * sample + pole * value
        samples[index] = value
      }
      memory[0] = Math.abs(value) < 1e-20 ? 0 : value
    },
    reset: () => memory.fill(0),
  }
}

/** Takes away what lies below about 8 Hz: offsets that filters and wave shapers leave. */
export function createDcBlocker(sampleRateHz: number): Filter {
  const pole = Math.exp((-2 * Math.PI * 8) / sampleRateHz)
  const memory = createMemory(2)
  return {
    tick(sample) {
      memory[1] = sample - memory[0]! + pole * memory[1]!
      memory[0] = sample
      return memory[1]
    },
    run(samples) {
      let last = memory[0]!
      let value = memory[1]!
      for (let index = 0; index < samples.length; index++) {
        const sample = samples[index]!
        value = sample - last + pole * value
        last = sample
        samples[index] = value
      }
      memory[0] = last
      memory[1] = Math.abs(value) < 1e-20 ? 0 : value
    },
    reset: () => memory.fill(0),
  }
}

/** Several filters one after the other. */
export function createChain(...filters: readonly Filter[]): Filter {
  return {
    tick: (sample) => filters.reduce((value, filter) => filter.tick(value), sample),
    run: (samples) => filters.forEach((filter) => filter.run(samples)),
    reset: () => filters.forEach((filter) => filter.reset()),
  }
}
