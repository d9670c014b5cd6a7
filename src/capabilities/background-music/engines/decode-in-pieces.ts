import type { PcmBlock } from '../../../audio/pcm'

/** What is decoded at once, and what is decoded with it on either side and thrown away. In items. */
export interface DecodingWindows {
  items: number
  /** What a recurrent decoder has to know of what came before. */
  before: number
  /** What convolutions see of what comes. */
  after: number
}

/**
 * Sound of codes or latents, decoded piece by piece while they come: memory does not grow with the length.
 * @param decode A plane for every channel, with as many samples for each item.
 */
export async function* decodeInPieces<Item>(
  source: AsyncIterable<Item>,
  decode: (items: readonly Item[]) => Promise<readonly Float32Array[]>,
  { items, before, after }: DecodingWindows,
): AsyncGenerator<PcmBlock> {
  /** The last `before` items that are done, then those that wait. */
  let held: Item[] = []
  let known = 0
  const piece = async (count: number): Promise<PcmBlock> => {
    const window = held.slice(0, known + count + after)
    const planes = await decode(window)
    const itemSamples = planes[0]!.length / window.length
    const from = known * itemSamples
    const drop = Math.max(0, known + count - before)
    held = held.slice(drop)
    known = known + count - drop
    return { channels: planes.map((plane) => plane.slice(from, from + count * itemSamples)) }
  }
  for await (const item of source) {
    held.push(item)
    if (held.length >= known + items + after) yield await piece(items)
  }
  while (held.length > known) yield await piece(Math.min(items, held.length - known))
}
