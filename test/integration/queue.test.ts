import { pino } from 'pino'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createJobQueues, createQueueConsumers } from '../../src/platform/queue'
import { startTestDatabase } from '../support/database'
import { redisMissing, startTestRedis } from '../support/redis'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

const logger = pino({ enabled: false })

async function startQueue(backend: 'postgres' | 'redis') {
  const { url: databaseUrl, stop } = await startTestDatabase()
  undo.push(stop)
  const redis = backend === 'redis' ? await startTestRedis() : null
  if (redis) undo.push(() => redis.stop())
  const options = { databaseUrl, redisUrl: redis?.url, names: ['work'], logger }
  const queues = createJobQueues(options)
  undo.push(() => queues.close())
  const delivered: string[] = []
  const consume = async () => {
    const handle = async (_name: string, id: string) => {
      delivered.push(id)
    }
    const consumers = createQueueConsumers({ ...options, concurrency: 1, handle })
    undo.push(() => consumers.close())
    await consumers.start()
  }
  return { queues, delivered, consume }
}

describe.each([['PostgreSQL', 'postgres', null] as const, ['Redis', 'redis', redisMissing] as const])(
  'the queue on %s',
  (_name, backend, missing) => {
    it.skipIf(missing !== null)(
      `delivers in order, and first what had its turn ${missing ?? ''}`,
      async () => {
        const { queues, delivered, consume } = await startQueue(backend)
        for (const id of ['a', 'b', 'c']) await queues.add('work', { id, deliveryId: id })
        await queues.add('work', { id: 'again', deliveryId: 'again', first: true })
        await consume()
        await vi.waitFor(() => expect(delivered).toEqual(['again', 'a', 'b', 'c']), 10_000)
      },
    )
  },
)
