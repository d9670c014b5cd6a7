import type { Ffmpeg } from '../audio/ffmpeg'
import type { CapabilityHandler, CapabilityRegistry, HandlerContext, TaskResult } from '../capabilities'
import { noResources, type AskedJob, type TranslationServer } from '../capabilities/capability'
import { speechQualityKind } from '../capabilities/speech-quality'
import { presetVoiceKind } from '../capabilities/speech-models'
import { mkdir } from 'node:fs/promises'

import {
  createModelSelection,
  noModelChoices,
  type JobContext,
  type Manifest,
  type ModelFiles,
  type ModelStore,
} from '../inference'
import type { ModelCache } from '../inference/model-cache'
import { AppError } from '../platform/errors'
import { measureQuality } from './measure-quality'
import { observeSound } from './observe-sound'
import type { RunnerTask } from './protocol'

export interface TaskExecutorDependencies {
  registry: CapabilityRegistry
  store: ModelStore
  models: ModelCache
  ffmpeg: Ffmpeg
  translationServer?: TranslationServer | undefined
  /** What generated sound is marked with: 32 bits, unsigned. Default: it is not marked. */
  watermark?: number | undefined
}

/** Parts of a preview go nowhere where there is no `publishPart`. */
export type ExecutionContext = JobContext & Partial<Pick<HandlerContext, 'publishPart'>>

/** Runs tasks in this process: the same code behind a runner process and behind `timbre run`. */
export interface TaskExecutor {
  /** @throws AppError */
  execute(task: RunnerTask, context: ExecutionContext): Promise<TaskResult>
  /** Loads a capability's handler and its default model, where that is installed. */
  warm(capability: string): Promise<void>
}

/** What a task is worked on with; its parts share the note of the models. */
interface Means {
  ffmpeg: Ffmpeg
  /** Ids of the models that had a part in it. */
  noted: Set<string>
}

/** A cache that notes whose weights were used. */
const noting = (models: ModelCache, noted: Set<string>): ModelCache => ({
  ...models,
  acquire(engine, files) {
    noted.add(files.manifest.id)
    return models.acquire(engine, files)
  },
})

const defaultPreviewSeconds = 30

export function createTaskExecutor(dependencies: TaskExecutorDependencies): TaskExecutor {
  const { registry, store, models, ffmpeg } = dependencies
  const handlers = new Map<string, Promise<CapabilityHandler>>()

  const handlerOf = (capability: string): Promise<CapabilityHandler> => {
    const loading = handlers.get(capability) ?? registry.get(capability).loadHandler()
    handlers.set(capability, loading)
    return loading
  }

  const selectionFor = (task: RunnerTask) => createModelSelection(store, () => task.choices ?? noModelChoices)

  const modelOf = (task: RunnerTask) => {
    const selection = selectionFor(task)
    const entry = task.model ? selection.inForce(task.model) : selection.defaultOf(task.capability)
    if (entry?.manifest.capability === task.capability) return entry.files
    throw new AppError('model_not_found', {
      message: task.model
        ? `The model “${task.model}” does not belong to ${task.capability}.`
        : `No model for ${task.capability} is installed.`,
    })
  }

  /** A model that a parameter names. @throws AppError `model_not_found` where it may not be used. */
  const allowed = (task: RunnerTask, id: string) => {
    const selection = selectionFor(task)
    const refusal = selection.refusal(id)
    if (refusal !== null) throw new AppError('model_not_found', { message: refusal })
    return selection.inForce(id)
  }

  const contextOf = (job: ExecutionContext, task: RunnerTask, means: Means): HandlerContext => ({
    publishPart: () => undefined,
    ...job,
    ffmpeg: means.ffmpeg,
    models: noting(models, means.noted),
    helperModel: (kind, id): ModelFiles | null => {
      if (id === undefined) {
        const entry = selectionFor(task).defaultOf(kind)
        return entry?.installed() ? entry.files : null
      }
      const { manifest, files } = allowed(task, id)
      if (manifest.capability === kind) return files
      throw new AppError('model_not_found', { message: `The model “${id}” is no ${kind} model.` })
    },
    helperModels: (kind) =>
      selectionFor(task)
        .offered(kind)
        .map((entry) => ({ files: entry.files, installed: entry.installed() })),
    translationServer: dependencies.translationServer,
    async runCapability(part, progress) {
      await mkdir(part.outputDir, { recursive: true })
      const { maxInputSeconds, resources, choices } = task
      if (part.model) allowed(task, part.model)
      return handle(
        { resources, ...part, choices, maxInputSeconds, previewSeconds: null, seed: job.seed },
        { ...job, progress, publishPart: () => undefined },
        { ffmpeg, noted: means.noted },
      )
    },
  })

  /** What a task is asked, as `resolve` of the API asks it; its text is looked at by its handler. */
  const askedOf = ({ resources, ...task }: RunnerTask, model: Manifest): AskedJob => {
    const { usable } = selectionFor(task)
    return {
      ...{ model, text: null },
      otherModel: (kind, id) => usable(kind, id)?.manifest ?? null,
      hasVoice: (id) => resources?.voices[id] !== undefined || usable(presetVoiceKind, id) !== null,
    }
  }

  /** What comes out of a task is watched; what its parts do is not. */
  async function execute(task: RunnerTask, job: ExecutionContext): Promise<TaskResult> {
    const { sound } = registry.get(task.capability)
    const noted = new Set<string>()
    const withNoted = (result: TaskResult) => ({
      ...result,
      models: [...new Set([...noted, ...(result.models ?? [])])],
    })
    if (!sound) return withNoted(await handle(task, job, { ffmpeg, noted }))
    const judge = sound.speech ? selectionFor(task).defaultOf(speechQualityKind) : null
    const observed = observeSound(ffmpeg, {
      inputPath: task.input.kind === 'audio' ? task.input.path : null,
      outputDir: task.outputDir,
      speech: judge?.installed() ?? false,
      watermark: sound.generated ? (dependencies.watermark ?? null) : null,
    })
    const result = await handle(task, job, { ffmpeg: observed.ffmpeg, noted })
    const judging = { model: judge?.installed() ? judge.files : null, isSpeech: sound.speech, models, job }
    return { ...withNoted(result), quality: await measureQuality(observed, judging) }
  }

  async function handle(task: RunnerTask, job: ExecutionContext, means: Means): Promise<TaskResult> {
    const { limits } = registry.get(task.capability)
    const previewSeconds = task.previewSeconds === undefined ? defaultPreviewSeconds : task.previewSeconds
    const handler = await handlerOf(task.capability)
    const model = modelOf(task)
    means.noted.add(model.manifest.id)
    return handler.run(
      {
        input: task.input,
        parameters: registry.parseParameters(task.capability, task.parameters, askedOf(task, model.manifest)),
        resources: task.resources ?? noResources,
        model,
        outputDir: task.outputDir,
        outputFormat: task.outputFormat ?? 'flac',
        previewSeconds,
        inputPreviewSeconds: task.previewInput === false ? null : previewSeconds,
        maxInputSeconds: Math.min(task.maxInputSeconds ?? Infinity, limits.maxInputSeconds),
      },
      contextOf(job, task, means),
    )
  }

  return {
    execute,
    async warm(capability) {
      const handler = await handlerOf(capability)
      const entry = store.defaultModel(capability)
      if (entry?.installed()) await handler.warm?.(entry.files, models)
    },
  }
}
