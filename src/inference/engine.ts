import type { Manifest } from './manifest'
import type { Runtime } from './runtime'

/** What a running job lends to the code that does its work. */
export interface JobContext {
  /** Aborted when the job is canceled or its deadline has passed; looked at between blocks. */
  signal: AbortSignal
  /** Seed of every random choice: the same seed and input give the same output. */
  seed: number
  log: JobLog
  /**
   * Reports progress. `stage` is a short verb phrase in kebab case, `fraction` is 0–1 within the whole job, `text` is
   * what there is of a text result so far, as far as it may be seen without paying.
   */
  progress(stage: string, fraction: number, text?: string): void
}

/** The subset of a pino logger that engines and handlers use. */
export interface JobLog {
  debug(details: object, message: string): void
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

/** A manifest with its files resolved to absolute paths. */
export interface ModelFiles {
  manifest: Manifest
  /** Absolute path of a file that the manifest lists; throws `model_file_missing` when it is not on this machine. */
  path(file: string): string
}

/** Code that knows one network architecture's inputs and outputs. */
export interface Engine<Input, Output> {
  id: string
  load(model: ModelFiles, runtime: Runtime): Promise<LoadedModel<Input, Output>>
}

export interface LoadedModel<Input, Output> {
  /** Approximate resident bytes, for the memory bound of the model cache. */
  bytes: number
  run(input: Input, job: JobContext): Promise<Output>
  /**
   * A first run on a little silence, so that the first job does not pay for what providers put off until then
   * (allocations, kernels that are compiled). Called once, as a part of loading.
   */
  warmUp?(): Promise<void>
  release(): Promise<void>
}
