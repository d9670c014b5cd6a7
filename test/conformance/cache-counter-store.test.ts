import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createMemoryCounterStore,
  createRedisCounterStore,
  type CounterStore,
} from '../../src/platform/cache'
import { redisMissing, startTestRedis, type TestRedis } from '../support/redis'

const silent = { warn: () => undefined, info: () => undefined }

function conformance(start: () => Promise<{ store: CounterStore; stop(): Promise<void> }>): void {
  let store: CounterStore
  let stop: () => Promise<void>
  beforeAll(async () => {
    ;({ store, stop } = await start())
  })
  afterAll(async () => {
    await store.close()
    await stop?.()
  })

  it('counts in a window that the first event opens', async () => {
    const first = await store.add('a', 5000)
    expect(first.count).toBe(1)
    expect(first.resetMs).toBeGreaterThan(4500)
    expect(first.resetMs).toBeLessThanOrEqual(5000)
    await sleep(50)
    const second = await store.add('a', 5000, 3)
    expect(second.count).toBe(4)
    expect(second.resetMs).toBeLessThan(first.resetMs)
    expect((await store.add('b', 5000)).count).toBe(1)
  })

  it('starts anew when the window is over', async () => {
    expect((await store.add('short', 150)).count).toBe(1)
    expect((await store.add('short', 150)).count).toBe(2)
    await sleep(250)
    expect(await store.add('short', 150)).toEqual({ count: 1, resetMs: expect.closeTo(150, -2) })
  })

  it('gives back, never below zero, and opens no window for it', async () => {
    expect(await store.add('back', 300, -1)).toEqual({ count: 0, resetMs: 0 })
    await store.add('back', 300, 2)
    expect((await store.add('back', 300, -1)).count).toBe(1)
    const zero = await store.add('back', 300, -5)
    expect(zero.count).toBe(0)
    expect(zero.resetMs).toBeGreaterThan(0)
    await sleep(400)
    expect((await store.add('back', 300)).count).toBe(1)
  })

  it('forgets', async () => {
    await store.add('gone', 5000, 7)
    await store.reset('gone')
    expect((await store.add('gone', 5000)).count).toBe(1)
    await store.reset('never there')
  })

  it('counts every one of many at once', async () => {
    const counts = await Promise.all(Array.from({ length: 300 }, async () => store.add('many', 10_000)))
    expect(counts.map(({ count }) => count).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 300 }, (_, index) => index + 1),
    )
  })
}

describe('counter store in memory', () => {
  conformance(async () => ({ store: createMemoryCounterStore(), stop: () => Promise.resolve() }))

  it('keeps no more keys than it may, dropping closed windows first', async () => {
    let nowMs = 1000
    const store = createMemoryCounterStore({ maxKeys: 100, now: () => nowMs })
    await store.add('long', 1_000_000)
    for (let index = 0; index < 99; index += 1) await store.add(`short${index}`, 10)
    nowMs += 20
    await store.add('new', 1000)
    expect((await store.add('long', 1_000_000)).count).toBe(2)
    for (let index = 0; index < 1000; index += 1) await store.add(`flood${index}`, 1_000_000)
    expect((await store.add('flood999', 1_000_000)).count).toBe(2)
    expect((await store.add('flood0', 1_000_000)).count).toBe(1)
  })
})

describe.skipIf(redisMissing)(`counter store in Redis ${redisMissing ?? ''}`, () => {
  conformance(async () => {
    const redis = (await startTestRedis())!
    return { store: createRedisCounterStore({ url: redis.url, logger: silent }), stop: redis.stop }
  })

  it(
    'is shared by processes, and counts on by itself while Redis is away',
    { timeout: 30_000 },
    async (context) => {
      const redis: TestRedis = (await startTestRedis())!
      if (!redis.kill || !redis.restart) return context.skip('needs a redis-server of its own to stop')
      const warnings: string[] = []
      const logger = {
        warn: (_: unknown, message?: string) => void warnings.push(message ?? ''),
        info: () => undefined,
      } as unknown as Parameters<typeof createRedisCounterStore>[0]['logger']
      const one = createRedisCounterStore({ url: redis.url, logger })
      const two = createRedisCounterStore({ url: redis.url, logger: silent })
      await one.add('shared', 60_000)
      expect((await two.add('shared', 60_000)).count).toBe(2)

      await redis.kill()
      const started = performance.now()
      expect((await one.add('shared', 60_000)).count).toBe(1)
      expect((await one.add('shared', 60_000)).count).toBe(2)
      expect(performance.now() - started).toBeLessThan(1500)
      expect(warnings).toHaveLength(1)

      await redis.restart()
      for (;;) {
        if ((await one.add('after', 60_000)).count > 0 && (await two.add('after', 60_000)).count >= 2) break
        await sleep(100)
      }
      expect((await one.add('shared', 60_000)).count).toBe(3)
      await one.close()
      await two.close()
      await redis.stop()
    },
  )
})
