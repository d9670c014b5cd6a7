import type { EventBus } from '../../platform/events'
import type { Logger } from '../../platform/logger'
import type { JobQueues } from '../../platform/queue'
import type { StorageModule } from '../storage'
import type { JobRepository } from './repository'

export interface DispatcherOptions {
  repository: JobRepository
  queues: JobQueues
  events: EventBus
  storage: Pick<StorageModule, 'confirmStored'>
  logger: Logger
  /** A job whose workers fell silent this often is failed. */
  maxClaims: number
}

/** Names a delivery, so that handing a job over twice while it waits is no second delivery. */
const deliveryId = (job: { id: string; attempt: number; failures: number }) =>
  `${job.id}-${job.attempt}-${job.failures}`

/** A delivery that the queue should long have made is made again. */
const lostAfterSeconds = 60
const batchSize = 500

export type Dispatcher = ReturnType<typeof createDispatcher>

/**
 * Keeps the queue in line with the job rows: the outbox of pending jobs, jobs that wait for their upload, and jobs
 * whose worker died. Every process that serves the API runs it; all of its steps may happen twice without harm.
 */
export function createDispatcher({
  repository,
  queues,
  events,
  storage,
  logger,
  maxClaims,
}: DispatcherOptions) {
  /**
   * Hands pending jobs to the queue; one that a worker had already does not wait in line again. A crash before
   * `markEnqueued` only leads to a second, harmless delivery.
   */
  async function drainOutbox(): Promise<number> {
    const pending = await repository.toEnqueue(batchSize, lostAfterSeconds)
    const added: string[] = []
    try {
      for (const job of pending) {
        const first = job.attempt > 0
        await queues.add(job.capability, { id: job.id, deliveryId: deliveryId(job), first })
        added.push(job.id)
      }
    } finally {
      if (added.length > 0) await repository.markEnqueued(added)
    }
    return added.length
  }

  /** Hands one new job over right away; where that fails, the sweep does it. */
  async function enqueue(job: { id: string; capability: string }): Promise<void> {
    try {
      await queues.add(job.capability, {
        id: job.id,
        deliveryId: deliveryId({ ...job, attempt: 0, failures: 0 }),
      })
      await repository.markEnqueued([job.id])
    } catch (error) {
      logger.warn({ err: error, jobId: job.id }, 'job stays in the outbox')
    }
  }

  async function startUploadedJobs(): Promise<void> {
    for (const job of await repository.awaitingInput(200)) {
      if (!job.inputObjectId) continue
      const status = await storage.confirmStored(job.inputObjectId)
      if (status === 'stored') await inputArrived(job.id)
      else if (status === 'deleted' || (job.inputObject?.expiresAt ?? new Date()) < new Date()) {
        await repository.failPending(job.id, {
          code: 'upload_expired',
          message: 'The upload did not arrive in time, or was larger than announced. Start a new job.',
        })
        await events.publish('job_changed', job.id)
      }
    }
  }

  async function inputArrived(jobId: string): Promise<void> {
    if (!(await repository.inputArrived(jobId))) return
    await events.publish('job_changed', jobId)
    await drainOutbox()
  }

  async function recoverSilentJobs(): Promise<void> {
    for (const job of await repository.withExpiredLease()) {
      const claim = { jobId: job.id, attempt: job.attempt }
      if (job.canceled) await repository.finishCanceled(claim)
      else if (job.overdue) {
        await repository.fail(claim, {
          code: 'deadline_exceeded',
          message: 'The job took longer than it may.',
        })
      } else if (job.attempt >= maxClaims) {
        await repository.fail(claim, {
          code: 'runner_crashed',
          message: 'The worker stopped several times while it worked on this job.',
        })
      } else {
        logger.warn({ jobId: job.id, attempt: job.attempt }, 'worker fell silent, job is delivered again')
        await repository.retryLater(claim, 0, true)
      }
      await events.publish('job_changed', job.id)
    }
  }

  async function sweep(): Promise<void> {
    for (const step of [recoverSilentJobs, startUploadedJobs, drainOutbox]) {
      try {
        await step()
      } catch (error) {
        logger.warn({ err: error, step: step.name }, 'dispatch step failed, is tried again')
      }
    }
  }

  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  return {
    enqueue,
    drainOutbox,
    inputArrived,
    sweep,
    start(intervalMs: number) {
      const tick = () => {
        running = sweep().finally(() => {
          if (timer) timer = setTimeout(tick, intervalMs)
        })
      }
      timer = setTimeout(tick, 0)
    },
    async stop() {
      clearTimeout(timer)
      timer = undefined
      await running
    },
  }
}
