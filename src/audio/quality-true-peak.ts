import type { PcmBlock } from './pcm'

/** Finds the highest true peak of a stream: what a player's converter makes of the samples, at four times the rate. */
export interface TruePeakMeter {
  push(block: PcmBlock): void
  /** Amplitude; 1 is full scale. */
  peak(): number
}

const phases = 4
const taps = 16
const kaiserBeta = 5
/** Filters are only run where the samples around could make a higher peak than the one that is known. */
const stretch = 32

/** ITU-R BS.1770-4, annex 2, with a filter of 64 taps. */
export function createTruePeakMeter(channels: number): TruePeakMeter {
  const filters = designFilters()
  const gain = Math.max(...filters.map((filter) => filter.reduce((sum, tap) => sum + Math.abs(tap), 0)))
  const tails = Array.from({ length: channels }, () => new Float32Array(taps))
  let peak = 0

  return {
    push(block) {
      block.channels.forEach((samples, channel) => {
        const line = new Float32Array(taps + samples.length)
        line.set(tails[channel]!)
        line.set(samples, taps)
        peak = highest(line, filters, gain, peak)
        tails[channel] = line.slice(samples.length)
      })
    },
    peak: () => peak,
  }
}

/** The higher of `peak` and what a line of samples has, whose first taps were looked at before. */
function highest(line: Float32Array, filters: readonly Float32Array[], gain: number, peak: number): number {
  let found = peak
  let before = largest(line, 0, taps)
  for (let start = taps; start < line.length; start += stretch) {
    const end = Math.min(line.length, start + stretch)
    const here = largest(line, start, end)
    if (here > found) found = here
    if (Math.max(before, here) * gain > found) {
      for (const filter of filters) found = Math.max(found, between(line, filter, start - taps, end - taps))
    }
    before = end - start === stretch ? here : Math.max(before, here)
  }
  return found
}

/** The largest magnitude that a filter gives. */
function between(line: Float32Array, filter: Float32Array, start: number, end: number): number {
  let magnitude = 0
  for (let at = start; at < end; at++) {
    let even = 0
    let odd = 0
    for (let tap = 0; tap < taps; tap += 2) {
      even += filter[tap]! * line[at + tap]!
      odd += filter[tap + 1]! * line[at + tap + 1]!
    }
    magnitude = Math.max(magnitude, Math.abs(even + odd))
  }
  return magnitude
}

function largest(samples: Float32Array, start: number, end: number): number {
  let magnitude = 0
  for (let at = start; at < end; at++) {
    magnitude = Math.max(magnitude, Math.abs(samples[at]!))
  }
  return magnitude
}

/** The phases between samples; samples themselves need no filter. */
function designFilters(): Float32Array[] {
  return Array.from({ length: phases - 1 }, (_, index) => {
    const phase = (index + 1) / phases
    const filter = Float32Array.from({ length: taps }, (__, tap) => {
      const distance = tap - (taps / 2 - 1) - phase
      const x = distance / (taps / 2)
      const window = besselI0(kaiserBeta * Math.sqrt(Math.max(0, 1 - x * x))) / besselI0(kaiserBeta)
      return (Math.sin(Math.PI * distance) / (Math.PI * distance)) * window
    })
    const sum = filter.reduce((total, tap) => total + tap, 0)
    return filter.map((tap) => tap / sum)
  })
}

/** Modified Bessel function of the first kind, order zero. */
function besselI0(x: number): number {
  let sum = 1
  let term = 1
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}
