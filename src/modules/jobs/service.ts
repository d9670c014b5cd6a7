import { randomInt } from 'node:crypto'
import type { EventBus } from '../../platform/events'
import { AppError } from '../../platform/errors'
import { newId } from '../../platform/ids'
import { fetchPage, invalidFields, type List, type PageQuery } from '../../platform/http'
import type { ObjectStore } from '../../platform/objects'
import type { BillingModule } from '../billing'
import type { ModelsModule } from '../models'
import { toUploadTarget, type StorageModule } from '../storage'
import type { TranscriptSource } from '../transcripts'
import type { JobStatus } from '../../platform/database'
import type { Dispatcher } from './dispatcher'
import { createDownloads, type CompletedJob, type GrantSpending } from './downloads'
import { stateOf, type JobState } from './follow'
import { resultOf, viewJob, type ViewableJob } from './job-view'
import type { OutputConverter } from './output-converter'
import type { PartState } from './part-stream'
import { removeJobObjects } from './outputs'
import type { JobRepository } from './repository'
import { createSnapshotCache } from './snapshot-cache'
import type { ReferenceCheck } from './task-resources'
import type { AcceptedJob, JobView, ProcessAudioRequest } from './schemas'

export interface JobServiceOptions {
  /** Throws where the operator asks more of an account first. */
  mayStart?: ((userId: string) => Promise<void>) | undefined
  repository: JobRepository
  dispatcher: Dispatcher
  events: EventBus
  objects: ObjectStore
  storage: StorageModule
  billing: BillingModule
  models: ModelsModule
  converter: OutputConverter
  checkReferences: ReferenceCheck
  spending: GrantSpending
  /** Capabilities of the product's own use: clients neither start nor see their jobs. */
  internal: readonly string[]
}

export interface JobListQuery extends PageQuery {
  capability?: string | undefined
  status?: JobStatus | undefined
}

export type JobService = ReturnType<typeof createJobService>

/** What the API and the web UI do with jobs. Every call names the user; another user's job does not exist for them. */
export function createJobService(options: JobServiceOptions) {
  const { repository, dispatcher, events, objects, storage, billing, models, converter, spending } = options

  async function owned(userId: string, jobId: string): Promise<ViewableJob> {
    const job = await repository.findOwned(jobId, userId)
    if (!job) throw noSuchJob()
    return job
  }

  async function view(job: ViewableJob): Promise<JobView> {
    return viewJob(job, objects, job.status === 'completed' && (await billing.isPaid(job.id)))
  }

  const snapshots = createSnapshotCache(events, async (jobId) => {
    const job = await repository.findForView(jobId)
    return job && { userId: job.userId, json: JSON.stringify(await view(job)) }
  })

  /** Tells every process, this one first. */
  async function announce(jobId: string): Promise<void> {
    snapshots.forget(jobId)
    await events.publish('job_changed', jobId)
  }

  async function resolveInput(userId: string, request: ProcessAudioRequest) {
    if (request.input_type === 'text') {
      const text = request.input_data?.trim()
      if (!text) throw invalid('input_data', 'The text to work on is missing.')
      return { inputText: text, awaitingInput: false }
    }
    if (request.input_data) {
      const uploadId = request.input_data
      const upload = await storage.getOwned(userId, uploadId)
      if (!upload) throw invalid('input_data', 'There is no such upload.')
      if (upload.status !== 'stored' && (await storage.confirmStored(uploadId)) !== 'stored') {
        throw new AppError('upload_incomplete', {
          message:
            'The upload is not there yet, or was refused. Send the bytes to the address you got first.',
        })
      }
      return { inputObjectId: uploadId, awaitingInput: false }
    }
    const upload = await storage.createUpload(userId, {
      filename: request.filename ?? 'recording',
      contentType: request.content_type ?? 'application/octet-stream',
    })
    return { inputObjectId: upload.objectId, awaitingInput: true, upload }
  }

  async function create(userId: string, request: ProcessAudioRequest): Promise<AcceptedJob> {
    if (options.internal.includes(request.capability)) throw noSuchCapability(request.capability)
    await options.mayStart?.(userId)
    const { capability, model, parameters } = models.resolve(request)
    const uploadId = request.input_type === 'audio' ? (request.input_data ?? null) : null
    await options.checkReferences(capability, { userId, parameters, uploadId })
    const input = await resolveInput(userId, request)
    const id = newId()
    const seed = typeof parameters.seed === 'number' ? parameters.seed : randomInt(2 ** 31)
    const job = await repository.create({
      id,
      userId,
      capability: capability.id,
      modelId: model.id,
      inputType: request.input_type,
      inputText: input.inputText ?? null,
      inputObjectId: input.inputObjectId ?? null,
      awaitingInput: input.awaitingInput,
      parameters: parameters as object,
      seed,
    })
    // The row is the promise; where the queue is away, the dispatcher hands it over later.
    if (!input.awaitingInput) {
      await dispatcher.enqueue({ id, capability: capability.id })
    }
    const accepted: AcceptedJob = await view(job)
    if (input.upload) accepted.upload = toUploadTarget(input.upload.objectId, input.upload.signed)
    return accepted
  }

  async function cancel(userId: string, jobId: string): Promise<JobView> {
    const job = await owned(userId, jobId)
    if (!(await repository.cancelPending(job.id)) && (await repository.requestCancel(job.id))) {
      await events.publish('job_cancel', job.id)
    }
    await announce(job.id)
    return view(await owned(userId, jobId))
  }

  async function list(userId: string, query: JobListQuery): Promise<List<JobView>> {
    const { capability, status } = query
    const page = await fetchPage({
      url: '/api/audio/jobs',
      query,
      find: (args) => repository.list({ userId, capability, status }, options.internal, args),
      toItem: (job) => job,
    })
    const paid = await billing.paidJobs(page.data.map((job) => job.id))
    return {
      ...page,
      data: await Promise.all(page.data.map((job) => viewJob(job, objects, paid.has(job.id)))),
    }
  }

  async function remove(userId: string, jobId: string): Promise<void> {
    const job = await owned(userId, jobId)
    if (!(await repository.deleteFinished(job.id, userId))) {
      throw new AppError('conflict', { message: 'The job is not finished. Cancel it first, then delete it.' })
    }
    await announce(job.id)
    await removeJobObjects(objects, job.id)
  }

  async function completed(userId: string, jobId: string): Promise<CompletedJob> {
    const job = await owned(userId, jobId)
    const result = resultOf(job)
    if (job.status === 'completed' && result && job.completedAt) {
      const { outputKey } = result
      return { job, result, source: { jobId, outputKey, completedAt: job.completedAt } }
    }
    throw new AppError('job_not_completed', {
      message: `The job is ${job.status}; there is nothing to download.`,
    })
  }

  async function transcriptSource(
    userId: string,
    jobId: string,
  ): Promise<TranscriptSource & { downloaded: boolean }> {
    const { result, source } = await completed(userId, jobId)
    if (result.kind === 'transcript') return { ...source, downloaded: await billing.isPaid(jobId) }
    throw new AppError('conflict', { message: 'The output of this job is no transcript.' })
  }

  /** A new job that finds the words of a script in the recording of an old one. */
  async function align(
    userId: string,
    jobId: string,
    script: string,
    language: string | null,
  ): Promise<string> {
    const job = await owned(userId, jobId)
    if (!job.inputObjectId) {
      throw new AppError('gone', {
        message: 'The recording was deleted. Upload it again and start a new job.',
      })
    }
    const accepted = await create(userId, {
      input_type: 'audio',
      input_data: job.inputObjectId,
      capability: job.capability,
      model_name: job.modelId,
      parameters: { task: 'align', script, ...(language === null ? {} : { language }) },
    })
    return accepted.job_id
  }

  const downloads = createDownloads({ models, billing, objects, converter, spending, completed, announce })

  return {
    ...downloads,
    create,
    transcriptSource,
    align,
    cancel,
    list,
    remove,
    get: async (userId: string, jobId: string) => view(await owned(userId, jobId)),
    /** As `get`, serialised, and cheap to ask for again and again. */
    async getJson(userId: string, jobId: string): Promise<string> {
      const json = await snapshots.get(jobId, userId)
      if (json === null) throw noSuchJob()
      return json
    },
    close: () => snapshots.close(),
    /** The job with its revision, for event streams. */
    snapshot: async (userId: string, jobId: string) => {
      const job = await owned(userId, jobId)
      return { revision: job.revision, view: await view(job) }
    },
    /** How far the preview of a running job is. */
    partState: async (userId: string, jobId: string): Promise<PartState> => {
      const { attempt, previewParts, status } = await owned(userId, jobId)
      return { attempt, previewParts, status }
    },
    /** How far a job is, for whoever waits for it. */
    stateOf: async (userId: string, jobId: string): Promise<JobState> => stateOf(await owned(userId, jobId)),
    isInUse: async (objectId: string) => (await repository.countUsing(objectId)) > 0,
    inputArrived: async (objectId: string) => {
      for (const job of await repository.findWaitingFor(objectId)) {
        if ((await storage.confirmStored(objectId)) === 'stored') await dispatcher.inputArrived(job.id)
      }
    },
  }
}

function noSuchCapability(id: string): AppError {
  return new AppError('not_found', { message: `There is no capability “${id}”.` })
}

function noSuchJob(): AppError {
  return new AppError('not_found', { message: 'There is no such job.' })
}

function invalid(field: string, message: string): AppError {
  return invalidFields([{ field, message }])
}
