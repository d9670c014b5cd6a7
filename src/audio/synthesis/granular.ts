import type { PcmBlock } from '../pcm'

/** Sounds that were started and still ring, mixed into blocks as they come due. */
export interface GrainMixer {
  /**
   * Starts a sound `frame` frames into the next block.
   *
   * @param pan −1 left … 1 right, at equal power.
   */
  add(sound: Float32Array, frame: number, gain: number, pan: number): void
  /** Adds what sounds to the block. */
  mixInto(block: PcmBlock): void
  /** How many still ring. */
  count(): number
}

interface Grain {
  sound: Float32Array
  /** Next frame of the sound; below zero while it has not begun. */
  at: number
  left: number
  right: number
}

/** Overlap-add of grains: memory is that of the sounds that ring at a time. */
export function createGrainMixer(): GrainMixer {
  let grains: Grain[] = []
  // In double precision: the many additions need no rounding to single and back.
  let sums = [new Float64Array(0), new Float64Array(0)] as const
  return {
    add(sound, frame, gain, pan) {
      const angle = ((Math.min(1, Math.max(-1, pan)) + 1) * Math.PI) / 4
      const power = gain * Math.SQRT2
      grains.push({ sound, at: -frame, left: power * Math.cos(angle), right: power * Math.sin(angle) })
    },
    mixInto({ channels }) {
      if (grains.length === 0) return
      const frames = channels[0]!.length
      if (sums[0].length !== frames) sums = [new Float64Array(frames), new Float64Array(frames)]
      const [left, right] = sums
      left.fill(0)
      right.fill(0)
      for (const grain of grains) {
        const { sound, at, left: toLeft, right: toRight } = grain
        const end = Math.min(frames, sound.length - at)
        for (let frame = Math.max(0, -at); frame < end; frame++) {
          const sample = sound[at + frame]!
          left[frame]! += toLeft * sample
          right[frame]! += toRight * sample
        }
        grain.at += frames
      }
      sums.forEach((sum, side) => {
        const out = channels[side]!
        for (let frame = 0; frame < frames; frame++) out[frame]! += sum[frame]!
      })
      grains = grains.filter(({ at, sound }) => at < sound.length)
    },
    count: () => grains.length,
  }
}
