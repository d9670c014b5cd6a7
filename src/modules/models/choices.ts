import type { EventBus } from '../../platform/events'
import type { Logger } from '../../platform/logger'
import type { ModelChoices } from '../../inference'
import type { ModelRepository, ModelSpeed } from './repository'

/** What administrators chose and how fast models are, as it stood a moment ago. */
export interface KnownChoices {
  models: ModelChoices
  /** By model: the speed on the provider that was used last. */
  speeds: ReadonlyMap<string, ModelSpeed>
}

export interface ChoicesCache {
  current(): KnownChoices
  reload(): Promise<KnownChoices>
  close(): void
}

/** Speeds change with every job and are not announced. */
const maxAgeMs = 30_000

/** The choices in memory, read again when an administrator changed them in whichever process. */
export async function createChoicesCache(options: {
  repository: Pick<ModelRepository, 'choices' | 'speeds'>
  /** Whether the operator allows models whose licence forbids commercial use. */
  nonCommercial: boolean
  events: EventBus
  logger: Logger
}): Promise<ChoicesCache> {
  const { repository, nonCommercial, events, logger } = options

  async function read(): Promise<KnownChoices> {
    const [models, speeds] = await Promise.all([repository.choices(), repository.speeds()])
    // The first of a model is the newest: it is put in last.
    return {
      models: { ...models, nonCommercial },
      speeds: new Map(speeds.reverse().map((speed) => [speed.modelId, speed])),
    }
  }
  async function reload(): Promise<KnownChoices> {
    known = { choices: await read(), readAtMs: performance.now() }
    return known.choices
  }
  const refresh = () => {
    known.readAtMs = performance.now()
    reload().catch((error: unknown) => logger.warn({ err: error }, 'choices of models not read again'))
  }

  let known = { choices: await read(), readAtMs: performance.now() }
  const subscriptions = [events.subscribe('models_changed', refresh), events.onReconnect(refresh)]
  return {
    current() {
      if (performance.now() - known.readAtMs > maxAgeMs) refresh()
      return known.choices
    },
    reload,
    close: () => subscriptions.forEach((unsubscribe) => unsubscribe()),
  }
}
