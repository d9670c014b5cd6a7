import type { AudioProcessingJobModel, Database, JobStatus, Prisma } from '../../platform/database'
import type { PageArguments } from '../../platform/http'
import type { JobResult } from './job-result'
import { viewedInput } from './job-view'

export type JobRow = AudioProcessingJobModel

/** What a worker needs to know of a job that it has taken. */
export type ClaimedJob = Pick<
  JobRow,
  | 'id'
  | 'userId'
  | 'capability'
  | 'modelId'
  | 'inputType'
  | 'inputObjectId'
  | 'inputText'
  | 'parameters'
  | 'seed'
  | 'attempt'
  | 'failures'
  | 'cancelRequestedAt'
  | 'deadlineAt'
>

/** A worker's hold on a job: every write of the worker names it, so a stale attempt changes nothing. */
export interface Claim {
  jobId: string
  attempt: number
}

export interface JobFailure {
  code: string
  message: string
}

export type JobRepository = ReturnType<typeof createJobRepository>

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const finished: JobStatus[] = ['completed', 'failed', 'canceled']

/**
 * Every change of state of a job is one conditional statement here. Times are compared by the database's clock,
 * because workers on several machines need not agree on theirs.
 */
export function createJobRepository(database: Database) {
  const jobs = database.audioProcessingJob
  const bump = { revision: { increment: 1 } } as const
  const heldBy = ({ jobId, attempt }: Claim) => ({ id: jobId, attempt, status: 'processing' as const })

  return {
    create: (data: Prisma.AudioProcessingJobUncheckedCreateInput) =>
      jobs.create({ data, include: { inputObject: { select: viewedInput } } }),
    /** A job of that id that is there already is left as it is. */
    createOnce: (data: Prisma.AudioProcessingJobCreateManyInput) =>
      jobs.createMany({ data: [data], skipDuplicates: true }),
    find: (id: string) => jobs.findUnique({ where: { id } }),
    findForView: (id: string) =>
      jobs.findUnique({ where: { id }, include: { inputObject: { select: viewedInput } } }),
    findOwned: (id: string, userId: string) =>
      jobs.findFirst({ where: { id, userId }, include: { inputObject: { select: viewedInput } } }),
    findWaitingFor: (objectId: string) =>
      jobs.findMany({ where: { inputObjectId: objectId, awaitingInput: true } }),
    awaitingInput: (limit: number) =>
      jobs.findMany({
        where: { status: 'pending', awaitingInput: true },
        orderBy: { createdAt: 'desc' },
        take: limit,
        include: { inputObject: { select: { expiresAt: true } } },
      }),

    /** Newest first: ids are UUIDv7, so they sort by creation. */
    list: (
      filter: { userId: string; capability?: string | undefined; status?: JobStatus | undefined },
      hidden: readonly string[],
      page: PageArguments,
    ) =>
      jobs.findMany({
        where: { ...filter, NOT: { capability: { in: [...hidden] } } },
        orderBy: { id: 'desc' },
        ...page,
        include: { inputObject: { select: viewedInput } },
      }),

    /** The input is there: the job may be delivered. */
    inputArrived: async (jobId: string) =>
      (
        await jobs.updateMany({
          where: { id: jobId, status: 'pending', awaitingInput: true },
          data: { awaitingInput: false, ...bump },
        })
      ).count > 0,

    /** Pending jobs that are due, and that the queue does not know of or seems to have lost. */
    toEnqueue: (limit: number, lostAfterSeconds: number) => database.$queryRaw<
      { id: string; capability: string; attempt: number; failures: number }[]
    >`
      SELECT id::text, capability, attempt, failures
      FROM audio_processing_jobs
      WHERE status = 'pending' AND NOT awaiting_input AND cancel_requested_at IS NULL AND run_after <= now()
        AND (enqueued_at IS NULL OR enqueued_at < now() - make_interval(secs => ${lostAfterSeconds}))
      ORDER BY id LIMIT ${limit}`,

    markEnqueued: (ids: string[]) =>
      jobs.updateMany({ where: { id: { in: ids } }, data: { enqueuedAt: new Date() } }),

    /** A delivery that was not taken: the dispatcher makes another at once. */
    returnToOutbox: (id: string) =>
      jobs.updateMany({ where: { id, status: 'pending' }, data: { enqueuedAt: null } }),

    /** Takes a pending job, or one whose worker let its lease run out. Null when there is nothing to take. */
    claim: async (
      jobId: string,
      workerId: string,
      leaseMs: number,
      deadlineSeconds: number,
    ): Promise<ClaimedJob | null> => {
      const rows = await database.$queryRaw<ClaimedJob[]>`
        UPDATE audio_processing_jobs
        SET status = 'processing', attempt = attempt + 1, worker_id = ${workerId}, stage = 'starting', fraction = 0, preview_parts = 0,
            lease_expires_at = now() + make_interval(secs => ${leaseMs / 1000}),
            started_at = coalesce(started_at, now()), revision = revision + 1,
            deadline_at = coalesce(deadline_at, now() + make_interval(secs => ${deadlineSeconds}))
        WHERE id = ${jobId}::uuid AND cancel_requested_at IS NULL AND (
          (status = 'pending' AND NOT awaiting_input AND run_after <= now() + interval '50 milliseconds') OR
          (status = 'processing' AND lease_expires_at < now()))
        RETURNING id::text, user_id::text AS "userId", capability, model_id AS "modelId", input_type::text AS "inputType",
          input_object_id::text AS "inputObjectId", input_text AS "inputText", parameters, seed, attempt, failures,
          cancel_requested_at AS "cancelRequestedAt", deadline_at AS "deadlineAt"`
      return rows[0] ?? null
    },

    /** Renews the lease. `lost`: the job is no longer this worker's. */
    renewLease: async ({ jobId, attempt }: Claim, leaseMs: number): Promise<'held' | 'lost' | 'canceled'> => {
      const rows = await database.$queryRaw<{ canceled: boolean }[]>`
        UPDATE audio_processing_jobs SET lease_expires_at = now() + make_interval(secs => ${leaseMs / 1000})
        WHERE id = ${jobId}::uuid AND attempt = ${attempt} AND status = 'processing'
        RETURNING cancel_requested_at IS NOT NULL AS canceled`
      if (rows.length === 0) return 'lost'
      return rows[0]!.canceled ? 'canceled' : 'held'
    },

    progress: async (claim: Claim, stage: string, fraction: number, text?: string) =>
      (
        await jobs.updateMany({
          where: heldBy(claim),
          data: { stage, fraction, ...(text === undefined ? {} : { partialText: text }), ...bump },
        })
      ).count > 0,

    /** A further part of the preview lies in the object store. */
    partStored: async (claim: Claim, previewParts: number) =>
      (await jobs.updateMany({ where: heldBy(claim), data: { previewParts, ...bump } })).count > 0,

    /** In SQL, because Prisma takes milliseconds to look through the thousands of numbers of a result. */
    complete: async ({ jobId, attempt }: Claim, result: JobResult) =>
      (await database.$executeRaw`
        UPDATE audio_processing_jobs
        SET status = 'completed', stage = 'done', fraction = 1, partial_text = NULL, completed_at = now(),
            result = ${JSON.stringify(result)}::jsonb, lease_expires_at = NULL, revision = revision + 1
        WHERE id = ${jobId}::uuid AND attempt = ${attempt} AND status = 'processing'
          AND cancel_requested_at IS NULL`) > 0,

    fail: async (claim: Claim, { code, message }: JobFailure) =>
      (
        await jobs.updateMany({
          where: heldBy(claim),
          data: {
            status: 'failed',
            errorCode: code,
            errorMessage: message,
            completedAt: new Date(),
            leaseExpiresAt: null,
            previewParts: 0,
            ...bump,
          },
        })
      ).count > 0,

    /** Back to pending after an infrastructure error, to be delivered again once `delayMs` have passed. */
    retryLater: async (claim: Claim, delayMs: number, countsAsFailure: boolean) =>
      (await database.$executeRaw`
        UPDATE audio_processing_jobs
        SET status = 'pending', stage = NULL, fraction = 0, partial_text = NULL, preview_parts = 0, worker_id = NULL, lease_expires_at = NULL, enqueued_at = NULL,
            failures = failures + ${countsAsFailure ? 1 : 0}, run_after = now() + make_interval(secs => ${delayMs / 1000}),
            revision = revision + 1
        WHERE id = ${claim.jobId}::uuid AND attempt = ${claim.attempt} AND status = 'processing'`) > 0,

    cancelPending: async (jobId: string) =>
      (
        await jobs.updateMany({
          where: { id: jobId, status: 'pending' },
          data: {
            status: 'canceled',
            cancelRequestedAt: new Date(),
            completedAt: new Date(),
            awaitingInput: false,
            ...bump,
          },
        })
      ).count > 0,

    requestCancel: async (jobId: string) =>
      (
        await jobs.updateMany({
          where: { id: jobId, status: 'processing', cancelRequestedAt: null },
          data: { cancelRequestedAt: new Date(), ...bump },
        })
      ).count > 0,

    finishCanceled: async (claim: Claim) =>
      (
        await jobs.updateMany({
          where: { ...heldBy(claim), cancelRequestedAt: { not: null } },
          data: {
            status: 'canceled',
            completedAt: new Date(),
            leaseExpiresAt: null,
            previewParts: 0,
            ...bump,
          },
        })
      ).count > 0,

    /** A pending job that cannot be started any more, for example because its upload never came. */
    failPending: async (jobId: string, { code, message }: JobFailure) =>
      (
        await jobs.updateMany({
          where: { id: jobId, status: 'pending' },
          data: {
            status: 'failed',
            errorCode: code,
            errorMessage: message,
            completedAt: new Date(),
            awaitingInput: false,
            ...bump,
          },
        })
      ).count > 0,

    /** Jobs whose worker fell silent. */
    withExpiredLease: () => database.$queryRaw<
      { id: string; attempt: number; canceled: boolean; overdue: boolean }[]
    >`
      SELECT id::text, attempt, cancel_requested_at IS NOT NULL AS canceled, deadline_at < now() AS overdue
      FROM audio_processing_jobs WHERE status = 'processing' AND lease_expires_at < now() LIMIT 100`,

    /** Ends the leases of a worker that is known to be dead. */
    releaseWorker: (workerId: string) => database.$executeRaw`
      UPDATE audio_processing_jobs SET lease_expires_at = now() - interval '1 second'
      WHERE status = 'processing' AND worker_id = ${workerId}`,

    /** Removes a job of the product's own, whatever its state: a worker that has it in hand loses it. */
    discard: (jobId: string, userId: string) => jobs.deleteMany({ where: { id: jobId, userId } }),

    /** Removes a finished job. */
    deleteFinished: async (jobId: string, userId: string) =>
      (await jobs.deleteMany({ where: { id: jobId, userId, status: { in: finished } } })).count > 0,

    countUsing: (objectId: string) =>
      jobs.count({ where: { inputObjectId: objectId, status: { in: ['pending', 'processing'] } } }),

    /** Of these jobs, those that exist: whether they are finished, and where their output lies. */
    resultsOf: async (ids: string[]) => {
      const known = ids.filter((id) => uuidPattern.test(id))
      const rows = await jobs.findMany({
        where: { id: { in: known } },
        select: { id: true, status: true, result: true },
      })
      return new Map(
        rows.map(({ id, status, result }) => {
          const { outputKey } = (result ?? {}) as Partial<JobResult>
          return [id, { finished: finished.includes(status), outputKey }] as const
        }),
      )
    },
  }
}
