import type { JobContext } from '../../../inference/engine'

/** A job that nobody watches. */
export function quietJob(changes: Partial<JobContext> = {}): JobContext {
  const silent = () => undefined
  const log = { debug: silent, info: silent, warn: silent }
  return { signal: new AbortController().signal, seed: 0, log, progress: silent, ...changes }
}
