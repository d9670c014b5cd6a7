import type { Logger } from '../logger'
import type { CounterStore } from './counter-store'
import { createMemoryCounterStore } from './memory-counter-store'
import { createRedisCounterStore } from './redis-counter-store'

export type { Count, CounterStore } from './counter-store'
export { createMemoryCounterStore } from './memory-counter-store'
export { createRedisCounterStore } from './redis-counter-store'

export interface CounterStoreOptions {
  /** Redis to share counters through; without it they are this process's own. */
  redisUrl?: string | undefined
  logger: Pick<Logger, 'warn' | 'info'>
}

export function createCounterStore({ redisUrl, logger }: CounterStoreOptions): CounterStore {
  return redisUrl ? createRedisCounterStore({ url: redisUrl, logger }) : createMemoryCounterStore()
}
