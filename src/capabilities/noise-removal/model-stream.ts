import { frameCount, type PcmBlock } from '../../audio/pcm'
import { createPcmQueue } from '../../audio/pcm-queue'
import { createResampler } from '../../audio/resample'
import type { JobContext, LoadedModel } from '../../inference/engine'
import type { DenoiserInput, DenoiserOutput } from './denoiser'
import type { NoiseRemovalParameters } from './index'
import { mixResult } from './mix'

/** Time spent in the model itself, without the wait for its input. */
export interface DenoiseClock {
  inferenceMs: number
}

export interface DenoiseStreamOptions {
  source: { blocks: AsyncIterable<PcmBlock>; sampleRateHz: number; channels: number }
  model: LoadedModel<DenoiserInput, DenoiserOutput>
  modelRateHz: number
  parameters: NoiseRemovalParameters
  context: JobContext
  clock: DenoiseClock
}

/**
 * The result for a stream of blocks, at the source's rate, frame for frame. Where the model works at another rate, the
 * model's version is brought back to the source's before the two are mixed, so that what is left of the recording is
 * left untouched.
 */
export async function* denoiseStream(options: DenoiseStreamOptions): AsyncGenerator<PcmBlock> {
  const { source, model, modelRateHz, parameters, context, clock } = options
  const { sampleRateHz, channels } = source
  const resampling = modelRateHz !== sampleRateHz
  const toModel = resampling ? createResampler(sampleRateHz, modelRateHz, channels) : null
  const fromModel = resampling ? createResampler(modelRateHz, sampleRateHz, channels) : null
  const recording = createPcmQueue(channels)

  async function* modelInput(): AsyncGenerator<PcmBlock> {
    let waitingSince = performance.now()
    for await (const block of source.blocks) {
      recording.push(block)
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
  const denoised = await model.run({ channels, blocks: modelInput() }, context)
  clock.inferenceMs += performance.now() - startedAt
  for await (const block of timed(denoised, clock)) {
    const wet = fromModel ? fromModel.push(block) : block
    if (frameCount(wet) > 0) yield mixResult(recording.take(frameCount(wet)), wet, parameters)
  }
  // Rounding up twice may leave a frame more than came in.
  const rest = fromModel?.finish()
  if (rest) yield mixResult(recording.take(Math.min(recording.frames(), frameCount(rest))), rest, parameters)
}

async function* timed(blocks: AsyncIterable<PcmBlock>, clock: DenoiseClock): AsyncGenerator<PcmBlock> {
  const iterator = blocks[Symbol.asyncIterator]()
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
