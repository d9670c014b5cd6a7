import { frameCount, type PcmBlock } from '../../../audio/pcm'

export interface WindowOptions {
  channels: number
  stems: number
  /** Frames that the network takes at once. */
  segmentFrames: number
  /** Fraction of a window that the next one shares. */
  overlap: number
  /** Power of the triangle that windows fade in and out with, at least 1. */
  transitionPower: number
  /** Silence put before the sound; its part of the result is not given. */
  leadingFrames: number
  /** Separates one segment; gives the stems' channels one after the other, a segment each. */
  network(segment: Float32Array[]): Promise<Float32Array>
}

/**
 * Separates a sound of any length by a network with a fixed segment, as `apply_model` of Demucs does: windows overlap and
 * are added up with triangular weights, divided by the weights' sum. A window that reaches beyond the end is filled up on
 * both sides, with the sound before it and with silence after it. Memory is a few segments.
 */
export async function* separateByWindows(
  blocks: AsyncIterable<PcmBlock>,
  options: WindowOptions,
): AsyncGenerator<PcmBlock[]> {
  const { channels, stems, segmentFrames, network } = options
  const stride = Math.floor((1 - options.overlap) * segmentFrames)
  const weight = triangle(segmentFrames, options.transitionPower)
  const signal = createSignal(blocks, options)
  const overlapAdd = createOverlapAdd(stems * channels, weight)
  let toSkip = options.leadingFrames
  try {
    for (let offset = 0; await signal.reach(offset + segmentFrames, offset); offset += stride) {
      const length = Math.min(segmentFrames, signal.end() - offset)
      const before = Math.floor((segmentFrames - length) / 2)
      const separated = await network(signal.read(offset - before))
      const isLast = offset + stride >= signal.end()
      const sums = overlapAdd.add(separated, { from: before, length, done: isLast ? length : stride })
      signal.forgetBefore(offset + stride - Math.ceil(segmentFrames / 2))
      const skipped = Math.min(toSkip, sums[0]!.length)
      toSkip -= skipped
      if (skipped === sums[0]!.length) continue
      yield Array.from({ length: stems }, (_, stem) => ({
        channels: sums
          .slice(stem * channels, (stem + 1) * channels)
          .map((samples) => (skipped > 0 ? samples.slice(skipped) : samples)),
      }))
    }
  } finally {
    await signal.close()
  }
}

function triangle(frames: number, power: number): Float32Array {
  const half = Math.floor(frames / 2)
  const peak = frames - half
  return Float32Array.from(
    { length: frames },
    (_, frame) => ((frame < half ? frame + 1 : frames - frame) / peak) ** power,
  )
}

/** The sound as far as windows look at it, by absolute frames. */
function createSignal(
  blocks: AsyncIterable<PcmBlock>,
  { channels, segmentFrames, leadingFrames }: WindowOptions,
) {
  const iterator = blocks[Symbol.asyncIterator]()
  let held = Array.from({ length: channels }, () => new Float32Array(leadingFrames))
  let start = 0
  let ended = false
  const end = () => start + held[0]!.length
  return {
    end,
    /** Reads on until there are frames up to `wanted`, or all; says whether any lie at `offset`. */
    async reach(wanted: number, offset: number): Promise<boolean> {
      const arrived: PcmBlock[] = []
      for (let known = end(); known < wanted && !ended;) {
        const next = await iterator.next()
        if (next.done) ended = true
        else {
          arrived.push(next.value)
          known += frameCount(next.value)
        }
      }
      if (arrived.length > 0) {
        held = held.map((samples, index) =>
          join([samples, ...arrived.map((block) => block.channels[index]!)]),
        )
      }
      return offset < end()
    },
    /** A segment from `from` on, with silence where there is no sound. */
    read(from: number): Float32Array[] {
      return held.map((samples) => {
        const segment = new Float32Array(segmentFrames)
        const first = Math.max(from, start)
        segment.set(samples.subarray(first - start, from + segmentFrames - start), first - from)
        return segment
      })
    },
    forgetBefore(frame: number): void {
      if (frame <= start) return
      held = held.map((samples) => samples.slice(frame - start))
      start = frame
    },
    async close(): Promise<void> {
      await iterator.return?.()
    },
  }
}

function join(parts: Float32Array[]): Float32Array<ArrayBuffer> {
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Weighted sums of what windows say of the frames that are not given yet. */
function createOverlapAdd(planes: number, weight: Float32Array) {
  const segmentFrames = weight.length
  const sums = Array.from({ length: planes }, () => new Float32Array(segmentFrames))
  const weights = new Float32Array(segmentFrames)
  const advance = (samples: Float32Array, frames: number) => {
    samples.copyWithin(0, frames)
    samples.fill(0, segmentFrames - frames)
  }
  return {
    /** Adds `length` frames of a window, and gives the first `done`, which no later window reaches. */
    add(window: Float32Array, { from, length, done }: { from: number; length: number; done: number }) {
      for (let frame = 0; frame < length; frame++) weights[frame]! += weight[frame]!
      const given = sums.map((sum, plane) => {
        const at = plane * segmentFrames + from
        for (let frame = 0; frame < length; frame++) sum[frame]! += weight[frame]! * window[at + frame]!
        const finished = sum.slice(0, done)
        for (let frame = 0; frame < done; frame++) finished[frame]! /= weights[frame]!
        advance(sum, done)
        return finished
      })
      advance(weights, done)
      return given
    },
  }
}
