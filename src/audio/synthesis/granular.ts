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
  return {
    add(sound, frame, gain, pan) {
      const angle = ((Math.min(1, Math.max(-1, pan)) + 1) * Math.PI) / 4
      const power = gain * Math.SQRT2
      grains.push({ sound, at: -frame, left: power * Math.cos(angle), right: power * Math.sin(angle) })
    },
    mixInto({ channels }) {
      const left = channels[0]!
      const right = channels[1]!
      const frames = left.length
      for (const grain of grains) {
        const start = Math.max(0, -grain.at)
        const end = Math.min(frames, grain.sound.length - grain.at)
        for (let frame = start; frame < end; frame++) {
          const sample = grain.sound[grain.at + frame]!
          left[frame]! += grain.left * sample
          right[frame]! += grain.right * sample
        }
        grain.at += frames
      }
      grains = grains.filter(({ at, sound }) => at < sound.length)
    },
    count: () => grains.length,
  }
}
