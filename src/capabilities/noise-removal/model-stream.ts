import { frameCount, type PcmBlock } from '../../audio/pcm'
import { createPcmQueue } from '../../audio/pcm-queue'
import { createResampler, type Resampler } from '../../audio/resample'

/** Time spent in the model itself, without the wait for its input. */
export interface ModelClock {
  inferenceMs: number
}

export interface ModelStreamOptions {
  source: { blocks: AsyncIterable<PcmBlock>; sampleRateHz: number; channels: number }
  modelRateHz: number
  /** What is done to the recording before the model hears it: as many frames, aligned. */
  repair(blocks: AsyncIterable<PcmBlock>): AsyncIterable<PcmBlock>
  /** One block for each thing that the model gives: as many frames in total as it gets. */
  run(blocks: AsyncIterable<PcmBlock>): Promise<AsyncIterable<readonly PcmBlock[]>>
  clock: ModelClock
}

/** The recording as it came, and what the model made of it; all of one length. */
export interface ModelStreamBlock {
  recording: PcmBlock
  made: PcmBlock[]
}

/**
 * What a model makes of a stream of blocks, at the source's rate, frame for frame. Where the model works at another rate,
 * its results are brought back to the source's, so that the recording itself is left untouched.
 */
export async function* modelStream(options: ModelStreamOptions): AsyncGenerator<ModelStreamBlock> {
  const { source, modelRateHz, clock } = options
  const { sampleRateHz, channels } = source
  const resampling = modelRateHz !== sampleRateHz
  const toModel = resampling ? createResampler(sampleRateHz, modelRateHz, channels) : null
  let fromModel: Resampler[] | null = null
  const recording = createPcmQueue(channels)

  async function* kept(): AsyncGenerator<PcmBlock> {
    for await (const block of source.blocks) {
      recording.push(block)
      yield block
    }
  }
  async function* modelInput(): AsyncGenerator<PcmBlock> {
    let waitingSince = performance.now()
    for await (const block of options.repair(kept())) {
      const converted = toModel ? toModel.push(block) : block
      clock.inferenceMs -= performance.now() - waitingSince
      if (frameCount(converted) > 0) yield converted
      waitingSince = performance.now()
    }
    const rest = toModel?.finish()
    clock.inferenceMs -= performance.now() - waitingSince
    if (rest && frameCount(rest) > 0) yield rest
  }

  const startedAt = performance.now()
  const results = await options.run(modelInput())
  clock.inferenceMs += performance.now() - startedAt
  for await (const result of timed(results, clock)) {
    if (resampling) fromModel ??= result.map(() => createResampler(modelRateHz, sampleRateHz, channels))
    const made = fromModel ? result.map((block, index) => fromModel![index]!.push(block)) : [...result]
    const frames = frameCount(made[0]!)
    if (frames > 0) yield { recording: recording.take(frames), made }
  }
  if (!fromModel) return
  // Rounding up twice may leave a frame more than came in.
  const rest = fromModel.map((resampler) => resampler.finish())
  const frames = Math.min(recording.frames(), frameCount(rest[0]!))
  yield { recording: recording.take(frames), made: rest.map((block) => beginning(block, frames)) }
}

function beginning(block: PcmBlock, frames: number): PcmBlock {
  return { channels: block.channels.map((samples) => samples.subarray(0, frames)) }
}

async function* timed<T>(results: AsyncIterable<T>, clock: ModelClock): AsyncGenerator<T> {
  const iterator = results[Symbol.asyncIterator]()
  try {
    for (;;) {
      const startedAt = performance.now()
      const next = await iterator.next()
      clock.inferenceMs += performance.now() - startedAt
      if (next.done) return
      yield next.value
    }
  } finally {
    await iterator.return?.()
  }
}
