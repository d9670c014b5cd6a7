import { frameCount, type PcmBlock } from './pcm'

/** Blocks go in, any number of frames comes out. */
export interface PcmQueue {
  push(block: PcmBlock): void
  /** Frames waiting. */
  frames(): number
  /** Takes exactly `frames` frames. @throws Error where fewer are waiting. */
  take(frames: number): PcmBlock
}

export function createPcmQueue(channels: number): PcmQueue {
  const blocks: PcmBlock[] = []
  let waiting = 0
  /** Frames of the first block that are taken already. */
  let offset = 0

  return {
    push(block) {
      if (frameCount(block) === 0) return
      blocks.push(block)
      waiting += frameCount(block)
    },
    frames: () => waiting,
    take(frames) {
      if (frames > waiting) throw new Error(`${frames} frames asked of ${waiting}`)
      const taken = Array.from({ length: channels }, () => new Float32Array(frames))
      for (let filled = 0; filled < frames;) {
        const first = blocks[0]!
        const count = Math.min(frames - filled, frameCount(first) - offset)
        taken.forEach((samples, channel) =>
          samples.set(first.channels[channel]!.subarray(offset, offset + count), filled),
        )
        filled += count
        offset += count
        if (offset === frameCount(first)) {
          blocks.shift()
          offset = 0
        }
      }
      waiting -= frames
      return { channels: taken }
    },
  }
}
