import { crossfade } from '../../../audio/crossfade'
import { frameCount, type PcmBlock } from '../../../audio/pcm'
import type { BackgroundMusicParameters } from '../index'

/** The first so many frames of a sound that may go on for longer. */
export async function* firstFrames(
  blocks: AsyncIterable<PcmBlock>,
  frames: number,
): AsyncGenerator<PcmBlock> {
  let left = frames
  for await (const block of blocks) {
    if (frameCount(block) < left) yield block
    else {
      yield part(block, 0, left)
      return
    }
    left -= frameCount(block)
  }
}

const seamSeconds = 2

/** How long the end of a loop is faded into its beginning: a quarter of the whole at most. 0 where none is asked for. */
export function seamFrames(
  { loop, duration_seconds }: Pick<BackgroundMusicParameters, 'loop' | 'duration_seconds'>,
  sampleRateHz: number,
): number {
  return loop ? Math.round(Math.min(seamSeconds, duration_seconds / 4) * sampleRateHz) : 0
}

/**
 * Makes a loop of a sound that is `seam` frames longer than it: the end is faded into what came before the beginning,
 * so that the last frame leads to the first. Only the seam is held.
 */
export async function* looped(
  blocks: AsyncIterable<PcmBlock>,
  frames: number,
  seam: number,
): AsyncGenerator<PcmBlock> {
  const head: PcmBlock[] = []
  const tail: PcmBlock[] = []
  let at = 0
  for await (const block of firstFrames(blocks, frames + seam)) {
    const end = at + frameCount(block)
    const cut = (from: number, to: number) =>
      part(block, Math.max(0, from - at), Math.max(0, Math.min(to, end) - at))
    head.push(cut(at, seam))
    const middle = cut(seam, frames)
    if (frameCount(middle) > 0) yield middle
    tail.push(cut(frames, frames + seam))
    at = end
  }
  yield { channels: crossfade(joined(tail), joined(head)) }
}

function part({ channels }: PcmBlock, from: number, to: number): PcmBlock {
  return { channels: channels.map((samples) => samples.slice(from, Math.max(from, to))) }
}

function joined(blocks: readonly PcmBlock[]): Float32Array[] {
  const frames = blocks.reduce((sum, block) => sum + frameCount(block), 0)
  return (blocks[0]?.channels ?? []).map((_, channel) => {
    const plane = new Float32Array(frames)
    let at = 0
    for (const block of blocks) {
      plane.set(block.channels[channel]!, at)
      at += frameCount(block)
    }
    return plane
  })
}
