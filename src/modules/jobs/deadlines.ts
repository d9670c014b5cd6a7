import type { CapabilityRegistry } from '../../capabilities'
import type { ModelStore } from '../../inference'

/** How long jobs may run, by their capability and by how slow their model's manifest says that it is. */
export interface Deadlines {
  /** Milliseconds. @param inputSeconds The longest that the input may be. */
  of(job: { capability: string; modelId: string }, inputSeconds: number): number
  /** Likewise with the slowest model of the capability. */
  longest(capability: string, inputSeconds: number): number
}

export function createDeadlines(
  registry: Pick<CapabilityRegistry, 'get'>,
  models: Pick<ModelStore, 'list'>,
): Deadlines {
  /** Without `modelId` of the slowest one. */
  const realTimeFactorOf = (capability: string, modelId?: string) =>
    Math.max(
      1,
      ...models
        .list(capability)
        .filter(({ manifest }) => modelId === undefined || manifest.id === modelId)
        .map(({ manifest }) => manifest.requirements.realTimeFactor ?? 1),
    )
  return {
    of: ({ capability, modelId }, inputSeconds) =>
      registry.get(capability).deadlineMs(inputSeconds, realTimeFactorOf(capability, modelId)),
    longest: (capability, inputSeconds) =>
      registry.get(capability).deadlineMs(inputSeconds, realTimeFactorOf(capability)),
  }
}
