/** One second-order filter section, direct form II transposed; a0 = 1. */
interface Section {
  b: readonly [number, number, number]
  a: readonly [number, number]
}

/**
 * K-weighting of ITU-R BS.1770-4 at any sample rate: its two sections, whose coefficients the recommendation gives at
 * 48 kHz, from the analogue filters behind them (as in De Man, "Evaluation of implementations of the EBU R128 loudness
 * measurement", 2018).
 */
function kWeighting(sampleRateHz: number): readonly [Section, Section] {
  const shelf = () => {
    const k = Math.tan((Math.PI * 1681.974450955533) / sampleRateHz)
    const q = 0.7071752369554196
    const high = 10 ** (3.999843853973347 / 20)
    const band = high ** 0.4996667741545416
    const a0 = 1 + k / q + k * k
    return {
      b: [
        (high + (band * k) / q + k * k) / a0,
        (2 * (k * k - high)) / a0,
        (high - (band * k) / q + k * k) / a0,
      ] as const,
      a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0] as const,
    }
  }
  const highPass = () => {
    const k = Math.tan((Math.PI * 38.13547087602444) / sampleRateHz)
    const q = 0.5003270373238773
    const a0 = 1 + k / q + k * k
    return { b: [1, -2, 1] as const, a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0] as const }
  }
  return [shelf(), highPass()]
}

/** Below it filters work on numbers that processors are slow with. */
const negligible = 1e-25

/** K-weights one channel and gives the sum of the squares of a stretch; both sections in one loop. */
export function createWeightedPower(sampleRateHz: number) {
  const sections = kWeighting(sampleRateHz)
  const coefficients = Float64Array.from(sections.flatMap(({ b, a }) => [...b, ...a]))
  const state = new Float64Array(4)
  return (samples: Float32Array, start: number, end: number): number =>
    weightedPower(samples, start, end, coefficients, state)
}

function weightedPower(
  samples: Float32Array,
  start: number,
  end: number,
  coefficients: Float64Array,
  state: Float64Array,
): number {
  const [b0, b1, b2, a1, a2] = [0, 1, 2, 3, 4].map((index) => coefficients[index]!) as Five
  const [c0, c1, c2, d1, d2] = [5, 6, 7, 8, 9].map((index) => coefficients[index]!) as Five
  let s1 = state[0]!
  let s2 = state[1]!
  let h1 = state[2]!
  let h2 = state[3]!
  let sum = 0
  for (let at = start; at < end; at++) {
    const input = samples[at]!
    const shelved = b0 * input + s1
    s1 = b1 * input - a1 * shelved + s2
    s2 = b2 * input - a2 * shelved
    const output = c0 * shelved + h1
    h1 = c1 * shelved - d1 * output + h2
    h2 = c2 * shelved - d2 * output
    sum += output * output
  }
  state[0] = rested(s1)
  state[1] = rested(s2)
  state[2] = rested(h1)
  state[3] = rested(h2)
  return sum
}

type Five = [number, number, number, number, number]

const rested = (value: number) => (Math.abs(value) < negligible ? 0 : value)

function filtered(samples: Float32Array, { b, a }: Section): Float32Array {
  const out = new Float32Array(samples.length)
  let z1 = 0
  let z2 = 0
  for (let index = 0; index < samples.length; index++) {
    const input = samples[index]!
    const output = b[0] * input + z1
    z1 = b[1] * input - a[0] * output + z2
    z2 = b[2] * input - a[1] * output
    out[index] = output
  }
  return out
}

const absoluteGateLufs = -70
const relativeGateLu = -10
const blockSeconds = 0.4
const hopSeconds = 0.1

const lufs = (power: number) => -0.691 + 10 * Math.log10(power)
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * Integrated loudness of one channel (ITU-R BS.1770-4): blocks of 400 ms, gated at −70 LUFS and 10 LU below the loudness
 * of what passes that. −70 where nothing does.
 */
export function integratedLoudness(samples: Float32Array, sampleRateHz: number): number {
  const [shelf, highPass] = kWeighting(sampleRateHz)
  const weighted = filtered(filtered(samples, shelf), highPass)
  const blockLength = Math.min(samples.length, Math.round(blockSeconds * sampleRateHz))
  const hop = Math.round(hopSeconds * sampleRateHz)
  const powers: number[] = []
  for (let start = 0; blockLength > 0 && start + blockLength <= weighted.length; start += hop) {
    let sum = 0
    for (let index = start; index < start + blockLength; index++) sum += weighted[index]! ** 2
    powers.push(sum / blockLength)
  }
  const audible = powers.filter((power) => lufs(power) > absoluteGateLufs)
  if (audible.length === 0) return absoluteGateLufs
  const threshold = lufs(mean(audible)) + relativeGateLu
  return lufs(mean(audible.filter((power) => lufs(power) > threshold)))
}
