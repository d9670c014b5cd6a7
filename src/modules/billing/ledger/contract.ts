import type { DatabaseClient } from '../../../platform/database'

export interface CreditOptions {
  userId: string
  /**
   * `purchase`: paid for; the account counts as a paying one from then on. `grant`: given without a payment.
   * `refund`: gives back what a refund or a dispute took.
   */
  kind: 'purchase' | 'grant' | 'refund'
  /** Whole seconds, above zero. */
  seconds: number
  /** The same key credits once, however often it is asked for. */
  idempotencyKey: string
  transactionId?: string | undefined
  /** What is left then is gone; null or none = never. */
  expiresAt?: Date | null | undefined
  note?: string | undefined
  /** The administrator who grants. */
  actorId?: string | undefined
}

export interface TakeBackOptions {
  userId: string
  /** `refund`: of a payment that was refunded or disputed. `grant`: an administrator takes what was given. */
  kind: 'refund' | 'grant'
  /** Whole seconds, above zero. */
  seconds: number
  /** The same key takes once, however often it is asked for. */
  idempotencyKey: string
  /** Minutes of this payment are taken first. */
  transactionId?: string | undefined
  note?: string | undefined
  actorId?: string | undefined
}

export interface DebitOptions {
  userId: string
  jobId: string
  /** Whole seconds, zero or more. */
  seconds: number
}

export interface Debit {
  /** Whether this call was the one that paid. */
  charged: boolean
  balanceSeconds: number
}

/** Something in the ledger that does not add up. */
export interface LedgerDifference {
  rule: string
  userId: string
  /** The entry or lot that is wrong, where it is a single one. */
  id: string | null
  expected: number
  found: number
}

export interface LedgerReport {
  accounts: number
  entries: number
  lots: number
  differences: LedgerDifference[]
}

/**
 * Minutes, append-only: entries, and a balance on the user's row that changes only together with them. Each credit is a
 * lot; whatever is taken comes from the lots that expire first, then from the oldest. The user's row is locked meanwhile,
 * so entries of one user follow each other, and `balance = sum of entries = sum of what is left in the lots ≥ 0` always.
 * Methods that take a `client` stand or fall with that transaction.
 */
export interface Ledger {
  /** @returns false when the key was used before. */
  credit(options: CreditOptions, client?: DatabaseClient): Promise<boolean>
  /**
   * Takes as much as there is, at most `seconds`, never more.
   * @returns what this key took, now or before.
   */
  takeBack(options: TakeBackOptions, client?: DatabaseClient): Promise<{ takenSeconds: number }>
  /**
   * Charges the first download of a job's output; every later one is free.
   * @throws AppError `insufficient_minutes` with `seconds_needed` and `seconds_remaining`.
   */
  debitDownload(options: DebitOptions, client?: DatabaseClient): Promise<Debit>
  /** Writes off what is left in lots whose time is over. @returns how many lots that were. */
  expireLots(now?: Date): Promise<number>
  /** Recomputes every balance, lot and entry from what it stems from, on one snapshot. */
  verify(): Promise<LedgerReport>
}
