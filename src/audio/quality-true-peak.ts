import type { PcmBlock } from './pcm'

/** Finds the highest true peak of a stream: what a player's converter makes of the samples, at four times the rate. */
export interface TruePeakMeter {
  push(block: PcmBlock): void
  /** Amplitude; 1 is full scale. */
  peak(): number
}

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
function highest(line: Float32Array, filters: Filters, gain: number, peak: number): number {
  let found = peak
  let before = largest(line, 0, taps)
  for (let start = taps; start < line.length; start += stretch) {
    const end = Math.min(line.length, start + stretch)
    const here = largest(line, start, end)
    if (here > found) found = here
    if (Math.max(before, here) * gain > found) {
      found = between(line, filters, { start: start - taps, end: end - taps, found })
    }
    before = end - start === stretch ? here : Math.max(before, here)
  }
  return found
}

/**
 * The higher of `found` and what lies between the samples of a stretch. No filter's coefficients have squares that add up
 * to more than one, so that none gives more than the root of the squares of the samples under it (Cauchy–Schwarz).
 */
function between(
  line: Float32Array,
  [first, second, third]: Filters,
  { start, end, found }: { start: number; end: number; found: number },
): number {
  let highest = found
  let squares = 0
  for (let at = start; at < start + taps; at++) squares += line[at]! * line[at]!
  for (let at = start; at < end; at++) {
    if (squares > highest * highest) {
      let a = 0
      let b = 0
      let c = 0
      for (let tap = 0; tap < taps; tap++) {
        const sample = line[at + tap]!
        a += first[tap]! * sample
        b += second[tap]! * sample
        c += third[tap]! * sample
      }
      highest = Math.max(highest, Math.abs(a), Math.abs(b), Math.abs(c))
    }
    squares += line[at + taps]! * line[at + taps]! - line[at]! * line[at]!
  }
  return highest
}

function largest(samples: Float32Array, start: number, end: number): number {
  let magnitude = 0
  for (let at = start; at < end; at++) {
    magnitude = Math.max(magnitude, Math.abs(samples[at]!))
  }
  return magnitude
}

/** A quarter, a half and three quarters of a sample on; samples themselves need no filter. */
type Filters = [Float32Array, Float32Array, Float32Array]

function designFilters(): Filters {
  return [designFilter(1 / 4), designFilter(1 / 2), designFilter(3 / 4)]
}

function designFilter(phase: number): Float32Array {
  const filter = Float32Array.from({ length: taps }, (_, tap) => {
    const distance = tap - (taps / 2 - 1) - phase
    const x = distance / (taps / 2)
    const window = besselI0(kaiserBeta * Math.sqrt(Math.max(0, 1 - x * x))) / besselI0(kaiserBeta)
    return (Math.sin(Math.PI * distance) / (Math.PI * distance)) * window
  })
  const sum = filter.reduce((total, tap) => total + tap, 0)
  return filter.map((tap) => tap / sum)
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
