import type { Database, DatabaseClient } from '../../platform/database'
import { createLedger, downloadKey, type DebitOptions, type Debit, type Ledger } from './ledger'

export type { Debit, Ledger, LedgerReport } from './ledger'

export interface GrantOptions {
  userId: string
  /** Whole seconds, above zero. */
  seconds: number
  /** The same key grants once, however often it is asked for. */
  idempotencyKey: string
  note: string
}

export interface BillingModule {
  ledger: Ledger
  /**
   * Adds minutes without a payment.
   * @param client A transaction, where the grant must stand or fall with something else.
   * @returns false when the key was used before.
   */
  grant(options: GrantOptions, client?: DatabaseClient): Promise<boolean>
  /**
   * Charges the first download of a job's output; every later one is free.
   * @throws AppError `insufficient_minutes` with `seconds_needed` and `seconds_remaining`.
   */
  debitDownload(options: DebitOptions): Promise<Debit>
  isPaid(jobId: string): Promise<boolean>
  /** Ids of those of `jobIds` whose output was paid for. */
  paidJobs(jobIds: string[]): Promise<Set<string>>
}

/** The billing desk: the minutes ledger. */
export function createBillingModule({ database }: { database: Database }): BillingModule {
  const ledger = createLedger({ database })
  return {
    ledger,
    grant: (options, client) => ledger.credit({ ...options, kind: 'grant' }, client),
    debitDownload: (options) => ledger.debitDownload(options),
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
