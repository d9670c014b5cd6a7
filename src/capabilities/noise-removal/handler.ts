import { join } from 'node:path'

import { previewOutput } from '../../audio/encode'
import type { AudioSink, DecodedAudio } from '../../audio/ffmpeg'
import { audioFormatTable } from '../../audio/formats'
import { createPeakLimiter } from '../../audio/limiter'
import { frameCount, type PcmBlock } from '../../audio/pcm'
import { startPreview, type Preview } from '../../audio/preview'
import { createWaveformCollector } from '../../audio/waveform'
import type { ModelFiles } from '../../inference/engine'
import type { ModelCache } from '../../inference/model-cache'
import { AppError } from '../../platform/errors'
import type {
  CapabilityHandler,
  CapabilityTask,
  HandlerContext,
  TaskArtifact,
  TaskFile,
  TaskResult,
} from '../capability'
import type { DenoiserEngine } from './denoiser'
import type { NoiseRemovalParameters } from './index'
import { listenTo, repairsOf, type HeardAudio } from './listen'
import { modelStream, type ModelClock } from './model-stream'
import { openPartFiles, type PartFiles } from './part-files'
import { repair, type Repairs } from './repair'
import type { SeparatorEngine } from './separator'
import { inputPath, openTreatment, type Treatment } from './treatment'

type Task = CapabilityTask<NoiseRemovalParameters>

/** What has to be closed whatever happens. */
interface Opened {
  decoded: HeardAudio
  repairs: Repairs
  treatment: Treatment
}

interface Outcome {
  frames: number
  files: { path: string; bytes: number }[]
  artifacts: TaskArtifact[]
  clock: ModelClock
  encodeMs: number
}

/** Noise removal with whichever model does what is asked. Memory does not grow with the input. */
export function createNoiseRemovalHandler(
  denoisers: readonly DenoiserEngine[],
  separators: readonly SeparatorEngine[] = [],
): CapabilityHandler<NoiseRemovalParameters> {
  return {
    async run(task, context) {
      const startedAt = performance.now()
      const paths = resultPaths(task)
      // It needs nothing to start: it comes up while the input is being opened.
      const sink = context.ffmpeg.encode({ outputs: outputsOf(task, paths), signal: context.signal })
      let opened: Partial<Opened> = {}
      let preview: Preview | null = null
      let parts: PartFiles | undefined
      try {
        const decoded = listenTo(await open(task, context))
        opened = { decoded }
        preview = startInputPreview(task, context, paths)
        const repairs = await repairsOf(task.parameters, decoded)
        const treatment = await openTreatment(task, decoded, { denoisers, separators }, context)
        opened.treatment = treatment
        const openMs = performance.now() - startedAt
        parts = openPartFiles(treatment.partNames, decoded, task, context)
        const waveform = { input: createWaveformCollector(), output: createWaveformCollector() }
        const outcome = await process(
          task,
          context,
          { decoded, repairs, treatment },
          { main: sink, parts },
          waveform,
        )
        const inputPreview = (await preview?.finished()) ?? null
        return report({
          inputPreview,
          task,
          paths,
          decoded,
          repairs,
          treatment,
          outcome,
          waveform,
          openMs,
          startedAt,
        })
      } catch (error) {
        await Promise.all([sink.abort(), parts?.abort(), opened.decoded?.stop(), preview?.stop()])
        throw asEngineError(error)
      } finally {
        opened.treatment?.release()
      }
    },
    async warm(model, models) {
      const lease = await acquire(model, models, denoisers, separators)
      lease?.release()
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

/** Null for a model of another version of this program. */
function acquire(
  model: ModelFiles,
  models: ModelCache,
  denoisers: readonly DenoiserEngine[],
  separators: readonly SeparatorEngine[],
): Promise<{ release(): void }> | null {
  const isOf = ({ id }: { id: string }) => id === model.manifest.engine
  const denoiser = denoisers.find(isOf)
  if (denoiser) return models.acquire(denoiser, model)
  const separator = separators.find(isOf)
  return separator ? models.acquire(separator, model) : null
}

/** What must be refused is refused before any inference is spent on it. */
async function open(task: Task, { ffmpeg, signal }: HandlerContext): Promise<DecodedAudio> {
  const path = inputPath(task)
  const { maxInputSeconds: maxSeconds } = task
  const decoded = await ffmpeg.decode(path, { maxSeconds, signal })
  try {
    // The prober tells a film, which it refuses, from a song with a cover.
    if (decoded.claims.pictures) await ffmpeg.probe(path, { signal })
    if ((decoded.claims.durationSeconds ?? 0) > maxSeconds) {
      await ffmpeg.assertWithin(path, maxSeconds, { signal })
    }
    return decoded
  } catch (error) {
    await decoded.stop()
    throw error
  }
}

function startInputPreview(task: Task, { ffmpeg, signal }: HandlerContext, paths: Paths): Preview | null {
  if (task.input.kind !== 'audio' || task.inputPreviewSeconds === null) return null
  const options = { path: paths.inputPreview, maxSeconds: task.inputPreviewSeconds, signal }
  return startPreview(ffmpeg, task.input.path, options)
}

async function process(
  { maxInputSeconds }: Task,
  context: HandlerContext,
  { decoded, repairs, treatment }: Opened,
  { main, parts }: { main: AudioSink; parts: PartFiles },
  waveform: Record<'input' | 'output', ReturnType<typeof createWaveformCollector>>,
): Promise<Outcome> {
  const { sampleRateHz, channels } = decoded
  const stage = treatment.chosen.mode === 'stems' ? 'separate' : 'denoise'
  main.begin(sampleRateHz, channels)
  const limiter = createPeakLimiter(sampleRateHz, channels)
  const clock: ModelClock = { inferenceMs: 0 }
  let frames = 0
  let encodeMs = 0
  const timed = async <T>(work: Promise<T>): Promise<T> => {
    const startedAt = performance.now()
    const result = await work
    encodeMs += performance.now() - startedAt
    return result
  }
  const write = (block: PcmBlock) => {
    waveform.output.add(block)
    return main.write(block)
  }

  context.progress(stage, 0)
  const input = { readToEnd: false }
  const source = observed(decoded.blocks, {
    block: (block) => waveform.input.add(block),
    end: () => (input.readToEnd = true),
  })
  const expectedFrames = (decoded.claims.durationSeconds ?? maxInputSeconds) * sampleRateHz
  const stream = modelStream({
    source: { blocks: source, sampleRateHz, channels },
    modelRateHz: treatment.chosen.files.manifest.sampleRateHz,
    repair: (blocks) => repair(blocks, repairs, decoded, () => context.signal.throwIfAborted()),
    run: (blocks) => treatment.run({ channels, blocks }),
    clock,
  })
  for await (const block of stream) {
    if (context.signal.aborted) throw new AppError('canceled', { cause: context.signal.reason })
    const combined = treatment.combine(block)
    frames += frameCount(combined.output)
    await timed(Promise.all([write(limiter.push(combined.output)), parts.write(combined.parts)]))
    context.progress(stage, Math.min(0.99, frames / expectedFrames))
  }
  if (!input.readToEnd || frames !== decoded.framesDecoded()) {
    throw new AppError('engine_failed', {
      message: `The model gave ${frames} frames for ${decoded.framesDecoded()} or more frames of input.`,
    })
  }
  await timed(write(limiter.finish()))
  const [files, artifacts] = await timed(Promise.all([main.finish(), parts.finish()]))
  return { frames, files, artifacts, clock, encodeMs }
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

interface Finished extends Opened {
  inputPreview: TaskFile | null
  task: Task
  paths: Paths
  outcome: Outcome
  waveform: Record<'input' | 'output', ReturnType<typeof createWaveformCollector>>
  openMs: number
  startedAt: number
}

function report(finished: Finished): TaskResult {
  const { inputPreview, task, paths, decoded, treatment, outcome, waveform, openMs, startedAt } = finished
  const { sampleRateHz, channels } = decoded
  const { id, version } = treatment.chosen.files.manifest
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
    artifacts: outcome.artifacts,
    details: detailsOf(finished),
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
      provider: treatment.provider,
      model: { id, version },
    },
  }
}

function detailsOf({ task, repairs, treatment }: Finished): Record<string, unknown> {
  const { mode, files, warnings } = treatment.chosen
  const { hum } = repairs
  return {
    ...{ mode, model: files.manifest.id },
    hum_hz: hum?.linesHz.map((hz) => Math.round(100 * hz) / 100) ?? [],
    warnings: [...warnings, ...(task.parameters.hum && !hum ? ['No mains hum was found.'] : [])],
  }
}

function mp3File(path: string, bytes: number): TaskFile {
  return { path, contentType: audioFormatTable.mp3.contentType, bytes }
}

function asEngineError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError('engine_failed', { cause: error })
}
