import { createJobQueues, createQueueConsumers, type QueueConsumers, type QueueOptions } from './index'

/** Queues of work that the server itself does behind an answer. */
export type TaskName = 'payment-events' | 'notifications'

/** Hands a row over to be worked on. @throws AppError `unavailable` when the queue cannot be reached. */
export type AddTask = (id: string, options?: { delayMs?: number; deliveryId?: string }) => Promise<void>

export interface BackgroundTasks {
  /**
   * Names the work behind a queue, before `start`. A delivery carries the id of a row alone and may come twice: `handle`
   * reads the row, and does nothing where it is done already. What fails is delivered again by whoever sweeps the rows.
   */
  define(name: TaskName, handle: (id: string) => Promise<void>): AddTask
  start(): Promise<void>
  close(): Promise<void>
}

const names: readonly TaskName[] = ['payment-events', 'notifications']

/** Every process that serves the API both hands tasks over and works on them. */
export function createBackgroundTasks(options: Omit<QueueOptions, 'names'>): BackgroundTasks {
  const queues = createJobQueues({ ...options, names })
  const handlers = new Map<string, (id: string) => Promise<void>>()
  let consumers: QueueConsumers | undefined
  return {
    define(name, handle) {
      handlers.set(name, handle)
      return (id, { delayMs, deliveryId = id } = {}) =>
        queues.add(name, { id, deliveryId, ...(delayMs === undefined ? {} : { delayMs }) })
    },
    async start() {
      consumers = createQueueConsumers({
        ...options,
        names: [...handlers.keys()],
        concurrency: 4,
        async handle(name, id) {
          try {
            await handlers.get(name)?.(id)
          } catch (error) {
            options.logger.warn({ err: error, task: name, id }, 'task failed')
            throw error
          }
        },
      })
      await consumers.start()
    },
    async close() {
      await consumers?.close()
      await queues.close()
    },
  }
}
