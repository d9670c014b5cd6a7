import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { noResources, type CapabilityRegistry, type TaskResources, type TaskResult } from '../../capabilities'
import type { ModelStore } from '../../inference'
import type { EventBus } from '../../platform/events'
import { AppError, toAppError } from '../../platform/errors'
import type { Logger } from '../../platform/logger'
import type { ObjectStore } from '../../platform/objects'
import { createSlots } from '../../platform/slots'
import type { RunnerPool } from '../../runner'
import { isPlayable, type StorageModule } from '../storage'
import { createDeadlines } from './deadlines'
import { holdLease, JobStopped, leaseMs, type StopReason } from './lease'
import { createProgressReporter } from './progress-reporter'
import { removeOutputs, removeParts, storeOutputs } from './outputs'
import { createPreviewParts } from './preview-parts'
import type { Claim, ClaimedJob, JobRepository } from './repository'
import { withdrawnError, type ResourceFetcher } from './task-resources'

export interface JobProcessorOptions {
  workerId: string
  repository: JobRepository
  events: EventBus
  objects: ObjectStore
  storage: Pick<StorageModule, 'getObject'>
  runners: RunnerPool
  /** Jobs at a time, of all capabilities together: the number of runners. */
  concurrency: number
  registry: CapabilityRegistry
  /** Their manifests say how slow they are. */
  models: Pick<ModelStore, 'list'>
  resources: ResourceFetcher
  /** Folder for the files of jobs in hand. */
  workDir: string
  previewSeconds: number
  maxInputSeconds: number
  /** Attempts before a retryable error fails the job. */
  maxAttempts: number
  logger: Logger
  onFinished(event: JobFinished): void
}

/** For metrics: how a run of a job ended. */
export interface JobFinished {
  capability: string
  status: 'completed' | 'failed' | 'canceled' | 'handed-back'
  seconds: number
  result?: TaskResult
}

/** A job that this worker works on. */
interface JobInHand {
  stop(reason: StopReason | AppError): void
  resources: TaskResources
}

export type JobProcessor = ReturnType<typeof createJobProcessor>

/** A crash of the audio process counts as the input's fault after this many. */
const maxCrashes = 2
/** Of speech in the thriftiest formats: a recording is not longer than its file allows. */
const fewestBytesPerSecond = 500
/** Slow reading; the numbers in a text are longer when they are spoken. */
const charactersPerSecond = 5

/** The worker's side of the life cycle: claim, run, store, complete; each step harmless when it happens twice. */
export function createJobProcessor(options: JobProcessorOptions) {
  const { repository, events, logger } = options
  const inSlot = createSlots(options.concurrency)
  const deadlines = createDeadlines(options.registry, options.models)
  let draining = false
  const inHand = new Map<string, JobInHand>()
  const subscriptions = [
    events.subscribe('job_cancel', (jobId) => inHand.get(jobId)?.stop('canceled')),
    events.subscribe('voice_withdrawn', (voiceId) => {
      for (const { stop, resources } of inHand.values()) {
        const voice = resources.voices[voiceId]
        if (voice) stop(withdrawnError(voice.name))
      }
    }),
  ]

  async function run(job: ClaimedJob, claim: Claim, signal: AbortSignal): Promise<TaskResult> {
    const parent = path.join(options.workDir, job.id)
    await mkdir(parent, { recursive: true })
    const folder = await mkdtemp(path.join(parent, `${claim.attempt}-`))
    const reporter = createProgressReporter(async (stage, fraction, text) => {
      if (await repository.progress(claim, stage, fraction, text)) await events.publish('job_changed', job.id)
    })
    const parts = createPreviewParts({
      objects: options.objects,
      claim,
      maxSeconds: options.previewSeconds,
      announce: async (count) => {
        if (await repository.partStored(claim, count)) await announce(job.id)
      },
    })
    try {
      const resources = await fetchResources(job, folder, signal)
      const input = await prepareInput(job, folder, signal)
      const untilDeadlineMs = (job.deadlineAt ?? new Date(Date.now() + leaseMs)).getTime() - Date.now()
      const result = await options.runners.run(
        {
          capability: job.capability,
          model: job.modelId,
          parameters: job.parameters as Record<string, unknown>,
          input: input.task,
          resources,
          previewInput: !input.playable,
          outputDir: folder,
          seed: job.seed,
          previewSeconds: options.previewSeconds,
          maxInputSeconds: options.maxInputSeconds,
        },
        {
          signal,
          deadlineMs: Math.min(untilDeadlineMs, deadlines.of(job, input.longestSeconds)),
          onProgress: ({ stage, fraction, text }) => reporter.report(stage, fraction, text),
          onPart: (file) => parts.add(file),
        },
      )
      await Promise.all([reporter.stop(), parts.finish()])
      signal.throwIfAborted()
      // Word of a withdrawal may have been lost; a result made with such a voice must not come to be.
      const withdrawn = await options.resources.withdrawn(job.userId, resources)
      if (withdrawn) throw withdrawn
      await finish(job, claim, result, signal)
      return result
    } catch (error) {
      if (await parts.finish()) await removeParts(options.objects, claim).catch(() => undefined)
      throw error
    } finally {
      await reporter.stop()
      await rm(parent, { recursive: true, force: true })
    }
  }

  async function fetchResources(job: ClaimedJob, folder: string, signal: AbortSignal) {
    const parameters = job.parameters as Record<string, unknown>
    const resources = await options.resources.fetch({ ...job, parameters }, folder, signal)
    const hand = inHand.get(job.id)
    if (hand) hand.resources = resources
    return resources
  }

  async function prepareInput(job: ClaimedJob, folder: string, signal: AbortSignal) {
    if (job.inputType === 'text')
      return {
        task: { kind: 'text' as const, text: job.inputText ?? '' },
        playable: true,
        longestSeconds: secondsOfText(job.inputText),
      }
    const object = job.inputObjectId ? await options.storage.getObject(job.inputObjectId) : null
    if (!object) throw new AppError('gone', { message: 'The uploaded file was deleted before the job ran.' })
    const file = path.join(folder, 'input')
    await options.objects.getFile(object.key, file, signal)
    return {
      task: { kind: 'audio' as const, path: file },
      playable: isPlayable(object.contentType),
      longestSeconds: Math.min(options.maxInputSeconds, object.bytes / fewestBytesPerSecond),
    }
  }

  /** Outputs first, under this attempt's own keys; the completing update makes them visible. */
  async function finish(job: ClaimedJob, claim: Claim, task: TaskResult, signal: AbortSignal): Promise<void> {
    const result = await storeOutputs(options.objects, claim, task, signal)
    const completed = await persistently(() => repository.complete(claim, result))
    if (completed) return announce(job.id)
    await removeOutputs(options.objects, result)
    throw new JobStopped((await repository.find(job.id))?.cancelRequestedAt ? 'canceled' : 'lost')
  }

  async function announce(jobId: string): Promise<void> {
    await events.publish('job_changed', jobId).catch(() => undefined)
  }

  /** Writes down how a run ended badly. */
  async function settle(job: ClaimedJob, claim: Claim, error: unknown): Promise<JobFinished['status']> {
    if (error instanceof JobStopped) {
      if (error.reason === 'canceled') {
        await persistently(() => repository.finishCanceled(claim))
        return 'canceled'
      }
      if (error.reason === 'shutdown') await persistently(() => repository.retryLater(claim, 0, false))
      return 'handed-back'
    }
    const failure = toAppError(error)
    const allowed = failure.code === 'runner_crashed' ? maxCrashes : options.maxAttempts
    if (failure.retryable && job.failures + 1 < allowed) {
      logger.warn({ err: error, jobId: job.id, attempt: claim.attempt }, 'job failed, is tried again')
      await persistently(() => repository.retryLater(claim, backoffMs(job.failures), true))
      return 'handed-back'
    }
    logger.warn({ err: error, jobId: job.id, attempt: claim.attempt }, 'job failed')
    const message = failure.code === 'internal' ? failure.title : failure.message
    await persistently(() => repository.fail(claim, { code: failure.code, message }))
    return 'failed'
  }

  async function work(capability: string, jobId: string): Promise<void> {
    // Which model the job asks for is not known before it is claimed.
    const deadlineSeconds = deadlines.longest(capability, options.maxInputSeconds) / 1000
    const job = await persistently(() => repository.claim(jobId, options.workerId, leaseMs, deadlineSeconds))
    if (!job) return
    const claim: Claim = { jobId, attempt: job.attempt }
    const lease = holdLease(repository, claim)
    inHand.set(jobId, { stop: lease.stop, resources: noResources })
    const startedMs = performance.now()
    let status: JobFinished['status'] = 'completed'
    let result: TaskResult | undefined
    try {
      if (job.cancelRequestedAt) lease.stop('canceled')
      result = await run(job, claim, lease.signal)
    } catch (error) {
      status = await settle(job, claim, lease.signal.aborted ? lease.signal.reason : error)
    } finally {
      lease.release()
      inHand.delete(jobId)
    }
    const seconds = (performance.now() - startedMs) / 1000
    options.onFinished({ capability, status, seconds, ...(result ? { result } : {}) })
    if (status !== 'completed') await announce(jobId)
  }

  return {
    /**
     * Handles one delivery, once a runner is free. Resolves when the job is settled or turned out to be somebody
     * else's; never rejects for a job's own failure.
     */
    handle: (capability: string, jobId: string): Promise<void> =>
      inSlot(async () => {
        if (draining) await repository.returnToOutbox(jobId)
        else await work(capability, jobId)
      }),
    /** From now on deliveries are given back unclaimed. */
    drain: () => {
      draining = true
    },
    /** Stops what is in hand and gives it back to the queue. */
    handBack: () => inHand.forEach(({ stop }) => stop('shutdown')),
    close: () => subscriptions.forEach((unsubscribe) => unsubscribe()),
  }
}

/** Exponential backoff with jitter: about 1, 4, 16 seconds. */
function backoffMs(failures: number): number {
  return 1000 * 4 ** failures * (0.75 + Math.random() / 2)
}

/** Tries for a minute while the database is away, so that finished work is not thrown away. */
async function persistently<T>(write: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + 60_000
  for (;;) {
    try {
      return await write()
    } catch (error) {
      if (Date.now() > giveUpAt) throw error
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}

function secondsOfText(text: string | null): number {
  return (text?.length ?? 0) / charactersPerSecond
}
