import type { JobContext } from '../../../inference/engine'

/** A job that nobody watches. */
export function quietJob(signal: AbortSignal = new AbortController().signal): JobContext {
  const silent = () => undefined
  return { signal, seed: 0, log: { debug: silent, info: silent, warn: silent }, progress: silent }
}
