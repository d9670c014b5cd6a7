import { join } from 'node:path'

import { previewOutput } from '../../audio/encode'
import type { AudioSink, DecodedAudio } from '../../audio/ffmpeg'
import { audioFormatTable } from '../../audio/formats'
import { createPeakLimiter } from '../../audio/limiter'
import { frameCount, type PcmBlock } from '../../audio/pcm'
import { startPreview, type Preview } from '../../audio/preview'
import { createWaveformCollector } from '../../audio/waveform'
import type { ModelFiles } from '../../inference/engine'
import type { ModelLease } from '../../inference/model-cache'
import { AppError } from '../../platform/errors'
import type { CapabilityHandler, CapabilityTask, HandlerContext, TaskFile, TaskResult } from '../capability'
import type { DenoiserEngine, DenoiserInput, DenoiserOutput } from './denoiser'
import { denoiseStream, type DenoiseClock } from './denoise-stream'
import type { NoiseRemovalParameters } from './index'

type Task = CapabilityTask<NoiseRemovalParameters>

/** What has to be closed whatever happens. */
interface Opened {
  decoded: DecodedAudio
  lease: ModelLease<DenoiserInput, DenoiserOutput>
}

interface Outcome {
  frames: number
  files: { path: string; bytes: number }[]
  clock: DenoiseClock
  encodeMs: number
}

/** Noise removal with whichever engine the model's manifest asks for. Memory does not grow with the input. */
export function createNoiseRemovalHandler(
  engines: readonly DenoiserEngine[],
): CapabilityHandler<NoiseRemovalParameters> {
  return {
    async run(task, context) {
      const startedAt = performance.now()
      const paths = resultPaths(task)
      const engine = engineOf(engines, task.model)
      // They need nothing to start: they come up while the input is being opened.
      const sink = context.ffmpeg.encode({ outputs: outputsOf(task, paths), signal: context.signal })
      const preview = startInputPreview(task, context, paths)
      let opened: Opened | undefined
      try {
        opened = await open(task, context, engine)
        await refuse(task, context, opened.decoded)
        const openMs = performance.now() - startedAt
        const waveform = { input: createWaveformCollector(), output: createWaveformCollector() }
        const outcome = await process(task, context, opened, sink, waveform)
        const inputPreview = (await preview?.finished()) ?? null
        return report({ inputPreview, task, paths, opened, outcome, waveform, openMs, startedAt })
      } catch (error) {
        await Promise.all([sink.abort(), opened?.decoded.stop(), preview?.stop()])
        throw asEngineError(error)
      } finally {
        opened?.lease.release()
      }
    },
    async warm(model, models) {
      const lease = await models.acquire(engineOf(engines, model), model)
      lease.release()
    },
  }
}

type Paths = ReturnType<typeof resultPaths>

function resultPaths(task: Task) {
  const { extension } = audioFormatTable[task.outputFormat]
  return {
    output: join(task.outputDir, `output.${extension}`),
    preview: join(task.outputDir, 'preview.mp3'),
    inputPreview: join(task.outputDir, 'input-preview.mp3'),
  }
}

function outputsOf(task: Task, paths: Paths) {
  const main = { path: paths.output, format: task.outputFormat }
  return task.previewSeconds === null ? [main] : [main, previewOutput(paths.preview, task.previewSeconds)]
}

function engineOf(engines: readonly DenoiserEngine[], { manifest }: ModelFiles): DenoiserEngine {
  const engine = engines.find((candidate) => candidate.id === manifest.engine)
  if (engine) return engine
  throw new AppError('model_not_found', {
    message: `The model “${manifest.id}” needs the engine “${manifest.engine}”, which this version does not have.`,
  })
}

function inputPath(task: Task): string {
  if (task.input.kind === 'audio') return task.input.path
  throw new AppError('invalid_parameter', { message: 'Noise removal takes a recording, not text.' })
}

/** Decoder and model come up side by side; where one fails the other is closed. */
async function open(
  task: Task,
  { ffmpeg, models, signal }: HandlerContext,
  engine: DenoiserEngine,
): Promise<Opened> {
  const [decoded, lease] = await Promise.allSettled([
    ffmpeg.decode(inputPath(task), { maxSeconds: task.maxInputSeconds, signal }),
    models.acquire(engine, task.model),
  ])
  if (decoded.status === 'fulfilled' && lease.status === 'fulfilled') {
    return { decoded: decoded.value, lease: lease.value }
  }
  if (decoded.status === 'fulfilled') await decoded.value.stop()
  if (lease.status === 'fulfilled') lease.value.release()
  throw [decoded, lease].find((result) => result.status === 'rejected')?.reason
}

/** Before any inference is spent on it. */
async function refuse(task: Task, { ffmpeg, signal }: HandlerContext, { claims }: DecodedAudio) {
  // The prober tells a film, which it refuses, from a song with a cover.
  if (claims.pictures) await ffmpeg.probe(inputPath(task), { signal })
  if ((claims.durationSeconds ?? 0) <= task.maxInputSeconds) return
  await ffmpeg.assertWithin(inputPath(task), task.maxInputSeconds, { signal })
}

function startInputPreview(task: Task, { ffmpeg, signal }: HandlerContext, paths: Paths): Preview | null {
  if (task.input.kind !== 'audio' || task.inputPreviewSeconds === null) return null
  const options = { path: paths.inputPreview, maxSeconds: task.inputPreviewSeconds, signal }
  return startPreview(ffmpeg, task.input.path, options)
}

async function process(
  task: Task,
  context: HandlerContext,
  { decoded, lease }: Opened,
  sink: AudioSink,
  waveform: Record<'input' | 'output', ReturnType<typeof createWaveformCollector>>,
): Promise<Outcome> {
  const { sampleRateHz, channels } = decoded
  sink.begin(sampleRateHz, channels)
  const expectedFrames = (decoded.claims.durationSeconds ?? task.maxInputSeconds) * sampleRateHz
  const limiter = createPeakLimiter(sampleRateHz, channels)
  const clock: DenoiseClock = { inferenceMs: 0 }
  let frames = 0
  let encodeMs = 0
  const write = async (block: PcmBlock) => {
    const startedAt = performance.now()
    waveform.output.add(block)
    await sink.write(block)
    encodeMs += performance.now() - startedAt
  }

  context.progress('denoise', 0)
  const input = { readToEnd: false }
  const source = observed(decoded.blocks, {
    block: (block) => waveform.input.add(block),
    end: () => (input.readToEnd = true),
  })
  const stream = denoiseStream({
    source: { blocks: source, sampleRateHz, channels },
    model: lease.model,
    modelRateHz: task.model.manifest.sampleRateHz,
    parameters: task.parameters,
    context,
    clock,
  })
  for await (const block of stream) {
    if (context.signal.aborted) throw new AppError('canceled', { cause: context.signal.reason })
    frames += frameCount(block)
    await write(limiter.push(block))
    context.progress('denoise', Math.min(0.99, frames / expectedFrames))
  }
  await write(limiter.finish())
  if (!input.readToEnd || frames !== decoded.framesDecoded()) {
    throw new AppError('engine_failed', {
      message: `The model gave ${frames} frames for ${decoded.framesDecoded()} or more frames of input.`,
    })
  }
  const startedAt = performance.now()
  const files = await sink.finish()
  return { frames, files, clock, encodeMs: encodeMs + performance.now() - startedAt }
}

async function* observed(
  blocks: AsyncIterable<PcmBlock>,
  on: { block(block: PcmBlock): void; end(): void },
): AsyncGenerator<PcmBlock> {
  for await (const block of blocks) {
    on.block(block)
    yield block
  }
  on.end()
}

interface Finished {
  inputPreview: TaskFile | null
  task: Task
  paths: Paths
  opened: Opened
  outcome: Outcome
  waveform: Record<'input' | 'output', ReturnType<typeof createWaveformCollector>>
  openMs: number
  startedAt: number
}

function report({
  inputPreview,
  task,
  paths,
  opened,
  outcome,
  waveform,
  openMs,
  startedAt,
}: Finished): TaskResult {
  const { sampleRateHz, channels } = opened.decoded
  const { id, version } = task.model.manifest
  const inputSeconds = outcome.frames / sampleRateHz
  const { contentType } = audioFormatTable[task.outputFormat]
  const previewed = task.previewSeconds !== null
  return {
    output: {
      ...{ kind: 'audio', path: paths.output, contentType, bytes: outcome.files[0]!.bytes },
      durationSeconds: inputSeconds,
      audio: { frames: outcome.frames, sampleRateHz, channels },
    },
    billedSeconds: inputSeconds,
    previewText: null,
    artifacts: [],
    details: null,
    preview: previewed ? mp3File(paths.preview, outcome.files[1]!.bytes) : null,
    inputPreview,
    inputSeconds,
    waveform: { input: waveform.input.peaks(), output: waveform.output.peaks() },
    report: {
      timingsMs: {
        open: openMs,
        inference: outcome.clock.inferenceMs,
        encode: outcome.encodeMs,
        total: performance.now() - startedAt,
      },
      realTimeFactor: outcome.clock.inferenceMs / 1000 / inputSeconds,
      provider: opened.lease.provider,
      model: { id, version },
    },
  }
}

function mp3File(path: string, bytes: number): TaskFile {
  return { path, contentType: audioFormatTable.mp3.contentType, bytes }
}

function asEngineError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError('engine_failed', { cause: error })
}
