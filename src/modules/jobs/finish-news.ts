import type { Database } from '../../platform/database'
import type { Notifier } from '../notifications'

export interface FinishNewsOptions {
  database: Database
  notifier: Notifier
  /** Capabilities whose jobs nobody asked for. */
  internal: readonly string[]
}

const batchSize = 100

/**
 * Tells owners of jobs that came to an end, whoever ended them: the rows say which are still to be told of. All
 * processes may do so at the same time; each end is told once, since it is marked in the transaction that tells.
 * @returns how many rows it settled.
 */
export async function tellFinishedJobs({ database, notifier, internal }: FinishNewsOptions): Promise<number> {
  const untold = await database.audioProcessingJob.findMany({
    where: { toldAt: null, completedAt: { not: null } },
    orderBy: { completedAt: 'asc' },
    take: batchSize,
    select: {
      id: true,
      userId: true,
      capability: true,
      status: true,
      attempt: true,
      errorMessage: true,
      inputObject: { select: { filename: true } },
    },
  })
  for (const { id, userId, capability, status, attempt, errorMessage, inputObject } of untold) {
    await database.$transaction(async (client) => {
      const where = { id, toldAt: null, completedAt: { not: null } }
      const { count } = await client.audioProcessingJob.updateMany({ where, data: { toldAt: new Date() } })
      // Who cancels knows; the product's own jobs are nobody's.
      if (count === 0 || status === 'canceled' || internal.includes(capability)) return
      const failed = status === 'failed'
      await notifier.notify(
        {
          userId,
          event: failed ? 'job.failed' : 'job.completed',
          data: {
            ...{ job_id: id, capability, status, filename: inputObject?.filename ?? null },
            ...(failed ? { reason: errorMessage } : {}),
          },
          // A job that is run again ends again.
          idempotencyKey: `job:${id}:${attempt}:${status}`,
        },
        client,
      )
    })
  }
  return untold.length
}
