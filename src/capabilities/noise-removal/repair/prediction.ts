/**
 * Coefficients a with a[0] = 1 such that Σ a[i]·x[n − i] is small: the autocorrelation method under a Hann window, by
 * Levinson and Durbin. Null for silence.
 */
export function linearPrediction(samples: Float64Array, order: number): Float64Array | null {
  const correlation = autocorrelation(samples, order)
  if (correlation[0]! < 1e-12) return null
  // A floor 90 dB below keeps pure tones solvable.
  correlation[0]! *= 1 + 1e-9
  const a = new Float64Array(order + 1)
  const before = new Float64Array(order + 1)
  a[0] = 1
  let error = correlation[0]!
  for (let step = 1; step <= order; step++) {
    let sum = 0
    for (let i = 0; i < step; i++) sum += a[i]! * correlation[step - i]!
    const reflection = -sum / error
    before.set(a)
    for (let i = 1; i <= step; i++) a[i] = before[i]! + reflection * before[step - i]!
    error *= 1 - reflection * reflection
    if (error <= 0) return null
  }
  return a
}

function autocorrelation(samples: Float64Array, order: number): Float64Array {
  const windowed = samples.map(
    (sample, n) => sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / samples.length)),
  )
  return Float64Array.from({ length: order + 1 }, (_, lag) => {
    let sum = 0
    for (let n = lag; n < windowed.length; n++) sum += windowed[n]! * windowed[n - lag]!
    return sum
  })
}

/** Zero for the first samples, which have too little before them. */
export function predictionError(samples: Float64Array, predictor: Float64Array): Float64Array {
  const order = predictor.length - 1
  const errors = new Float64Array(samples.length)
  for (let n = order; n < samples.length; n++) {
    let sum = 0
    for (let i = 0; i <= order; i++) sum += predictor[i]! * samples[n - i]!
    errors[n] = sum
  }
  return errors
}

/**
 * Replaces samples `from` to `to` (exclusive) so that the squared error of the predictor over all that they touch is as
 * small as can be: with b the correlation of the coefficients, Σ b[i − j]·x[j] = −Σ b[i − k]·x[k] over the known k. At
 * least as many samples as the predictor's order must lie on each side.
 */
export function interpolateByPrediction(
  samples: Float64Array,
  predictor: Float64Array,
  from: number,
  to: number,
): void {
  const order = predictor.length - 1
  const count = to - from
  const b = Float64Array.from({ length: order + 1 }, (_, lag) => {
    let sum = 0
    for (let i = lag; i <= order; i++) sum += predictor[i]! * predictor[i - lag]!
    return sum
  })
  const at = (lag: number) => (Math.abs(lag) <= order ? b[Math.abs(lag)]! : 0)
  const right = Float64Array.from({ length: count }, (_, i) => {
    let sum = 0
    for (let k = from + i - order; k <= from + i + order; k++) {
      if (k < from || k >= to) sum -= at(from + i - k) * samples[k]!
    }
    return sum
  })
  samples.set(
    solve(count, (i, j) => at(i - j), right),
    from,
  )
}

/** By Cholesky's decomposition: the matrix is symmetric and positive definite. */
function solve(size: number, matrix: (i: number, j: number) => number, right: Float64Array): Float64Array {
  const lower = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix(i, j)
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!
      lower[i * size + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / lower[j * size + j]!
    }
  }
  const x = right.slice()
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i * size + k]! * x[k]!
    x[i]! /= lower[i * size + i]!
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i]! -= lower[k * size + i]! * x[k]!
    x[i]! /= lower[i * size + i]!
  }
  return x
}
