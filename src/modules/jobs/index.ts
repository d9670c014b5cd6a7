import type { CapabilityRegistry } from '../../capabilities'
import type { Database } from '../../platform/database'
import type { EventBus } from '../../platform/events'
import type { Logger } from '../../platform/logger'
import type { ObjectStore } from '../../platform/objects'
import type { JobQueues } from '../../platform/queue'
import type { BillingModule } from '../billing'
import type { ModelsModule } from '../models'
import type { Notifier } from '../notifications'
import type { StorageModule } from '../storage'
import type { TranscriptsModule } from '../transcripts'
import { createJobAdministration } from './administration'
import { createDispatcher } from './dispatcher'
import { createEarlierJobs } from './earlier-jobs'
import { createJobEvents } from './event-stream'
import { tellFinishedJobs } from './finish-news'
import { followJob, readPart } from './follow'
import { createInternalJobs } from './internal-jobs'
import { createOutputConverter, type ConvertFile } from './output-converter'
import { sweptJobObjects } from './outputs'
import { createJobProcessor, type JobProcessorOptions } from './processor'
import { createJobRepository } from './repository'
import { jobRoutes } from './routes'
import type { GrantSpending } from './downloads'
import { createJobService } from './service'
import { createReferenceCheck, createResourceFetcher, type TaskResourcesOptions } from './task-resources'

export { adminJobSchema, adminJobStatusSchema } from './admin-schemas'
export type { JobFinished, JobProcessor } from './processor'
export type { JobState } from './follow'
export { createJobPersonalData, type JobPersonalDataOptions } from './personal-data'
export type { GrantSpending } from './downloads'
export type { JobService } from './service'
export type { AcceptedJob, DownloadFormat, JobView } from './schemas'

export interface JobsModuleOptions {
  database: Database
  queues: JobQueues
  events: EventBus
  objects: ObjectStore
  storage: StorageModule
  billing: BillingModule
  models: ModelsModule
  transcripts: Pick<TranscriptsModule, 'render'>
  /** Tells owners of what became of their jobs. */
  notifier: Notifier
  registry: CapabilityRegistry
  /** What jobs may name in their parameters. */
  resources: TaskResourcesOptions
  convert: ConvertFile
  /** Limits of API keys. */
  spending: GrantSpending
  /** Throws where the operator asks more of an account first, such as a confirmed address. */
  mayStart?: ((userId: string) => Promise<void>) | undefined
  workDir: string
  maxAttempts: number
  logger: Logger
}

/** A worker that vanishes with a job in hand is forgiven a few times more than an error that is reported. */
const forgivenWorkers = 3
const sweepIntervalMs = 2000

export type JobsModule = ReturnType<typeof createJobsModule>

/** The API's side of jobs: creating, watching, canceling, downloading, and keeping the queue in line. */
export function createJobsModule(options: JobsModuleOptions) {
  const { database, queues, events, objects, storage, billing, models, logger } = options
  const internal = options.registry.list().flatMap(({ id, internal }) => (internal ? [id] : []))
  const repository = createJobRepository(database)
  const dispatcher = createDispatcher({
    repository,
    queues,
    events,
    storage,
    logger,
    maxClaims: options.maxAttempts + forgivenWorkers,
  })
  const { convert, transcripts, workDir } = options
  const converter = createOutputConverter({ objects, convert, transcripts, workDir })
  const service = createJobService({
    repository,
    dispatcher,
    events,
    objects,
    storage,
    billing,
    models,
    converter,
    spending: options.spending,
    mayStart: options.mayStart,
    checkReferences: createReferenceCheck({
      ...options.resources,
      earlierJobs: createEarlierJobs(repository, objects),
    }),
    internal,
  })
  const jobEvents = createJobEvents(events)
  storage.onStored((objectId) => {
    service
      .inputArrived(objectId)
      .catch((error: unknown) => logger.warn({ err: error }, 'upload not taken up yet'))
  })

  return {
    service,
    /** The states of a user's job up to its end; see `followJob`. */
    follow: (userId: string, jobId: string, signal: AbortSignal) =>
      followJob({ jobId, events: jobEvents, read: () => service.stateOf(userId, jobId), signal }),
    readPart: (jobId: string, attempt: number, number: number) => readPart(objects, jobId, attempt, number),
    /** Jobs of an internal capability, for other modules. */
    internal: createInternalJobs({ repository, dispatcher, events, objects, storage, models }),
    routes: jobRoutes({ service, events: jobEvents, objects, storage }),
    sweptPrefix: sweptJobObjects(repository),
    /** For administrators: everybody's jobs. */
    administration: createJobAdministration({ database, dispatcher }),
    /** Tells owners of the jobs that have ended since it was last called, anywhere. */
    tellFinished: () => tellFinishedJobs({ database, notifier: options.notifier, internal }),
    start: () => dispatcher.start(sweepIntervalMs),
    /** Gives the jobs of a worker that is known to be dead back at once, without waiting for its leases. */
    async workerDied(workerId: string) {
      await repository.releaseWorker(workerId)
      await dispatcher.sweep()
    },
    async close() {
      jobEvents.close()
      service.close()
      await dispatcher.stop()
    },
  }
}

/** The worker's side of jobs. */
export function createProcessor(
  options: Omit<JobProcessorOptions, 'repository' | 'resources'> & {
    database: Database
    resources: TaskResourcesOptions
  },
) {
  const { database, objects, registry } = options
  const repository = createJobRepository(database)
  const earlierJobs = createEarlierJobs(repository, objects)
  return createJobProcessor({
    ...options,
    resources: createResourceFetcher({ ...options.resources, earlierJobs, objects, registry }),
    repository,
  })
}
