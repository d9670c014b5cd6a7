import { open, rm } from 'node:fs/promises'

import { frameCount, type PcmBlock } from '../pcm'

const channels = 2
const bytesPerFrame = 4 * channels

/** Stereo sound on disk between two passes over it, as plain samples: memory does not grow with it. */
export interface Draft {
  write(block: PcmBlock): Promise<void>
  /** From a frame on, in blocks. */
  read(from?: number): AsyncGenerator<PcmBlock>
  frames(): number
  remove(): Promise<void>
}

const blockFrames = 16_384

export async function createDraft(path: string): Promise<Draft> {
  const file = await open(path, 'w+')
  let frames = 0
  return {
    async write(block) {
      const count = frameCount(block)
      const [left, right] = block.channels
      const samples = new Float32Array(count * channels)
      for (let frame = 0; frame < count; frame++) {
        samples[2 * frame] = left![frame]!
        samples[2 * frame + 1] = right![frame]!
      }
      await file.write(new Uint8Array(samples.buffer), 0, samples.byteLength, frames * bytesPerFrame)
      frames += count
    },
    async *read(from = 0) {
      for (let at = from; at < frames; at += blockFrames) {
        const count = Math.min(blockFrames, frames - at)
        const bytes = new Uint8Array(count * bytesPerFrame)
        await file.read(bytes, 0, bytes.length, at * bytesPerFrame)
        const samples = new Float32Array(bytes.buffer)
        const planes = [new Float32Array(count), new Float32Array(count)] as const
        for (let frame = 0; frame < count; frame++) {
          planes[0][frame] = samples[2 * frame]!
          planes[1][frame] = samples[2 * frame + 1]!
        }
        yield { channels: [...planes] }
      }
    },
    frames: () => frames,
    async remove() {
      await file.close()
      await rm(path, { force: true })
    },
  }
}
