import { createFrameReader } from '../../audio/frame-reader'
import { frameCount, type PcmBlock } from '../../audio/pcm'
import { moveVowel } from './move-vowel'
import type { VowelChange } from './plan'

/** What was done to one vowel. */
export interface AppliedChange extends VowelChange {
  /** Frames of 5 ms or so whose formants were moved; 0 where the vowel has no pitch that could be found. */
  changedFrames: number
}

/** Read before and after a vowel, for its pitch and envelope to be known. */
const contextSeconds = 0.25
const shortestSeconds = 0.04

/**
 * Moves the vowels of a stream of samples, one after the other. Memory holds one vowel and what is around it; everything
 * else is passed on as it is.
 */
export async function* changeVowels(
  blocks: AsyncIterable<PcmBlock>,
  changes: readonly VowelChange[],
  { sampleRateHz, channels }: { sampleRateHz: number; channels: number },
  applied: AppliedChange[],
): AsyncGenerator<PcmBlock> {
  const reader = createFrameReader(blocks, channels)
  const context = Math.round(contextSeconds * sampleRateHz)
  for (const change of changes) {
    const start = Math.round(change.start * sampleRateHz)
    const end = Math.round(change.end * sampleRateHz)
    if (end - start < shortestSeconds * sampleRateHz || start < reader.position()) continue
    for (let left = start - context - reader.position(); left > 0;) {
      const block = await reader.some(Math.min(left, 65_536))
      if (!block) return
      left -= frameCount(block)
      yield block
    }
    const from = reader.position()
    const around = await reader.read(end + context - from)
    const inside = Math.min(end - from, frameCount(around))
    const moved = moveVowel(around, {
      ...{ sampleRateHz, start: start - from, end: inside },
      ...{ phone: change.phone, origin: change.origin, shift: change.shift },
    })
    applied.push({ ...change, changedFrames: moved.changedFrames })
    yield slice(moved.block, 0, inside)
    reader.unread(slice(around, inside, frameCount(around)))
  }
  for (let block = await reader.some(65_536); block; block = await reader.some(65_536)) yield block
}

function slice({ channels }: PcmBlock, start: number, end: number): PcmBlock {
  return { channels: channels.map((samples) => samples.slice(start, end)) }
}
