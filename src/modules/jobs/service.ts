import { randomInt } from 'node:crypto'
import type { EventBus } from '../../platform/events'
import { AppError } from '../../platform/errors'
import { newId } from '../../platform/ids'
import { fetchPage, invalidFields, type Grant, type List, type PageQuery } from '../../platform/http'
import type { ObjectStore } from '../../platform/objects'
import { defaultCaptionLayout, type CaptionLayout } from '../../transcript/captions'
import type { BillingModule, Debit } from '../billing'
import type { ModelsModule } from '../models'
import { toUploadTarget, type StorageModule } from '../storage'
import type { TranscriptSource } from '../transcripts'
import type { JobStatus } from '../../platform/database'
import type { Dispatcher } from './dispatcher'
import { stateOf, type JobState } from './follow'
import { downloadName, resultOf, viewJob, type ViewableJob } from './job-view'
import type { JobResult } from './job-result'
import type { ConversionRequest, ConvertedOutput, OutputConverter, SoundSettings } from './output-converter'
import type { PartState } from './part-stream'
import { removeJobObjects } from './outputs'
import type { JobRepository } from './repository'
import { createSnapshotCache } from './snapshot-cache'
import type { ReferenceCheck } from './task-resources'
import type { AcceptedJob, DownloadQuery, JobView, ProcessAudioRequest } from './schemas'

/** What API keys may spend of their account's minutes. */
export interface GrantSpending {
  /**
   * Takes seconds from what a key may spend in this month.
   * @returns what gives them back.
   * @throws AppError `key_limit_reached`.
   */
  reserve(grant: Grant, seconds: number): Promise<() => Promise<void>>
}

/** In what form an output is wanted; by default as it is. */
export type OutputForm = Pick<ConversionRequest, 'format' | 'sound' | 'layout'>

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

const downloadUrlSeconds = 900

/** What the API and the web UI do with jobs. Every call names the user; another user's job does not exist for them. */
export function createJobService(options: JobServiceOptions) {
  const { repository, dispatcher, events, objects, storage, billing, models } = options

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
    await options.checkReferences(capability, { userId, parameters })
    const input = await resolveInput(userId, request)
    if (input.inputText && input.inputText.length > capability.limits.maxTextCharacters) {
      throw new AppError('text_too_long', {
        message: `The text has ${input.inputText.length} characters; at most ${capability.limits.maxTextCharacters} are taken.`,
      })
    }
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

  async function completed(
    userId: string,
    jobId: string,
  ): Promise<{ job: ViewableJob; result: JobResult; source: TranscriptSource }> {
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

  /** What was paid for stays its buyer's. @throws AppError `licence_forbids_sale`. */
  async function assertSellable({ id, modelId }: ViewableJob): Promise<void> {
    const reason = models.saleRefusal(modelId)
    if (reason === null || (await billing.isPaid(id))) return
    throw new AppError('licence_forbids_sale', {
      message: `${reason} The preview stays free.`,
      details: { model_name: modelId },
    })
  }

  /** Pays for an output, once; what a key spends counts against its own limit as well. */
  async function payFor(
    userId: string,
    jobId: string,
    seconds: number,
    grant: Grant | undefined,
  ): Promise<Debit> {
    const needsLeave = grant !== undefined && !(await billing.isPaid(jobId))
    const giveBack = needsLeave ? await options.spending.reserve(grant, seconds) : undefined
    const debit = await billing.debitDownload({ userId, jobId, seconds }).catch(async (error: unknown) => {
      await giveBack?.()
      throw error
    })
    if (debit.charged) await announce(jobId)
    else await giveBack?.()
    return debit
  }

  /** Pays as the first download would. @throws as `deliver`. */
  async function payDownload(
    userId: string,
    jobId: string,
    grant?: Grant,
  ): Promise<Debit & { costSeconds: number }> {
    const { job, result } = await completed(userId, jobId)
    await assertSellable(job)
    const debit = await payFor(userId, jobId, result.costSeconds, grant)
    return { ...debit, costSeconds: result.costSeconds }
  }

  /**
   * The output in some form, paid for. Converts first and charges then, so that nobody pays for what cannot be had.
   * @throws AppError `job_not_completed`, `licence_forbids_sale`, `insufficient_minutes`, `key_limit_reached`,
   * `invalid_parameter`.
   */
  async function deliver(
    userId: string,
    jobId: string,
    form: OutputForm,
    grant?: Grant,
  ): Promise<{ job: ViewableJob; result: JobResult; file: ConvertedOutput }> {
    const { job, result, source } = await completed(userId, jobId)
    await assertSellable(job)
    const title = job.inputObject?.filename ?? 'Transcript'
    const file = await options.converter.inFormat({ source, result, title, ...form })
    await payFor(userId, jobId, result.costSeconds, grant)
    return { job, result, file }
  }

  /** A signed address of the output, paid for. @throws as `deliver`. */
  async function download(
    userId: string,
    jobId: string,
    query: DownloadQuery,
    grant?: Grant,
  ): Promise<{ url: string }> {
    const form = { format: query.format, sound: soundSettingsOf(query), layout: captionLayoutOf(query) }
    const { job, file } = await deliver(userId, jobId, form, grant)
    const signed = await objects.signGet(file.key, {
      expiresInSeconds: downloadUrlSeconds,
      filename: downloadName(job, file.extension),
      contentType: file.contentType,
    })
    return { url: signed.url }
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

  return {
    create,
    transcriptSource,
    align,
    cancel,
    list,
    remove,
    deliver,
    download,
    payDownload,
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

function soundSettingsOf(query: DownloadQuery): SoundSettings {
  return {
    loudness: query.loudness,
    highPassHz: query.high_pass,
    fadeInSeconds: query.fade_in,
    fadeOutSeconds: query.fade_out,
    sampleRateHz: query.sample_rate,
    bitRateKbps: query.bit_rate,
    leveled: query.level ? true : undefined,
    tags: tagsOf(query),
  }
}

/** Undefined where none is asked for. */
function tagsOf({ title, artist, album, comment }: DownloadQuery): SoundSettings['tags'] {
  const given = Object.entries({ title, artist, album, comment }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return given.length > 0 ? Object.fromEntries(given) : undefined
}

function captionLayoutOf(query: DownloadQuery): CaptionLayout | undefined {
  const { max_line_length: maxLineLength, max_lines: maxLines } = query
  if (maxLineLength === undefined && maxLines === undefined) return undefined
  return {
    maxLineLength: maxLineLength ?? defaultCaptionLayout.maxLineLength,
    maxLines: maxLines ?? defaultCaptionLayout.maxLines,
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
