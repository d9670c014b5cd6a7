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
  /** What is not on disk yet: small blocks are written together. */
  const held = new Float32Array(blockFrames * channels)
  let heldFrames = 0
  let writtenFrames = 0
  const flush = async () => {
    if (heldFrames === 0) return
    const bytes = new Uint8Array(held.buffer, 0, heldFrames * bytesPerFrame)
    await file.write(bytes, 0, bytes.length, writtenFrames * bytesPerFrame)
    writtenFrames += heldFrames
    heldFrames = 0
  }
  return {
    async write(block) {
      const [left, right] = block.channels as [Float32Array, Float32Array]
      const frames = frameCount(block)
      for (let from = 0; from < frames;) {
        const to = Math.min(frames, from + blockFrames - heldFrames)
        for (let frame = from, at = channels * heldFrames; frame < to; frame++) {
          held[at++] = left[frame]!
          held[at++] = right[frame]!
        }
        heldFrames += to - from
        from = to
        if (heldFrames === blockFrames) await flush()
      }
    },
    async *read(from = 0) {
      await flush()
      for (let at = from; at < writtenFrames; at += blockFrames) {
        const count = Math.min(blockFrames, writtenFrames - at)
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
    frames: () => writtenFrames + heldFrames,
    async remove() {
      await file.close()
      await rm(path, { force: true })
    },
  }
}
