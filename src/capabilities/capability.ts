import { z } from 'zod'

import type { Ffmpeg, MediaInfo } from '../audio/ffmpeg'
import type { AudioFormat } from '../audio/formats'
import type { JobContext, ModelFiles } from '../inference/engine'
import type { ModelCache } from '../inference/model-cache'

export type InputKind = 'audio' | 'text'

export interface CapabilityLimits {
  maxInputBytes: number
  /** Of decoded audio. */
  maxInputSeconds: number
  maxTextCharacters: number
}

/**
 * What the API may know about a capability. Its handler and engines are behind `loadHandler` and are loaded in the
 * worker's runner processes only.
 */
export interface CapabilityDefinition<Parameters extends object = Record<string, unknown>> {
  /** Stable id on the wire, kebab case; also the folder's name and the queue's. */
  id: string
  title: string
  summary: string
  inputs: readonly InputKind[]
  /** snake_case keys, each with a description and a default: forms are built from it. */
  parameters: z.ZodType<Parameters>
  limits: CapabilityLimits
  /** How long a job may run, from the claimed length of its input; null where that is not known. */
  deadlineMs(inputSeconds: number | null): number
  loadHandler(): Promise<CapabilityHandler<Parameters>>
}

export type TaskInput = { kind: 'audio'; path: string; media?: MediaInfo } | { kind: 'text'; text: string }

/** One piece of work on local files. */
export interface CapabilityTask<Parameters extends object = Record<string, unknown>> {
  input: TaskInput
  /** Checked against the definition's schema. */
  parameters: Parameters
  model: ModelFiles
  /** Existing folder for the results. The caller removes it where the task fails. */
  outputDir: string
  outputFormat: AudioFormat
  /** Whether to write lower-grade previews of input and output. */
  previewSeconds: number | null
  maxInputSeconds: number
}

/** What a handler stands on: the job, and this process's audio and models. */
export interface HandlerContext extends JobContext {
  ffmpeg: Ffmpeg
  models: ModelCache
}

export interface TaskFile {
  path: string
  contentType: string
  bytes: number
}

/** Where the time of a task went. */
export interface TaskReport {
  /** Milliseconds by stage; stages overlap, `total` is the wall time. */
  timingsMs: { open: number; inference: number; encode: number; total: number }
  /** Inference time divided by the input's duration. */
  realTimeFactor: number
  /** Execution provider that the model ran on. */
  provider: string
  model: { id: string; version: string }
}

export interface TaskResult {
  output: TaskFile & { durationSeconds: number; sampleRateHz: number; channels: number; frames: number }
  preview: TaskFile | null
  inputPreview: TaskFile | null
  /** Of decoded samples. */
  inputSeconds: number
  /** Peaks of at most 1,000 equal parts of the audio, 0–1. */
  waveform: { input: number[]; output: number[] }
  report: TaskReport
}

export interface CapabilityHandler<Parameters extends object = Record<string, unknown>> {
  /** @throws AppError; anything else is a fault of the engine. */
  run(task: CapabilityTask<Parameters>, context: HandlerContext): Promise<TaskResult>
  /** Loads a model ahead of the first job that needs it. */
  warm?(model: ModelFiles, models: ModelCache): Promise<void>
}

/** The JSON Schema of a capability's parameters, as the API shows it. */
export function parameterJsonSchema(
  definition: Pick<CapabilityDefinition, 'parameters'>,
): Record<string, unknown> {
  return z.toJSONSchema(definition.parameters, { io: 'input' })
}
