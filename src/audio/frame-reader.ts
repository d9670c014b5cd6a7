import { frameCount, type PcmBlock } from './pcm'

/** Reads a stream of blocks by frames. */
export interface FrameReader {
  /** Frames given out so far, less those put back. */
  position(): number
  /** At least one and at most `frames` frames, as they lie in the stream; null at its end. */
  some(frames: number): Promise<PcmBlock | null>
  /** Exactly `frames` frames, fewer only at the end of the stream. */
  read(frames: number): Promise<PcmBlock>
  /** Puts back what was read last. */
  unread(block: PcmBlock): void
}

/** @param channels Of every block. */
export function createFrameReader(blocks: AsyncIterable<PcmBlock>, channels: number): FrameReader {
  const iterator = blocks[Symbol.asyncIterator]()
  let waiting: PcmBlock[] = []
  let position = 0

  const some = async (frames: number): Promise<PcmBlock | null> => {
    let block = waiting.shift()
    while (!block) {
      const next = await iterator.next()
      if (next.done) return null
      if (frameCount(next.value) > 0) block = next.value
    }
    if (frameCount(block) > frames) {
      waiting = [sliceBlock(block, frames, frameCount(block)), ...waiting]
      block = sliceBlock(block, 0, frames)
    }
    position += frameCount(block)
    return block
  }

  return {
    position: () => position,
    some,
    async read(frames) {
      const parts: PcmBlock[] = []
      for (let missing = frames; missing > 0;) {
        const part = await some(missing)
        if (!part) break
        parts.push(part)
        missing -= frameCount(part)
      }
      return joinBlocks(parts, channels)
    },
    unread(block) {
      if (frameCount(block) === 0) return
      waiting = [block, ...waiting]
      position -= frameCount(block)
    },
  }
}

/** Frames `start` ≤ n < `end`, sharing the block's memory. */
export function sliceBlock(block: PcmBlock, start: number, end: number): PcmBlock {
  return { channels: block.channels.map((samples) => samples.subarray(start, end)) }
}

/** One block after another, in new memory unless there is only one. */
export function joinBlocks(blocks: readonly PcmBlock[], channels: number): PcmBlock {
  if (blocks.length === 1) return blocks[0]!
  const frames = blocks.reduce((sum, block) => sum + frameCount(block), 0)
  const joined = Array.from({ length: channels }, () => new Float32Array(frames))
  let offset = 0
  for (const block of blocks) {
    joined.forEach((samples, channel) => samples.set(block.channels[channel]!, offset))
    offset += frameCount(block)
  }
  return { channels: joined }
}
