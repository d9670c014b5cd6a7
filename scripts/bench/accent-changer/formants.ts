/** Frequencies of the first two formants in the middle of a stretch, in Hz; null where there are none to be told. */
export type Formants = readonly [f1: number, f2: number]

const order = 12
/** Formants of speech lie below 5 kHz, which twelve poles describe. */
export const FORMANT_RATE_HZ = 10_000
const ranges = [
  [200, 1100],
  [600, 2900],
] as const

/**
 * By linear prediction (autocorrelation, Levinson-Durbin) and the peaks of its envelope: shares nothing with the changer,
 * which works on cepstral envelopes.
 *
 * @param samples At 10 kHz.
 */
export function formantsOf(samples: Float32Array): Formants | null {
  const length = samples.length
  const emphasised = Float64Array.from(samples, (x, n) => {
    const window = 0.54 - 0.46 * Math.cos((2 * Math.PI * n) / (length - 1))
    return window * (x - 0.97 * (samples[n - 1] ?? 0))
  })
  const correlation = Float64Array.from({ length: order + 1 }, (_, lag) => {
    let sum = 0
    for (let n = lag; n < length; n++) sum += emphasised[n]! * emphasised[n - lag]!
    return sum
  })
  if (correlation[0]! <= 1e-9) return null
  const peaks = peaksOf(predictor(correlation))
  const first = peaks.find((hz) => hz >= ranges[0][0] && hz <= ranges[0][1])
  if (first === undefined) return null
  const second = peaks.find((hz) => hz > first + 150 && hz >= ranges[1][0] && hz <= ranges[1][1])
  return second === undefined ? null : [first, second]
}

function predictor(correlation: Float64Array): Float64Array {
  const weights = new Float64Array(order + 1)
  weights[0] = 1
  let error = correlation[0]! * (1 + 1e-6)
  for (let step = 1; step <= order; step++) {
    let sum = 0
    for (let at = 0; at < step; at++) sum += weights[at]! * correlation[step - at]!
    const reflection = -sum / error
    const before = weights.slice()
    for (let at = 1; at <= step; at++) weights[at] = before[at]! + reflection * before[step - at]!
    error *= 1 - reflection ** 2
  }
  return weights
}

/** Frequencies at which the envelope is higher than beside. */
function peaksOf(weights: Float64Array): number[] {
  const stepHz = 10
  const levels = Float64Array.from({ length: FORMANT_RATE_HZ / 2 / stepHz }, (_, index) => {
    const turn = (2 * Math.PI * index * stepHz) / FORMANT_RATE_HZ
    let [re, im] = [0, 0]
    weights.forEach((weight, at) => {
      re += weight * Math.cos(turn * at)
      im -= weight * Math.sin(turn * at)
    })
    return -Math.log(re * re + im * im)
  })
  return [...levels.keys()]
    .filter((at) => at > 0 && levels[at]! > levels[at - 1]! && levels[at]! >= (levels[at + 1] ?? Infinity))
    .map((at) => at * stepHz)
}
