/** How a stretch of speech is to sound; the next part begins where it ends. */
export interface VoicePart {
  /** Samples of the source. */
  length: number
  /** 2 = twice as fast. */
  rate: number
  /** Factor of the pitch. */
  pitch: number
  /** Factor of the amplitude. */
  gain: number
}

export interface ReshapedVoice {
  samples: Float32Array
  /** Where a sample of the source is now. */
  place(sample: number): number
}

const windowSeconds = 0.03
const searchSeconds = 0.01
const rampSeconds = 0.01
/** Zero crossings of the resampling kernel on each side. */
const zeroCrossings = 12

/**
 * Changes pace, pitch and loudness of speech, part by part, without seams: its time is stretched by waveform similarity
 * (WSOLA: Verhelst and Roelands, ICASSP 1993), which leaves the pitch alone, then it is resampled, which moves the pitch
 * and takes back the length that the stretching gave for it. Where no part asks
 * for anything, and before the first one that does, samples stay as they are but for rounding.
 */
export function reshapeVoice(
  samples: Float32Array,
  sampleRateHz: number,
  parts: readonly VoicePart[],
): ReshapedVoice {
  const source = starts(parts.map(({ length }) => length))
  const stretched = starts(parts.map(({ length, rate, pitch }) => (length * pitch) / rate))
  const final = starts(parts.map(({ length, rate }) => length / rate))
  const still = parts.every(({ rate, pitch }) => rate === 1 && pitch === 1)
  const slow = still
    ? samples.slice()
    : stretch(samples, sampleRateHz, (at) => follow(at, stretched, source), stretched.at(-1)!)
  const flat = parts.every(({ pitch }) => pitch === 1)
  const whole = flat ? slow : resample(slow, final, stretched, parts)
  applyGains(whole, sampleRateHz, parts, final)
  return { samples: whole, place: (sample) => follow(sample, source, final) }
}

/** Running sums, from 0 to the total. */
function starts(lengths: readonly number[]): number[] {
  const sums = [0]
  for (const length of lengths) sums.push(sums.at(-1)! + length)
  return sums
}

/** A place on one piecewise linear time axis, on another with the same knots. */
function follow(at: number, from: readonly number[], to: readonly number[]): number {
  let part = 0
  while (part < from.length - 2 && at >= from[part + 1]!) part++
  const length = from[part + 1]! - from[part]!
  const share = length > 0 ? (at - from[part]!) / length : 0
  return to[part]! + share * (to[part + 1]! - to[part]!)
}

function stretch(
  samples: Float32Array,
  sampleRateHz: number,
  sourceOf: (at: number) => number,
  length: number,
): Float32Array {
  const hop = Math.round((windowSeconds * sampleRateHz) / 2)
  const window = Float32Array.from({ length: 2 * hop }, (_, n) => 0.5 - 0.5 * Math.cos((Math.PI * n) / hop))
  const reach = Math.round(searchSeconds * sampleRateHz)
  const output = new Float32Array(Math.round(length))
  let continuation: number | null = null
  for (let at = -hop; at < output.length; at += hop) {
    const ideal = Math.round(sourceOf(at + hop)) - hop
    const chosen: number =
      continuation === null ? ideal : mostAlike(samples, continuation, ideal, reach, 2 * hop)
    for (let n = Math.max(0, -at); n < 2 * hop && at + n < output.length; n++) {
      output[at + n]! += window[n]! * (samples[chosen + n] ?? 0)
    }
    continuation = chosen + hop
  }
  return output
}

/** The start near `ideal` whose window is most like the one that the source would go on with. */
function mostAlike(
  samples: Float32Array,
  wanted: number,
  ideal: number,
  reach: number,
  length: number,
): number {
  if (wanted === ideal) return ideal
  let best = ideal
  let bestScore = -Infinity
  for (let candidate = ideal - reach; candidate <= ideal + reach; candidate++) {
    let product = 0
    let power = 1e-9
    const from = Math.max(0, -candidate, -wanted)
    const to = Math.min(length, samples.length - candidate, samples.length - wanted)
    // Every second sample is enough to compare by.
    for (let n = from; n < to; n += 2) {
      const sample = samples[candidate + n]!
      product += sample * samples[wanted + n]!
      power += sample * sample
    }
    const score = product / Math.sqrt(power)
    if (score > bestScore) {
      bestScore = score
      best = candidate
    }
  }
  return best
}

function resample(
  samples: Float32Array,
  final: readonly number[],
  stretched: readonly number[],
  parts: readonly VoicePart[],
): Float32Array {
  const output = new Float32Array(Math.round(final.at(-1)!))
  let part = 0
  for (let at = 0; at < output.length; at++) {
    while (part < parts.length - 1 && at >= final[part + 1]!) part++
    const { pitch } = parts[part]!
    output[at] = interpolate(samples, stretched[part]! + (at - final[part]!) * pitch, Math.min(1, 1 / pitch))
  }
  return output
}

/** Hann-windowed sinc. */
function interpolate(samples: Float32Array, position: number, cutoff: number): number {
  const half = zeroCrossings / cutoff
  let sum = 0
  const last = Math.min(samples.length - 1, Math.floor(position + half))
  for (let index = Math.max(0, Math.ceil(position - half)); index <= last; index++) {
    const distance = position - index
    const x = Math.PI * cutoff * distance
    const sinc = Math.abs(x) < 1e-9 ? 1 : Math.sin(x) / x
    sum += samples[index]! * cutoff * sinc * (0.5 + 0.5 * Math.cos((Math.PI * distance) / half))
  }
  return sum
}

function applyGains(
  samples: Float32Array,
  sampleRateHz: number,
  parts: readonly VoicePart[],
  final: readonly number[],
): void {
  if (parts.every(({ gain }) => gain === 1)) return
  const ramp = rampSeconds * sampleRateHz
  let part = 0
  for (let at = 0; at < samples.length; at++) {
    while (part < parts.length - 1 && at >= final[part + 1]!) part++
    const before = parts[part - 1]?.gain ?? parts[part]!.gain
    const share = Math.min(1, (at - final[part]!) / ramp)
    samples[at]! *= before + share * (parts[part]!.gain - before)
  }
}
