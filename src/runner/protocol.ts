import { inspect } from 'node:util'

import type { FfmpegBinaries } from '../audio/ffmpeg'
import type { AudioFormat } from '../audio/formats'
import type { TaskInput, TaskResources, TaskResult, TranslationServer } from '../capabilities/capability'
import type { ModelChoices } from '../inference'
import type { LoadedModelInfo } from '../inference/model-cache'
import { AppError, isErrorCode, toAppError } from '../platform/errors'

/**
 * What a runner process needs to know of the configuration: paths and sizes. The one secret in it is the translation
 * server's key: the process that calls that server has to show it, and gets it over its channel, not by the environment.
 */
export interface RunnerSettings {
  modelsDir: string
  dataDir: string
  binaries: FfmpegBinaries
  /** In order of preference: `tensorrt`, `cuda`, `webgpu`, `cpu`. */
  executionProviders: readonly string[]
  /** Bound on the loaded models of one process. */
  modelMemoryBytes: number
  /** Unused models are unloaded after this time. Default: ten minutes. */
  modelIdleMs?: number
  /** Capabilities whose default model is loaded at start. */
  warm: readonly string[]
  translationServer?: TranslationServer | undefined
  /** What generated sound is marked with: 32 bits, unsigned. Default: it is not marked. */
  watermark?: number | undefined
}

/** A piece of work for a runner process. All paths are absolute and on this machine. */
export interface RunnerTask {
  capability: string
  /** Default: the capability's default model. */
  model?: string | undefined
  /** Default: none were made. */
  choices?: ModelChoices
  input: TaskInput
  parameters: Record<string, unknown>
  resources?: TaskResources | undefined
  /** Existing folder that the results are written to; the caller's to remove. */
  outputDir: string
  /** Default: `flac`. */
  outputFormat?: AudioFormat | undefined
  /** Default: 30; null for none. */
  previewSeconds?: number | null
  /** Whether a preview of the input is needed as well. Default: true. */
  previewInput?: boolean
  /** Default: the capability's own limit, which cannot be exceeded. */
  maxInputSeconds?: number
  /** Default: 0. */
  seed?: number
}

export interface TaskProgress {
  stage: string
  /** 0–1 within the whole task. */
  fraction: number
  /** What there is of a text result so far. */
  text?: string | undefined
}

/** What a runner process holds, for metrics. */
export interface RunnerUsage {
  rssBytes: number
  models: LoadedModelInfo[]
}

export type LogLevel = 'debug' | 'info' | 'warn'

export type ToChild =
  | { type: 'init'; settings: RunnerSettings }
  | { type: 'run'; taskId: number; task: RunnerTask }
  | { type: 'cancel'; taskId: number }

export type FromChild =
  | { type: 'ready'; usage: RunnerUsage }
  | { type: 'progress'; taskId: number; progress: TaskProgress }
  | { type: 'part'; taskId: number; path: string }
  | { type: 'log'; level: LogLevel; details: object; message: string }
  | { type: 'usage'; usage: RunnerUsage }
  | { type: 'done'; taskId: number; result: TaskResult; usage: RunnerUsage }
  | { type: 'failed'; taskId: number; error: WireError; usage: RunnerUsage }

/** An `AppError` between processes. */
export interface WireError {
  code: string
  message: string
  details: Record<string, unknown>
  cause: string | null
}

export function toWireError(error: unknown): WireError {
  const { code, message, details, cause } = toAppError(error)
  const reason =
    cause instanceof Error ? (cause.stack ?? cause.message) : cause === undefined ? null : inspect(cause)
  return { code, message, details, cause: reason }
}

export function fromWireError({ code, message, details, cause }: WireError): AppError {
  return new AppError(isErrorCode(code) ? code : 'internal', {
    message,
    details,
    cause: cause === null ? undefined : new Error(cause),
  })
}
