import type { JobContext } from '../../../inference/engine'
import { melSlice, type Mel } from '../mel'

export interface ChunkPlan {
  /** Frames of a chunk without its context. */
  chunkFrames: number
  /** Frames on each side that a sample may depend on. */
  contextFrames: number
  hop: number
  /** Over this many samples one chunk fades into the next, for networks whose context is longer than what is given. */
  fadeSamples: number
}

/**
 * Makes sound of a long mel chunk by chunk, so that memory does not grow with it. Each chunk is made with its context on
 * both sides, which is thrown away, but for a short crossfade.
 *
 * @param make Sound of a piece of the mel, hop samples a frame, and the frame it begins with.
 */
export async function vocodeInChunks(
  mel: Mel,
  { chunkFrames, contextFrames, hop, fadeSamples }: ChunkPlan,
  job: Pick<JobContext, 'signal'>,
  make: (piece: Mel, firstFrame: number) => Promise<Float32Array>,
): Promise<Float32Array> {
  const samples = new Float32Array(mel.frames * hop)
  for (let start = 0, end: number; start < mel.frames; start = end) {
    job.signal.throwIfAborted()
    // Every chunk but the last has all of its context: the last one takes what would be less than that.
    end = mel.frames - start <= chunkFrames + contextFrames ? mel.frames : start + chunkFrames
    const from = Math.max(0, start - contextFrames)
    const to = Math.min(mel.frames, end + contextFrames)
    const made = await make(melSlice(mel, from, to), from)
    const fade = start === 0 ? 0 : Math.min(fadeSamples, (start - from) * hop)
    const first = start * hop - fade
    for (let at = first; at < end * hop; at++) {
      const share = at < start * hop ? (at - first + 0.5) / fade : 1
      samples[at] = (1 - share) * samples[at]! + share * (made[at - from * hop] ?? 0)
    }
  }
  return samples
}
