import type { Database, Prisma } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { fetchPage, type List, type PageQuery } from '../../platform/http'
import type { Dispatcher } from './dispatcher'
import type { AdminJob, JobStatusFilter } from './admin-schemas'

export interface JobAdministrationOptions {
  database: Database
  dispatcher: Pick<Dispatcher, 'drainOutbox'>
}

export interface AdminJobQuery extends PageQuery {
  status?: JobStatusFilter | undefined
  capability?: string | undefined
  user_id?: string | undefined
}

/** How many jobs one call runs again. */
const maxRetried = 1000

const retryable = {
  status: 'failed',
  OR: [{ inputText: { not: null } }, { inputObject: { status: 'stored' } }],
} satisfies Prisma.AudioProcessingJobWhereInput

export type JobAdministration = ReturnType<typeof createJobAdministration>

/** What administrators see of everybody's jobs, and do with those that failed. */
export function createJobAdministration({ database, dispatcher }: JobAdministrationOptions) {
  const jobs = database.audioProcessingJob

  /** Back to the beginning, as if it had just been asked for; its owner is told again how it ends. */
  async function retry(where: Prisma.AudioProcessingJobWhereInput): Promise<number> {
    const { count } = await jobs.updateMany({
      where: { ...where, ...retryable },
      data: {
        ...{ status: 'pending', stage: null, fraction: 0, failures: 0, errorCode: null, errorMessage: null },
        ...{ completedAt: null, startedAt: null, deadlineAt: null, toldAt: null, cancelRequestedAt: null },
        ...{ enqueuedAt: null, workerId: null, runAfter: new Date(), revision: { increment: 1 } },
      },
    })
    if (count > 0) await dispatcher.drainOutbox()
    return count
  }

  return {
    list: ({ status, capability, user_id: userId, ...query }: AdminJobQuery): Promise<List<AdminJob>> =>
      fetchPage({
        url: '/api/admin/jobs',
        query,
        find: (page) =>
          jobs.findMany({
            ...page,
            where: {
              ...(status ? { status } : {}),
              ...(capability ? { capability } : {}),
              ...(userId ? { userId } : {}),
            },
            orderBy: { id: 'desc' },
            include: { user: { select: { username: true } } },
          }),
        toItem: (job) => ({
          id: job.id,
          user: { id: job.userId, username: job.user.username },
          ...{ capability: job.capability, model: job.modelId, status: job.status },
          ...{ attempt: job.attempt, failures: job.failures, worker_id: job.workerId },
          error: job.errorCode === null ? null : { code: job.errorCode, message: job.errorMessage ?? '' },
          created_at: job.createdAt.toISOString(),
          started_at: job.startedAt?.toISOString() ?? null,
          completed_at: job.completedAt?.toISOString() ?? null,
        }),
      }),
    /** Jobs of each capability by status; of the ended ones those of the last day. */
    async counts(): Promise<Map<string, Record<string, number>>> {
      const rows = await database.$queryRaw<{ capability: string; status: string; jobs: number }[]>`
        SELECT capability, status::text, count(*)::int AS jobs FROM audio_processing_jobs
        WHERE completed_at IS NULL OR completed_at > now() - interval '1 day'
        GROUP BY capability, status`
      const counts = new Map<string, Record<string, number>>()
      for (const { capability, status, jobs: count } of rows) {
        counts.set(capability, { ...counts.get(capability), [status]: count })
      }
      return counts
    },
    /** Jobs that each worker has in hand. */
    async inHand(): Promise<Map<string, number>> {
      const rows = await jobs.groupBy({
        by: ['workerId'],
        where: { status: 'processing', workerId: { not: null } },
        _count: true,
      })
      return new Map(rows.map(({ workerId, _count }) => [workerId ?? '', _count]))
    },
    /** @throws AppError `not_found`; `conflict` where it did not fail, or its input is gone. */
    async retryOne(id: string): Promise<void> {
      if ((await retry({ id })) > 0) return
      if (!(await jobs.findUnique({ where: { id }, select: { id: true } }))) {
        throw new AppError('not_found', { message: 'There is no such job.' })
      }
      throw new AppError('conflict', {
        message: 'Only failed jobs whose input is still there can be run again.',
      })
    },
    /** Runs failed jobs of a capability again. @returns how many. */
    async retryFailed(capability: string, { since, code }: { since: Date; code?: string | undefined }) {
      const rows = await jobs.findMany({
        where: {
          ...{ capability, completedAt: { gte: since }, ...retryable },
          ...(code === undefined ? {} : { errorCode: code }),
        },
        orderBy: { completedAt: 'asc' },
        take: maxRetried,
        select: { id: true },
      })
      return retry({ id: { in: rows.map(({ id }) => id) } })
    },
  }
}
