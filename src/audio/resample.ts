import { frameCount, type PcmBlock } from './pcm'
import {
  createPolyphaseKernel,
  type FilterBank,
  type PolyphaseKernel,
  type RenderRange,
} from './resample-kernel'

/** Changes the rate of a stream of blocks. Output frame 0 lies exactly on input frame 0: there is no delay. */
export interface Resampler {
  /** Takes a block, gives the output frames that it decides. */
  push(block: PcmBlock): PcmBlock
  /** The rest: in all, ⌈input frames × outputRate ÷ inputRate⌉ frames. */
  finish(): PcmBlock
}

/** Zero crossings of the sinc on each side. */
const zeroCrossings = 32
/** Kaiser window: 80 dB of stopband attenuation. */
const kaiserBeta = 8
/** Fraction of the lower Nyquist frequency where the filter is at −6 dB. */
const cutoff = 0.95
/** Exact phases are tabulated up to here; odd rate pairs interpolate between this many. */
const maxExactPhases = 1024
const interpolatedPhases = 512

/**
 * Polyphase windowed-sinc resampler (Crochiere and Rabiner, Multirate Digital Signal Processing, chapter 4), unity
 * gain at DC in every phase.
 */
export function createResampler(inputRateHz: number, outputRateHz: number, channels: number): Resampler {
  const divisor = greatestCommonDivisor(inputRateHz, outputRateHz)
  const up = outputRateHz / divisor
  const down = inputRateHz / divisor
  const exact = up <= maxExactPhases
  const bank = filterBank(Math.min(1, outputRateHz / inputRateHz), exact ? up : interpolatedPhases)
  const render = exact ? createPolyphaseKernel(bank) : interpolatingKernel(bank)
  const before = bank.taps / 2 - 1
  const after = bank.taps / 2
  /** Unread input, preceded by the history that the filter reaches back to. Starts with silence. */
  let buffer: Float32Array[] = Array.from({ length: channels }, () => new Float32Array(before))
  /** Input frame at which `buffer` begins. */
  let bufferStart = -before
  let inputFrames = 0
  let outputFrames = 0

  /** Emits all output frames whose filter lies within the buffer, below `limit` in all. */
  const emit = (limit: number): PcmBlock => {
    const available = bufferStart + buffer[0]!.length
    // Output n needs input up to ⌊n·down/up⌋ + after.
    const reachable = Math.max(0, Math.ceil(((available - after) * up) / down))
    const end = Math.max(outputFrames, Math.min(limit, reachable))
    const block = {
      channels: buffer.map((samples) =>
        render(samples, {
          first: outputFrames,
          count: end - outputFrames,
          up,
          down,
          origin: bufferStart + before,
        }),
      ),
    }
    outputFrames = end
    forget()
    return block
  }

  /** Drops the input that no later output frame reaches back to. */
  const forget = () => {
    const keepFrom = Math.floor((outputFrames * down) / up) - before
    const dropped = Math.min(keepFrom - bufferStart, buffer[0]!.length)
    if (dropped <= 0) return
    buffer = buffer.map((samples) => samples.slice(dropped))
    bufferStart += dropped
  }

  const append = (additions: Float32Array[]) => {
    buffer = buffer.map((samples, channel) => {
      const joined = new Float32Array(samples.length + additions[channel]!.length)
      joined.set(samples)
      joined.set(additions[channel]!, samples.length)
      return joined
    })
  }

  return {
    push(block) {
      append(block.channels)
      inputFrames += frameCount(block)
      return emit(Infinity)
    },
    finish() {
      append(Array.from({ length: channels }, () => new Float32Array(bank.taps)))
      return emit(Math.ceil((inputFrames * up) / down))
    },
  }
}

/** For odd pairs of rates: the coefficients are interpolated between neighbouring phases. */
function interpolatingKernel({ taps, rows, phases }: FilterBank): PolyphaseKernel {
  return (samples, { first, count, up, down, origin }: RenderRange) => {
    const output = new Float32Array(count)
    for (let index = 0; index < count; index++) {
      const position = (first + index) * down
      const frame = Math.floor(position / up)
      const phase = ((position - frame * up) / up) * phases
      const row = Math.floor(phase)
      const low = dot(samples, frame - origin, rows, row * taps, taps)
      const high = dot(samples, frame - origin, rows, (row + 1) * taps, taps)
      output[index] = low + (phase - row) * (high - low)
    }
    return output
  }
}

/** `taps` is a multiple of four. */
function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, taps: number): number {
  let sum0 = 0
  let sum1 = 0
  let sum2 = 0
  let sum3 = 0
  for (let tap = 0; tap < taps; tap += 4) {
    sum0 += a[aStart + tap]! * b[bStart + tap]!
    sum1 += a[aStart + tap + 1]! * b[bStart + tap + 1]!
    sum2 += a[aStart + tap + 2]! * b[bStart + tap + 2]!
    sum3 += a[aStart + tap + 3]! * b[bStart + tap + 3]!
  }
  return sum0 + sum1 + (sum2 + sum3)
}

/** Designing one takes up to tens of milliseconds: those in use are kept. */
const banks = new Map<string, FilterBank>()
const maxBanks = 16

function filterBank(ratio: number, phases: number): FilterBank {
  const key = `${ratio}/${phases}`
  const bank = banks.get(key) ?? designFilterBank(ratio, phases)
  banks.delete(key)
  banks.set(key, bank)
  if (banks.size > maxBanks) banks.delete(banks.keys().next().value!)
  return bank
}

/** `phases + 1` rows: the last is the first one of the next input sample, for interpolation. */
function designFilterBank(ratio: number, phases: number): FilterBank {
  const halfWidth = 4 * Math.ceil(zeroCrossings / ratio / 4)
  const taps = 2 * halfWidth
  const rows = new Float32Array((phases + 1) * taps)
  for (let phase = 0; phase <= phases; phase++) {
    const row = Float64Array.from({ length: taps }, (_, tap) => {
      const distance = tap - (halfWidth - 1) - phase / phases
      return sinc(distance * ratio * cutoff) * kaiser(distance / halfWidth)
    })
    const sum = row.reduce((total, value) => total + value, 0)
    row.forEach((value, tap) => (rows[phase * taps + tap] = value / sum))
  }
  return { taps, phases, rows }
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

function kaiser(x: number): number {
  return Math.abs(x) > 1 ? 0 : besselI0(kaiserBeta * Math.sqrt(1 - x * x)) / besselI0(kaiserBeta)
}

/** Modified Bessel function of the first kind, order zero, by its power series. */
function besselI0(x: number): number {
  let sum = 1
  let term = 1
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
