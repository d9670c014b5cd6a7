import { bestAlignment, crossfade, fadeInGain, replacedGain } from './crossfade'
import { placeEdits, type AppliedEdit, type Edit } from './edit-list'
import type { FillStream } from './edit-list-fill'
import { createFrameReader, joinBlocks, sliceBlock, type FrameReader } from './frame-reader'
import { frameCount, type PcmBlock } from './pcm'

export interface EditingOptions {
  channels: number
  /** Length of the source, to the frame. */
  totalFrames: number
  /** Of each fade of a mute or a bleep; within the edit. */
  fadeFrames: number
  /** Of the crossfade over the seam of a cut; half of it lies on either side. */
  crossfadeFrames: number
  /** How far the end of a cut that is not exact may move to fit. */
  searchFrames: number
  /** What a mute or a bleep puts in the place of the sound; asked once for each edit. */
  fill(edit: Edit): FillStream
}

/** A recording while its edit list is applied. Read `blocks` to its end. */
export interface EditedAudio {
  /** Can be iterated once; memory does not grow with the length of the source or of its edits. */
  blocks: AsyncIterable<PcmBlock>
  /** The edits as they were carried out; complete at the end of `blocks`. */
  applied(): AppliedEdit[]
}

const chunkFrames = 16_384

/**
 * Applies an edit list in one pass. Outside of the edits, and of half a crossfade on either side of a cut, samples
 * pass bit for bit. The output is shorter than the source by exactly the frames of the cuts in `applied`.
 *
 * @param edits As `mergeEdits` gives them, within the source.
 */
export function applyEdits(
  source: AsyncIterable<PcmBlock>,
  edits: readonly Edit[],
  options: EditingOptions,
): EditedAudio {
  const replaced = edits.filter(({ action }) => action !== 'cut')
  const cuts = edits.filter(({ action }) => action === 'cut')
  const carriedOut: Edit[] = []
  return {
    blocks: removeCuts(replaceSound(source, replaced, options), cuts, options, (cut) => carriedOut.push(cut)),
    applied: () =>
      placeEdits(
        [...trimmed(replaced, carriedOut), ...carriedOut].sort((a, b) => a.startFrame - b.startFrame),
      ),
  }
}

/** A cut whose end has moved takes the beginning of an edit that follows at once. */
function trimmed(replaced: readonly Edit[], cuts: readonly Edit[]): Edit[] {
  return replaced.map((edit) => {
    const over = cuts.find(
      ({ startFrame, endFrame }) => startFrame < edit.startFrame && endFrame > edit.startFrame,
    )
    return over ? { ...edit, startFrame: Math.min(over.endFrame, edit.endFrame) } : edit
  })
}

/** Mutes and bleeps: what they cover is faded over to their fill. */
async function* replaceSound(
  source: AsyncIterable<PcmBlock>,
  edits: readonly Edit[],
  options: EditingOptions,
): AsyncGenerator<PcmBlock> {
  const reader = createFrameReader(source, options.channels)
  for (const edit of edits) {
    yield* pass(reader, edit.startFrame)
    const length = edit.endFrame - edit.startFrame
    const fade = Math.min(options.fadeFrames, Math.floor(length / 2))
    const fill = options.fill(edit)
    while (reader.position() < edit.endFrame) {
      const offset = reader.position() - edit.startFrame
      const block = await reader.some(Math.min(chunkFrames, length - offset))
      if (!block) return
      const gains = Float64Array.from({ length: frameCount(block) }, (_, frame) =>
        replacedGain(offset + frame, length, fade),
      )
      const filling = fill(frameCount(block))
      yield {
        channels: block.channels.map((samples, channel) =>
          samples.map(
            (sample, frame) => sample * gains[frame]! + filling[channel]![frame]! * (1 - gains[frame]!),
          ),
        ),
      }
    }
  }
  yield* pass(reader, Infinity)
}

async function* removeCuts(
  source: AsyncIterable<PcmBlock>,
  cuts: readonly Edit[],
  options: EditingOptions,
  done: (cut: Edit) => void,
): AsyncGenerator<PcmBlock> {
  const reader = createFrameReader(source, options.channels)
  for (const [index, cut] of cuts.entries()) {
    const roomBefore = cut.startFrame - (cuts[index - 1]?.endFrame ?? 0)
    const roomAfter = (cuts[index + 1]?.startFrame ?? options.totalFrames) - cut.endFrame
    const half = Math.floor(options.crossfadeFrames / 2)
    if (cut.startFrame === 0) {
      await skip(reader, cut.endFrame)
      yield faded(await reader.read(Math.min(half, Math.floor(roomAfter / 2))), 'in')
      done(cut)
    } else if (cut.endFrame >= options.totalFrames) {
      const tail = Math.min(half, Math.floor(roomBefore / 2))
      yield* pass(reader, cut.startFrame - tail)
      yield faded(await reader.read(tail), 'out')
      await skip(reader, Infinity)
      done(cut)
    } else {
      const reach = Math.min(half, Math.floor(roomBefore / 2), Math.floor(roomAfter / 2))
      yield* pass(reader, cut.startFrame - reach)
      const seam = await joinOver(
        reader,
        cut,
        reach,
        cut.exact ? 0 : searchWidth(cut, roomAfter, reach, options),
      )
      yield seam.block
      done({ ...cut, endFrame: seam.endFrame })
    }
  }
  yield* pass(reader, Infinity)
}

/** Not beyond half of what lies before the next cut, nor of the cut itself. */
function searchWidth(cut: Edit, roomAfter: number, reach: number, { searchFrames }: EditingOptions): number {
  const room = Math.floor(roomAfter / 2) - reach
  return Math.max(0, Math.min(searchFrames, room, Math.floor((cut.endFrame - cut.startFrame) / 2)))
}

/** Reads over a cut, from `reach` before its start, and gives the `2 · reach` frames around the seam. */
async function joinOver(
  reader: FrameReader,
  cut: Edit,
  reach: number,
  search: number,
): Promise<{ block: PcmBlock; endFrame: number }> {
  const before = await reader.read(2 * reach)
  const afterStart = cut.endFrame - search - reach
  const overlap = Math.max(0, reader.position() - afterStart)
  await skip(reader, afterStart)
  const rest = await reader.read(2 * (reach + search) - overlap)
  const shared = sliceBlock(before, frameCount(before) - overlap, frameCount(before))
  const candidates = joinBlocks([shared, rest], before.channels.length)
  const offset = search === 0 || reach === 0 ? search : bestAlignment(before.channels, candidates.channels)
  const after = sliceBlock(candidates, offset, offset + 2 * reach)
  reader.unread(sliceBlock(candidates, offset + 2 * reach, frameCount(candidates)))
  return {
    block: { channels: crossfade(before.channels, after.channels) },
    endFrame: cut.endFrame + offset - search,
  }
}

/** At the beginning and the end of a recording there is nothing to fade to. */
function faded(block: PcmBlock, direction: 'in' | 'out'): PcmBlock {
  const frames = frameCount(block)
  return {
    channels: block.channels.map((samples) =>
      samples.map(
        (sample, frame) => sample * fadeInGain(direction === 'in' ? frame : frames - 1 - frame, frames),
      ),
    ),
  }
}

async function* pass(reader: FrameReader, until: number): AsyncGenerator<PcmBlock> {
  while (reader.position() < until) {
    const block = await reader.some(until - reader.position())
    if (!block) return
    yield block
  }
}

async function skip(reader: FrameReader, until: number): Promise<void> {
  while (reader.position() < until) {
    if (!(await reader.some(until - reader.position()))) return
  }
}
