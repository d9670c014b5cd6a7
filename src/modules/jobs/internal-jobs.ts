import type { EventBus } from '../../platform/events'
import type { ObjectStore } from '../../platform/objects'
import type { ModelsModule } from '../models'
import type { StorageModule } from '../storage'
import type { Dispatcher } from './dispatcher'
import { resultOf } from './job-view'
import { removeJobObjects } from './outputs'
import type { JobRepository } from './repository'

export interface InternalJobsOptions {
  repository: JobRepository
  dispatcher: Dispatcher
  events: EventBus
  objects: ObjectStore
  storage: Pick<StorageModule, 'confirmStored'>
  models: Pick<ModelsModule, 'resolve'>
}

export interface InternalJob {
  /** Chosen by the caller, so that starting it twice starts one. */
  jobId: string
  userId: string
  uploadId: string
}

export type InternalJobState =
  | { status: 'running' }
  | { status: 'completed'; details: unknown; outputKey: string }
  | { status: 'failed'; reason: string }

/** Jobs of internal capabilities, for other modules: no client sees them, and nobody pays. */
export function createInternalJobs(options: InternalJobsOptions) {
  const { repository, dispatcher, events, objects, storage, models } = options

  return (capability: string) => ({
    /** Starts the job, now or as soon as its upload is there. @throws AppError `model_not_found`. */
    async start({ jobId, userId, uploadId }: InternalJob): Promise<void> {
      const { model, parameters } = models.resolve({ capability, input_type: 'audio', parameters: {} })
      const awaitingInput = (await storage.confirmStored(uploadId)) === 'pending'
      await repository.createOnce({
        ...{ id: jobId, userId, capability, modelId: model.id, awaitingInput },
        ...{ inputType: 'audio', inputObjectId: uploadId, parameters: parameters as object, seed: 0 },
      })
      if (!awaitingInput) await dispatcher.enqueue({ id: jobId, capability })
    },
    /** Null where there is no such job. */
    async state(jobId: string): Promise<InternalJobState | null> {
      const job = await repository.find(jobId)
      if (!job) return null
      const result = resultOf(job)
      if (job.status === 'completed' && result) {
        return { status: 'completed', details: result.details, outputKey: result.outputKey }
      }
      if (job.status === 'pending' || job.status === 'processing') return { status: 'running' }
      return { status: 'failed', reason: job.errorMessage ?? 'It was canceled.' }
    },
    /** Removes the job with its outputs, whatever its state. */
    async discard(userId: string, jobId: string): Promise<void> {
      await repository.discard(jobId, userId)
      await events.publish('job_cancel', jobId).catch(() => undefined)
      await removeJobObjects(objects, jobId)
    },
  })
}
