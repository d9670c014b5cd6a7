import type { Database, DatabaseClient } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { newId } from '../../platform/ids'

export interface GrantOptions {
  userId: string
  /** Whole seconds, above zero. */
  seconds: number
  /** The same key grants once, however often it is asked for. */
  idempotencyKey: string
  note: string
}

export interface DebitOptions {
  userId: string
  jobId: string
  /** Whole seconds, zero or more. */
  seconds: number
}

export interface BillingModule {
  /**
   * Adds minutes without a payment.
   * @param client A transaction, where the grant must stand or fall with something else.
   * @returns false when the key was used before.
   */
  grant(options: GrantOptions, client?: DatabaseClient): Promise<boolean>
  /**
   * Charges the first download of a job's output; every later one is free.
   * @returns whether this call was the one that paid, and the balance in seconds.
   * @throws AppError `insufficient_minutes` with `seconds_needed` and `seconds_remaining`.
   */
  debitDownload(options: DebitOptions): Promise<{ charged: boolean; balanceSeconds: number }>
  isPaid(jobId: string): Promise<boolean>
  /** Ids of those of `jobIds` whose output was paid for. */
  paidJobs(jobIds: string[]): Promise<Set<string>>
}

const downloadKey = (jobId: string) => `download:${jobId}`

/** The minutes ledger: append-only entries, and a balance that changes only together with them. */
export function createBillingModule({ database }: { database: Database }): BillingModule {
  async function grantIn(tx: DatabaseClient, options: GrantOptions): Promise<boolean> {
    const balanceAfter = await lockBalance(tx, options.userId)
    if (await tx.minuteEntry.findUnique({ where: { idempotencyKey: options.idempotencyKey } })) return false
    await tx.user.update({
      where: { id: options.userId },
      data: { secondsRemaining: { increment: options.seconds } },
    })
    await tx.minuteEntry.create({
      data: {
        id: newId(),
        userId: options.userId,
        kind: 'grant',
        seconds: options.seconds,
        balanceAfter: balanceAfter + options.seconds,
        idempotencyKey: options.idempotencyKey,
        note: options.note,
      },
    })
    return true
  }

  async function debitIn(tx: DatabaseClient, { userId, jobId, seconds }: DebitOptions) {
    const balance = await lockBalance(tx, userId)
    const idempotencyKey = downloadKey(jobId)
    if (await tx.minuteEntry.findUnique({ where: { idempotencyKey } })) {
      return { charged: false, balanceSeconds: balance }
    }
    const debited = await tx.user.updateMany({
      where: { id: userId, secondsRemaining: { gte: seconds } },
      data: { secondsRemaining: { decrement: seconds } },
    })
    if (debited.count === 0) throw insufficient(seconds, balance)
    const balanceSeconds = balance - seconds
    await tx.minuteEntry.create({
      data: {
        id: newId(),
        userId,
        kind: 'download',
        seconds: -seconds,
        balanceAfter: balanceSeconds,
        idempotencyKey,
        jobId,
      },
    })
    return { charged: true, balanceSeconds }
  }

  return {
    grant: (options, client) =>
      client ? grantIn(client, options) : database.$transaction((tx) => grantIn(tx, options)),
    async debitDownload(options) {
      return database.$transaction((tx) => debitIn(tx, options), { maxWait: 10_000, timeout: 10_000 })
    },
    async isPaid(jobId) {
      const entry = await database.minuteEntry.findUnique({ where: { idempotencyKey: downloadKey(jobId) } })
      return entry !== null
    },
    async paidJobs(jobIds) {
      const entries = await database.minuteEntry.findMany({
        where: { idempotencyKey: { in: jobIds.map(downloadKey) } },
        select: { jobId: true },
      })
      return new Set(entries.flatMap((entry) => (entry.jobId ? [entry.jobId] : [])))
    },
  }
}

/** Locks the user's row until the transaction ends, so that entries of one user follow each other. */
async function lockBalance(tx: DatabaseClient, userId: string): Promise<number> {
  const rows = await tx.$queryRaw<{ seconds_remaining: number }[]>`
    SELECT seconds_remaining FROM users WHERE id = ${userId}::uuid FOR UPDATE`
  const row = rows[0]
  if (!row) throw new AppError('not_found', { message: 'There is no such account.' })
  return row.seconds_remaining
}

function insufficient(seconds: number, balance: number): AppError {
  return new AppError('insufficient_minutes', {
    message: `This download costs ${clock(seconds)} and your balance is ${clock(balance)}. The preview stays free.`,
    details: { seconds_needed: seconds, seconds_remaining: balance },
  })
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`
}
