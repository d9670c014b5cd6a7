import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'

import { previewOutput } from '../../audio/encode'
import type { AudioSink } from '../../audio/ffmpeg'
import { audioFormatTable } from '../../audio/formats'
import { frameCount } from '../../audio/pcm'
import { createWaveformCollector } from '../../audio/waveform'
import type { ModelFiles } from '../../inference/engine'
import { AppError } from '../../platform/errors'
import type { CapabilityHandler, CapabilityTask, HandlerContext, TaskResult } from '../capability'
import { maxTextCharacters, type SoundEffectsParameters } from './index'
import type { EffectEngine, EffectPlan } from './synthesizer'

type Task = CapabilityTask<SoundEffectsParameters>

/** Sound effects with whichever engine the model's manifest asks for. Memory does not grow with the length. */
export function createSoundEffectsHandler(
  engines: readonly EffectEngine[],
): CapabilityHandler<SoundEffectsParameters> {
  return {
    async run(task, context) {
      const startedAt = performance.now()
      try {
        const text = textOf(task)
        const lease = await context.models.acquire(engineOf(engines, task.model), task.model)
        try {
          context.progress('read', 0)
          const request = { text, parameters: task.parameters, seed: task.parameters.seed ?? context.seed }
          const plan = await lease.model.run(request, context)
          const openMs = performance.now() - startedAt
          const rendered = await render(task, plan, context)
          return resultOf({ task, plan, rendered, provider: lease.provider, openMs, startedAt })
        } finally {
          lease.release()
        }
      } catch (error) {
        if (error instanceof AppError) throw error
        throw new AppError(context.signal.aborted ? 'canceled' : 'engine_failed', { cause: error })
      }
    },
    async warm(model, models) {
      const lease = await models.acquire(engineOf(engines, model), model)
      lease.release()
    },
  }
}

function engineOf(engines: readonly EffectEngine[], { manifest }: ModelFiles): EffectEngine {
  const engine = engines.find((candidate) => candidate.id === manifest.engine)
  if (engine) return engine
  throw new AppError('model_not_found', {
    message: `The model “${manifest.id}” needs the engine “${manifest.engine}”, which this version does not have.`,
  })
}

function textOf({ input }: Task): string {
  if (input.kind !== 'text') {
    throw new AppError('invalid_parameter', { message: 'Sound effects take a description, not a recording.' })
  }
  if (input.text.length > maxTextCharacters) {
    throw new AppError('text_too_long', {
      message: `The description has ${input.text.length} characters; at most ${maxTextCharacters} are taken.`,
    })
  }
  const text = input.text.trim()
  if (text !== '') return text
  throw new AppError('invalid_parameter', {
    message:
      'The description is empty. Say what is to be heard, for example “rain on a tin roof with distant thunder”.',
  })
}

interface Rendered {
  files: { path: string; bytes: number }[]
  frames: number
  waveform: number[]
  renderMs: number
  encodeMs: number
}

async function render(task: Task, plan: EffectPlan, context: HandlerContext): Promise<Rendered> {
  const sink = context.ffmpeg.encode({ outputs: outputsOf(task), signal: context.signal })
  try {
    return await renderInto(sink, plan, context)
  } catch (error) {
    await sink.abort()
    throw error
  }
}

async function renderInto(
  sink: AudioSink,
  plan: EffectPlan,
  { signal, progress }: HandlerContext,
): Promise<Rendered> {
  sink.begin(plan.sampleRateHz, plan.channels)
  const waveform = createWaveformCollector()
  const startedAt = performance.now()
  let frames = 0
  let encodeMs = 0
  const { prepared = 0 } = plan
  for await (const block of plan.blocks()) {
    // Synthesis never waits by itself: this is where a cancellation gets through.
    await setImmediate()
    if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
    const writtenAt = performance.now()
    waveform.add(block)
    await sink.write(block)
    encodeMs += performance.now() - writtenAt
    frames += frameCount(block)
    progress('synthesize', Math.min(0.99, prepared + ((1 - prepared) * frames) / plan.frames))
  }
  if (frames !== plan.frames) {
    throw new AppError('engine_failed', {
      message: `The engine gave ${frames} frames instead of ${plan.frames}.`,
    })
  }
  const renderMs = performance.now() - startedAt - encodeMs
  const finishedAt = performance.now()
  const files = await sink.finish()
  return {
    files,
    frames,
    waveform: waveform.peaks(),
    renderMs,
    encodeMs: encodeMs + performance.now() - finishedAt,
  }
}

function outputsOf({ outputDir, outputFormat, previewSeconds }: Task) {
  const { extension } = audioFormatTable[outputFormat]
  const output = { path: join(outputDir, `output.${extension}`), format: outputFormat }
  return previewSeconds === null
    ? [output]
    : [output, previewOutput(join(outputDir, 'preview.mp3'), previewSeconds)]
}

interface Finding {
  task: Task
  plan: EffectPlan
  rendered: Rendered
  provider: string
  openMs: number
  startedAt: number
}

function resultOf({ task, plan, rendered, provider, openMs, startedAt }: Finding): TaskResult {
  const { id, version } = task.model.manifest
  const { sampleRateHz, channels } = plan
  const durationSeconds = rendered.frames / sampleRateHz
  const [file, preview] = rendered.files
  return {
    output: {
      ...{
        kind: 'audio',
        ...file!,
        contentType: audioFormatTable[task.outputFormat].contentType,
        durationSeconds,
      },
      audio: { sampleRateHz, channels, frames: rendered.frames },
    },
    billedSeconds: durationSeconds,
    preview: preview ? { ...preview, contentType: audioFormatTable.mp3.contentType } : null,
    ...{ previewText: null, inputPreview: null, artifacts: [] },
    details: { ...plan.understood, warnings: plan.warnings },
    // There is no input sound: what it took is told in relation to what came out.
    inputSeconds: durationSeconds,
    waveform: { input: [], output: rendered.waveform },
    report: {
      timingsMs: {
        open: openMs,
        inference: rendered.renderMs,
        encode: rendered.encodeMs,
        total: performance.now() - startedAt,
      },
      realTimeFactor: rendered.renderMs / 1000 / durationSeconds,
      provider,
      model: { id, version },
    },
  }
}
