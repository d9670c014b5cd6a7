import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { ModelFiles } from '../../inference/engine'
import { AppError } from '../../platform/errors'
import { parseKey } from '../../music/keys'
import type {
  CapabilityHandler,
  CapabilityTask,
  HandlerContext,
  TaskArtifact,
  TaskResult,
} from '../capability'
import { maxTextCharacters, type BackgroundMusicParameters } from './index'
import type { MusicEngine, MusicPlan } from './musician'
import { renderPlan, type Rendered } from './render'

type Task = CapabilityTask<BackgroundMusicParameters>

/** Background music with whichever engine the model's manifest asks for. Memory does not grow with the length. */
export function createBackgroundMusicHandler(
  engines: readonly MusicEngine[],
): CapabilityHandler<BackgroundMusicParameters> {
  return {
    async run(task, context) {
      try {
        return await makeMusic(engines, task, context)
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

async function makeMusic(
  engines: readonly MusicEngine[],
  task: Task,
  context: HandlerContext,
): Promise<TaskResult> {
  const startedAt = performance.now()
  const engine = engineOf(engines, task.model)
  const text = descriptionOf(task)
  checkKey(task.parameters)
  const lease = await context.models.acquire(engine, task.model)
  try {
    const seed = task.parameters.seed ?? context.seed
    const plan = await lease.model.run({ text, parameters: task.parameters, seed }, context)
    const openMs = performance.now() - startedAt
    const rendered = await renderPlan(plan, task, context)
    return await withNotes(task, plan, rendered, (notes) =>
      resultOf({ task, plan, rendered, notes, startedAt, openMs, provider: lease.provider }),
    )
  } finally {
    lease.release()
  }
}

function engineOf(engines: readonly MusicEngine[], { manifest }: ModelFiles): MusicEngine {
  const engine = engines.find(({ id }) => id === manifest.engine)
  if (engine) return engine
  throw new AppError('model_not_found', {
    message: `The model “${manifest.id}” needs the engine “${manifest.engine}”, which this version does not have.`,
  })
}

function descriptionOf({ input }: Task): string {
  if (input.kind !== 'text') {
    throw new AppError('invalid_parameter', {
      message: 'Background music takes a description, not a recording.',
    })
  }
  if (input.text.length > maxTextCharacters) {
    throw new AppError('text_too_long', {
      message: `The description has ${input.text.length} characters; at most ${maxTextCharacters} are taken.`,
    })
  }
  return input.text
}

function checkKey({ key }: BackgroundMusicParameters): void {
  if (key === null || parseKey(key)) return
  throw new AppError('invalid_parameter', { message: `“${key}” is no key. Give one such as “C minor”.` })
}

/** What was rendered goes away again where the notes cannot be written. */
async function withNotes(
  { outputDir }: Task,
  { notes }: MusicPlan,
  { file }: Rendered,
  resultWith: (notes: TaskArtifact[]) => TaskResult,
): Promise<TaskResult> {
  if (!notes) return resultWith([])
  const name = 'music.mid'
  const path = join(outputDir, name)
  try {
    await writeFile(path, notes)
    return resultWith([{ name, path, contentType: 'audio/midi', bytes: notes.length, free: false }])
  } catch (error) {
    await rm(file.path, { force: true })
    throw error
  }
}

interface Finished {
  task: Task
  plan: MusicPlan
  rendered: Rendered
  notes: TaskArtifact[]
  startedAt: number
  openMs: number
  provider: string
}

function resultOf({ task, plan, rendered, notes, startedAt, openMs, provider }: Finished): TaskResult {
  const { sampleRateHz, frames } = plan
  const durationSeconds = frames / sampleRateHz
  const { id, version } = task.model.manifest
  return {
    output: {
      ...rendered.file,
      kind: 'audio',
      durationSeconds,
      audio: { sampleRateHz, channels: 2, frames },
    },
    billedSeconds: durationSeconds,
    ...{ preview: rendered.preview, previewText: null, inputPreview: null },
    artifacts: [...rendered.stems, ...notes],
    details: {
      ...plan.understood,
      loudness_lufs: Math.round(rendered.loudness * 100) / 100,
      warnings: plan.warnings,
    },
    // There is no input sound: what it took is told in relation to what came out.
    inputSeconds: durationSeconds,
    waveform: { input: [], output: rendered.waveform },
    report: {
      timingsMs: {
        open: openMs,
        inference: rendered.synthesisMs,
        encode: rendered.encodeMs,
        total: performance.now() - startedAt,
      },
      realTimeFactor: rendered.synthesisMs / 1000 / durationSeconds,
      provider,
      model: { id, version },
    },
  }
}
