import type { PcmBlock } from '../../audio/pcm'

/** Silence of a given shape. */
export function silentBlock(channels: number, frames: number): PcmBlock {
  return { channels: Array.from({ length: channels }, () => new Float32Array(frames)) }
}

/**
 * Regroups blocks of any length into blocks of exactly `frames` sample frames; the last one may be shorter. Memory is
 * one block of either size.
 */
export async function* regroup(
  blocks: AsyncIterable<PcmBlock>,
  channels: number,
  frames: number,
): AsyncGenerator<PcmBlock> {
  let current = silentBlock(channels, frames)
  let filled = 0
  for await (const block of blocks) {
    const length = block.channels[0]?.length ?? 0
    for (let read = 0; read < length;) {
      const count = Math.min(frames - filled, length - read)
      for (const [index, samples] of current.channels.entries()) {
        const source = block.channels[index]
        if (!source) throw new RangeError(`a block has ${block.channels.length} channels, not ${channels}`)
        samples.set(source.subarray(read, read + count), filled)
      }
      filled += count
      read += count
      if (filled === frames) {
        yield current
        current = silentBlock(channels, frames)
        filled = 0
      }
    }
  }
  if (filled > 0) yield { channels: current.channels.map((samples) => samples.subarray(0, filled)) }
}

/** A stage that answers every block of `blockFrames` by one of the same length, `delayFrames` late. */
export interface DelayedStage {
  blockFrames: number
  delayFrames: number
  /** The answer is handed on as it is: the stage does not write to it again. */
  process(block: PcmBlock): Promise<PcmBlock>
}

/**
 * Runs a stage over a stream and takes its delay out: as many sample frames leave as came in, aligned to the sample.
 *
 * @param beforeBlock Called before every block with the sample frames done so far; throws to stop.
 */
export async function* runAligned(
  blocks: AsyncIterable<PcmBlock>,
  channels: number,
  stage: DelayedStage,
  beforeBlock: () => void,
): AsyncGenerator<PcmBlock> {
  let taken = 0
  let toSkip = stage.delayFrames
  let given = 0
  async function* outputs(): AsyncGenerator<PcmBlock> {
    for await (const block of regroup(blocks, channels, stage.blockFrames)) {
      beforeBlock()
      const length = block.channels[0]?.length ?? 0
      taken += length
      yield await stage.process(length === stage.blockFrames ? block : padded(block, stage.blockFrames))
    }
    // Silence pushes out what the stage still holds.
    while (given < taken) {
      beforeBlock()
      yield await stage.process(silentBlock(channels, stage.blockFrames))
    }
  }
  for await (const output of outputs()) {
    const start = Math.min(toSkip, stage.blockFrames)
    const end = Math.min(stage.blockFrames, start + taken - given)
    toSkip -= start
    given += end - start
    if (end > start) yield { channels: output.channels.map((samples) => samples.subarray(start, end)) }
  }
}

function padded(block: PcmBlock, frames: number): PcmBlock {
  const whole = silentBlock(block.channels.length, frames)
  for (const [index, samples] of block.channels.entries()) whole.channels[index]?.set(samples)
  return whole
}
