import {
  createPostgresBackend,
  Queue,
  withBackend,
  Worker,
  type ConnectionOptions,
  type JobType,
} from 'bullmq'
import type { Logger } from 'pino'
import { AppError } from '../errors'

/** A delivery: the queue carries the id alone, the database holds the truth. */
interface Delivery {
  id: string
}

export interface QueueOptions {
  databaseUrl: string
  redisUrl?: string | undefined
  /** One queue each; a name is a capability's id. */
  names: readonly string[]
  logger: Logger
}

export interface QueueCounts {
  waiting: number
  active: number
  delayed: number
}

/** The producing side. */
export interface JobQueues {
  /**
   * Hands a job over for delivery. Adding the same `deliveryId` again while it waits is no second delivery.
   * @param delivery.first Before all that waits: for what had its turn already, and lost it.
   * @throws AppError `unavailable` when the queue cannot be reached or takes no more.
   */
  add(
    name: string,
    delivery: { id: string; deliveryId: string; delayMs?: number; first?: boolean },
  ): Promise<void>
  counts(): Promise<Record<string, QueueCounts>>
  /** No worker takes deliveries of a paused queue; those in hand are finished. Holds until it is resumed. */
  setPaused(name: string, paused: boolean): Promise<void>
  paused(): Promise<Record<string, boolean>>
  close(): Promise<void>
}

/** The consuming side. */
export interface QueueConsumers {
  start(): Promise<void>
  /** Takes no more deliveries, waits for those in hand, and disconnects. */
  close(): Promise<void>
}

/** How long a delivery stays with a silent worker before the queue gives it to another, and how often it looks. */
export const lockDurationMs = 10_000
export const stalledIntervalMs = 5_000

/** BullMQ on Redis where `redisUrl` is given, else on PostgreSQL; the same classes with another backend. */
function createBackend({ databaseUrl, redisUrl }: Pick<QueueOptions, 'databaseUrl' | 'redisUrl'>) {
  if (redisUrl) {
    const url = new URL(redisUrl)
    const connection: ConnectionOptions = {
      host: url.hostname,
      port: Number(url.port || 6379),
      username: decodeURIComponent(url.username) || undefined,
      password: decodeURIComponent(url.password) || undefined,
      db: Number(url.pathname.slice(1) || 0),
      ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
    }
    return {
      createQueue: (name: string) =>
        // A producer answers an HTTP request: it must fail at once rather than wait for Redis to come back.
        new Queue<Delivery>(name, {
          connection: { ...connection, enableOfflineQueue: false, maxRetriesPerRequest: 1 },
        }),
      createWorker: (name: string, handle: (id: string) => Promise<void>, concurrency: number) =>
        new Worker<Delivery>(name, (job) => handle(job.data.id), {
          ...workerOptions(concurrency),
          connection: { ...connection, maxRetriesPerRequest: null },
        }),
    }
  }
  const postgres = withBackend(createPostgresBackend)
  const connection = { connectionString: databaseUrl, max: 2, connectionTimeoutMillis: 5000 }
  return {
    createQueue: (name: string) => new postgres.Queue<Delivery>(name, { connection }),
    createWorker: (name: string, handle: (id: string) => Promise<void>, concurrency: number) =>
      new postgres.Worker<Delivery>(name, (job) => handle(job.data.id), {
        ...workerOptions(concurrency),
        connection,
      }),
  }
}

function workerOptions(concurrency: number) {
  return {
    concurrency,
    autorun: false,
    lockDuration: lockDurationMs,
    stalledInterval: stalledIntervalMs,
    // Whether a job that killed its worker is tried again is decided on the job's row, not by the queue.
    maxStalledCount: 1000,
    runRetryDelay: 1000,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  }
}

/** What BullMQ on PostgreSQL calls the waiting jobs of a paused queue, which its types leave out. */
const waitingInPause = 'paused' as JobType

export function createJobQueues(options: QueueOptions): JobQueues {
  const { createQueue } = createBackend(options)
  const queues = new Map(
    options.names.map((name) => {
      const queue = createQueue(name)
      queue.on('error', (error) => options.logger.warn({ err: error, queue: name }, 'queue connection lost'))
      return [name, queue] as const
    }),
  )
  return {
    async add(name, { id, deliveryId, delayMs = 0, first = false }) {
      const queue = queues.get(name)
      if (!queue) throw new AppError('internal', { message: `There is no queue ${name}.` })
      try {
        await queue.add(
          name,
          { id },
          { jobId: deliveryId, delay: delayMs, lifo: first, removeOnComplete: true, removeOnFail: true },
        )
      } catch (error) {
        throw new AppError('unavailable', { cause: error, message: 'The job queue cannot be reached.' })
      }
    },
    async counts() {
      const entries = await Promise.all(
        [...queues].map(async ([name, queue]) => {
          const counts = await queue.getJobCounts('waiting', waitingInPause, 'active', 'delayed')
          return [
            name,
            {
              waiting: (counts.waiting ?? 0) + (counts[waitingInPause] ?? 0),
              active: counts.active ?? 0,
              delayed: counts.delayed ?? 0,
            },
          ] as const
        }),
      )
      return Object.fromEntries(entries)
    },
    async setPaused(name, paused) {
      const queue = queues.get(name)
      if (!queue) throw new AppError('not_found', { message: `There is no queue ${name}.` })
      await (paused ? queue.pause() : queue.resume())
    },
    async paused() {
      const entries = await Promise.all(
        [...queues].map(async ([name, queue]) => [name, await queue.isPaused()] as const),
      )
      return Object.fromEntries(entries)
    },
    async close() {
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()))
    },
  }
}

export function createQueueConsumers(
  options: QueueOptions & { concurrency: number; handle: (name: string, id: string) => Promise<void> },
): QueueConsumers {
  const { createWorker } = createBackend(options)
  const workers = options.names.map((name) => {
    const worker = createWorker(name, (id) => options.handle(name, id), options.concurrency)
    worker.on('error', (error) => options.logger.warn({ err: error, queue: name }, 'queue connection lost'))
    return worker
  })
  return {
    async start() {
      await Promise.all(workers.map((worker) => worker.waitUntilReady()))
      for (const worker of workers) {
        worker.run().catch((error: unknown) => options.logger.error({ err: error }, 'queue consumer stopped'))
      }
    },
    async close() {
      await Promise.allSettled(workers.map((worker) => worker.close()))
    },
  }
}
