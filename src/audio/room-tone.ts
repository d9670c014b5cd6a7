import type { FillStream } from './edit-list-fill'
import { joinBlocks } from './frame-reader'
import type { PcmBlock } from './pcm'

/** The quietest stretch of a recording: what the room sounds like when nobody speaks. */
export interface RoomTone {
  /** Loudest 20 milliseconds of it, in dBFS (RMS). */
  levelDb: number
  block: PcmBlock
}

/** Watches a recording for its room tone. Memory is bounded: a fraction of a second is kept. */
export interface RoomToneFinder {
  /** Takes the next piece of some 20 milliseconds with its level (RMS in dBFS, −Infinity for digital silence). */
  add(piece: PcmBlock, levelDb: number): void
  /** Null where the recording is shorter than a stretch, or digital silence is all that is quiet in it. */
  found(): RoomTone | null
}

const stretchPieces = 10
/** Digital silence and dither are no room. */
const faintestDb = -96
/** A stretch that is hardly quieter is not worth another copy. */
const improvementDb = 0.5

export function createRoomToneFinder(channels: number): RoomToneFinder {
  const recent: { piece: PcmBlock; levelDb: number }[] = []
  let best: { pieces: PcmBlock[]; levelDb: number } | null = null
  return {
    add(piece, levelDb) {
      recent.push({ piece, levelDb })
      if (recent.length > stretchPieces) recent.shift()
      if (recent.length < stretchPieces) return
      const levels = recent.map((entry) => entry.levelDb)
      const loudest = Math.max(...levels)
      if (Math.min(...levels) < faintestDb || loudest > (best?.levelDb ?? Infinity) - improvementDb) return
      best = { pieces: recent.map((entry) => entry.piece), levelDb: loudest }
    },
    found: () => best && { levelDb: best.levelDb, block: joinBlocks(best.pieces, channels) },
  }
}

export interface RoomToneOptions {
  sampleRateHz: number
  /** No sample of the result is above it. */
  maxAmplitude: number
  /** The same seed gives the same noise. */
  seed: number
}

const grainSeconds = 0.04

/**
 * Room tone of any length: grains from random places of the stretch, overlapped by half under the root of a Hann
 * window, so that their power adds up and no loop can be heard. All channels take the same places.
 */
export function createRoomTone({ block }: RoomTone, options: RoomToneOptions): FillStream {
  const length = block.channels[0]?.length ?? 0
  const hop = Math.max(1, Math.min(Math.round((grainSeconds * options.sampleRateHz) / 2), length >> 2))
  const window = Float32Array.from({ length: 2 * hop }, (_, index) =>
    Math.sin((Math.PI * (index + 0.5)) / (2 * hop)),
  )
  // Two grains overlap: their windows add up to no more than √2.
  const gain = Math.min(1, options.maxAmplitude / (Math.SQRT2 * peakOf(block)))
  const random = generator(options.seed)
  const place = () => Math.floor(random() * (length - 2 * hop))
  let current = place()
  let next = place()
  let offset = 0

  return (frames) => {
    const filling = block.channels.map(() => new Float32Array(frames))
    for (let frame = 0; frame < frames; frame++) {
      filling.forEach((samples, channel) => {
        const tone = block.channels[channel]!
        samples[frame] =
          gain *
          (tone[current + hop + offset]! * window[hop + offset]! + tone[next + offset]! * window[offset]!)
      })
      if (++offset === hop) {
        current = next
        next = place()
        offset = 0
      }
    }
    return filling
  }
}

function peakOf({ channels }: PcmBlock): number {
  let peak = Number.MIN_VALUE
  for (const samples of channels) for (const sample of samples) peak = Math.max(peak, Math.abs(sample))
  return peak
}

/** Mulberry32: uniform in 0…1. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
