import { Redis } from 'ioredis'
import type { Logger } from '../logger'
import type { Count, CounterStore } from './counter-store'
import { createMemoryCounterStore } from './memory-counter-store'

export interface RedisCounterStoreOptions {
  url: string
  logger: Pick<Logger, 'warn' | 'info'>
  /** Put before every key. */
  prefix?: string
}

const addScript = `
local amount = tonumber(ARGV[2])
if amount <= 0 and redis.call('EXISTS', KEYS[1]) == 0 then return {0, 0} end
local count = redis.call('INCRBY', KEYS[1], amount)
if count < 0 then
  redis.call('SET', KEYS[1], 0, 'KEEPTTL')
  count = 0
end
local ttl = redis.call('PTTL', KEYS[1])
if ttl < 0 then
  ttl = tonumber(ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ttl)
end
return {count, ttl}`

interface CountingRedis extends Redis {
  addToCounter(key: string, windowMs: number, amount: number): Promise<[number, number]>
}

/**
 * Counters shared by all processes. While Redis is away each process counts for itself: limits become looser, requests
 * are still served and still limited.
 */
export function createRedisCounterStore({
  url,
  logger,
  prefix = 'timbre:count:',
}: RedisCounterStoreOptions): CounterStore {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 500,
    connectTimeout: 2000,
    retryStrategy: (attempt) => Math.min(100 * attempt, 2000),
  }) as CountingRedis
  redis.defineCommand('addToCounter', { numberOfKeys: 1, lua: addScript })
  const local = createMemoryCounterStore()
  let away = false

  function noteAway(error: unknown): void {
    if (away) return
    away = true
    logger.warn({ err: error }, 'Redis is away: limits are counted in this process only')
  }
  redis.on('error', noteAway)
  redis.on('ready', () => {
    if (away) logger.info('Redis is back: limits are shared again')
    away = false
  })
  // The first connection takes a moment; commands before that would count locally.
  const connected = new Promise<void>((resolve) => {
    redis.once('ready', resolve)
    redis.once('error', () => resolve())
  })

  return {
    kind: 'redis',
    async add(key, windowMs, amount = 1): Promise<Count> {
      await connected
      try {
        const [count, resetMs] = await redis.addToCounter(prefix + key, windowMs, amount)
        return { count, resetMs }
      } catch (error) {
        noteAway(error)
        return local.add(key, windowMs, amount)
      }
    },
    async reset(key) {
      await local.reset(key)
      try {
        await redis.del(prefix + key)
      } catch (error) {
        noteAway(error)
      }
    },
    async close() {
      redis.removeListener('error', noteAway)
      redis.on('error', () => undefined)
      redis.disconnect()
      await local.close()
    },
  }
}
