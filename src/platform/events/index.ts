import type { Logger } from 'pino'
import type { EventChannel } from './channels'
import { createPostgresEventBus } from './postgres-event-bus'
import { createRedisEventBus } from './redis-event-bus'

export type { EventChannel } from './channels'

/**
 * Fan-out of short messages to every process. Delivery is at most once: a listener that missed one (a broken
 * connection) hears `onReconnect` and looks at the rows itself.
 */
export interface EventBus {
  publish(channel: EventChannel, payload: string): Promise<void>
  /** @returns a function that ends the subscription. */
  subscribe(channel: EventChannel, listener: (payload: string) => void): () => void
  /** Called after a lost connection was made again. */
  onReconnect(listener: () => void): () => void
  start(): Promise<void>
  close(): Promise<void>
}

export interface EventBusOptions {
  databaseUrl: string
  redisUrl?: string | undefined
  logger: Logger
}

/** Redis pub/sub where Redis is configured, else LISTEN/NOTIFY. */
export function createEventBus({ databaseUrl, redisUrl, logger }: EventBusOptions): EventBus {
  return redisUrl ? createRedisEventBus(redisUrl, logger) : createPostgresEventBus(databaseUrl, logger)
}
