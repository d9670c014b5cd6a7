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
  const tails = Array.from({ length: channels }, () => new Float64Array(taps))
  /** Grows to the longest block. */
  let room = new Float64Array(taps)
  let peak = 0

  return {
    push(block) {
      block.channels.forEach((samples, channel) => {
        const length = taps + samples.length
        if (room.length < length) room = new Float64Array(length)
        room.set(tails[channel]!)
        room.set(samples, taps)
        peak = highest(room, length, peak)
        tails[channel]!.set(room.subarray(samples.length, length))
      })
    },
    peak: () => peak,
  }
}

/** The higher of `peak` and what a line of samples has, whose first 16 were looked at before. */
function highest(line: Float64Array, length: number, peak: number): number {
  // What the samples reach is quickly known, and spares the filters most stretches.
  let found = Math.max(peak, sampleMaximum(line, taps, length))
  let before = sampleMaximum(line, 0, taps)
  for (let start = taps; start < length; start += stretch) {
    const end = Math.min(length, start + stretch)
    const here = sampleMaximum(line, start, end)
    if (Math.max(before, here) * filters.gain > found) {
      found = between(line, start - taps, end - taps, found)
    }
    before = end - start === stretch ? here : Math.max(before, here)
  }
  return found
}

/** `peakOf` for this kind of array alone: what has seen two kinds takes twice as long. */
function sampleMaximum(line: Float64Array, start: number, end: number): number {
  let highest = 0
  for (let at = start; at < end; at++) {
    const magnitude = Math.abs(line[at]!)
    if (magnitude > highest) highest = magnitude
  }
  return highest
}

/**
 * The higher of `found` and what lies between the samples of a stretch. A filter passes what its samples have in common
 * as it is, and no filter's coefficients have squares that add up to more than one: none gives more than the mean of the
 * samples under it and the root of the squares of how they differ from that (Cauchy–Schwarz).
 */
function between(line: Float64Array, start: number, end: number, found: number): number {
  const { half, even, odd } = filters
  let highest = found
  let sum = 0
  let squares = 0
  for (let at = start; at < start + taps; at++) {
    const sample = line[at]!
    sum += sample
    squares += sample * sample
  }
  for (let at = start; at < end; at++) {
    const room = highest - Math.abs(sum) / taps
    if (room < 0 || squares - (sum * sum) / taps > room * room) {
      let middle = 0
      let same = 0
      let opposite = 0
      for (let tap = 0; tap < taps / 2; tap++) {
        const left = line[at + tap]!
        const right = line[at + taps - 1 - tap]!
        middle += half[tap]! * (left + right)
        same += even[tap]! * (left + right)
        opposite += odd[tap]! * (left - right)
      }
      // A quarter on is their sum, three quarters on their difference: the higher one is the sum of the magnitudes.
      highest = Math.max(highest, Math.abs(middle), Math.abs(same) + Math.abs(opposite))
    }
    const [entering, leaving] = [line[at + taps]!, line[at]!]
    sum += entering - leaving
    squares += entering * entering - leaving * leaving
  }
  return highest
}

/**
 * The filters for a quarter, a half and three quarters of a sample on; samples themselves need none. The second is
 * symmetric, and the third is the first reversed, so that half of the taps of each tell all.
 */
interface Filters {
  half: Float64Array
  /** The first one's symmetric and antisymmetric part. */
  even: Float64Array
  odd: Float64Array
  /** The most that any of them makes of samples up to 1. */
  gain: number
}

const filters = designFilters()

function designFilters(): Filters {
  const [quarter, half] = [designFilter(1 / 4), designFilter(1 / 2)]
  const part = (sign: 1 | -1) =>
    Float64Array.from({ length: taps / 2 }, (_, tap) => (quarter[tap]! + sign * quarter[taps - 1 - tap]!) / 2)
  const gains = [quarter, half].map((filter) => filter.reduce((sum, tap) => sum + Math.abs(tap), 0))
  return { half, even: part(1), odd: part(-1), gain: Math.max(...gains) }
}

function designFilter(phase: number): Float64Array {
  const filter = Float64Array.from({ length: taps }, (_, tap) => {
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
