import { frameCount, type PcmBlock } from '../../../audio/pcm'
import { createPcmQueue, type PcmQueue } from '../../../audio/pcm-queue'

/** A stream for several readers, each of which gets all of it; what one has read and another has not is held. */
export function branch(blocks: AsyncIterable<PcmBlock>, readers: number): AsyncIterable<PcmBlock>[] {
  const iterator = blocks[Symbol.asyncIterator]()
  const waiting: PcmBlock[][] = Array.from({ length: readers }, () => [])
  let ended = false
  async function* read(own: PcmBlock[]): AsyncGenerator<PcmBlock> {
    try {
      for (;;) {
        if (own.length === 0 && !ended) {
          const next = await iterator.next()
          if (next.done) ended = true
          else for (const queue of waiting) queue.push(next.value)
        }
        const block = own.shift()
        if (!block) return
        yield block
      }
    } finally {
      await iterator.return?.()
    }
  }
  return waiting.map(read)
}

/** The mean of several streams of stems that are equally long in total. */
export async function* averaged(passes: AsyncIterable<PcmBlock[]>[]): AsyncGenerator<PcmBlock[]> {
  if (passes.length === 1) {
    yield* passes[0]!
    return
  }
  const iterators = passes.map((pass) => pass[Symbol.asyncIterator]())
  const queues: PcmQueue[][] = passes.map(() => [])
  const frames = (index: number) => queues[index]![0]?.frames() ?? 0
  try {
    for (;;) {
      for (const [index, iterator] of iterators.entries()) {
        if (frames(index) > 0) continue
        const next = await iterator.next()
        if (next.done) return
        const stems = next.value
        if (queues[index]!.length === 0) {
          queues[index] = stems.map((stem) => createPcmQueue(stem.channels.length))
        }
        stems.forEach((stem, at) => queues[index]![at]!.push(stem))
      }
      const count = Math.min(...passes.map((_, index) => frames(index)))
      const taken = queues.map((stems) => stems.map((queue) => queue.take(count)))
      yield taken[0]!.map((_, stem) => mean(taken.map((stems) => stems[stem]!)))
    }
  } finally {
    for (const iterator of iterators) await iterator.return?.()
  }
}

function mean(blocks: PcmBlock[]): PcmBlock {
  const first = blocks[0]!
  return {
    channels: first.channels.map((_, channel) =>
      Float32Array.from({ length: frameCount(first) }, (_, frame) => {
        let sum = 0
        for (const block of blocks) sum += block.channels[channel]![frame]!
        return sum / blocks.length
      }),
    ),
  }
}
