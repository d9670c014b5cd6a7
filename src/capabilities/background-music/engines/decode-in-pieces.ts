import type { CodeFrame } from './codes'

/** What is decoded at once, and what is decoded with it on either side and thrown away. In frames of codes. */
export interface CodecWindows {
  frames: number
  /** The decoder's LSTM knows what came before. */
  before: number
  /** Its convolutions look ahead. */
  after: number
}

/**
 * Sound of codes, decoded piece by piece while they come: memory does not grow with the length.
 * @param decode Mono samples, as many for each frame.
 */
export async function* decodeCodes(
  codes: AsyncIterable<CodeFrame>,
  decode: (frames: readonly CodeFrame[]) => Promise<Float32Array>,
  { frames, before, after }: CodecWindows,
): AsyncGenerator<Float32Array> {
  /** The last `before` frames that are done, then those that wait. */
  let held: CodeFrame[] = []
  let known = 0
  const piece = async (count: number) => {
    const sound = await decode(held.slice(0, known + count + after))
    const frameSamples = sound.length / Math.min(held.length, known + count + after)
    const from = known * frameSamples
    const drop = Math.max(0, known + count - before)
    held = held.slice(drop)
    known = known + count - drop
    return sound.slice(from, from + count * frameSamples)
  }
  for await (const frame of codes) {
    held.push(frame)
    if (held.length >= known + frames + after) yield await piece(frames)
  }
  while (held.length > known) yield await piece(Math.min(frames, held.length - known))
}
