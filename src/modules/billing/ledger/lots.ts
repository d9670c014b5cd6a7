import type { DatabaseClient } from '../../../platform/database'
import { AppError } from '../../../platform/errors'

/** Locks the user's row until the transaction ends, so that entries of one user follow each other. */
export async function lockBalance(tx: DatabaseClient, userId: string): Promise<number> {
  const rows = await tx.$queryRaw<{ seconds_remaining: number }[]>`
    SELECT seconds_remaining FROM users WHERE id = ${userId}::uuid FOR UPDATE`
  const row = rows[0]
  if (!row) throw new AppError('not_found', { message: 'There is no such account.' })
  return row.seconds_remaining
}

export interface DrawOptions {
  userId: string
  entryId: string
  /** Above zero, at most what the lots hold. */
  seconds: number
  /** Lots of this payment first. */
  transactionId?: string | undefined
  /** From this lot alone. */
  lotId?: string | undefined
}

/** Takes from the lots what an entry takes from the balance, and writes down from which. The user's row is locked. */
export async function draw(tx: DatabaseClient, options: DrawOptions): Promise<void> {
  const { userId, entryId, seconds, transactionId = null, lotId = null } = options
  const drawn = await tx.$queryRaw<{ seconds: number }[]>`
    WITH lots AS (
      SELECT id, seconds_left, sum(seconds_left) OVER (
          ORDER BY coalesce(transaction_id = ${transactionId}::uuid, false) DESC, expires_at NULLS LAST, created_at, id
        ) - seconds_left AS before
      FROM minute_lots
      WHERE user_id = ${userId}::uuid AND seconds_left > 0 AND id = coalesce(${lotId}::uuid, id)
    ), parts AS (
      SELECT id, least(seconds_left, ${seconds}::int - before)::int AS seconds FROM lots WHERE before < ${seconds}::int
    ), lowered AS (
      UPDATE minute_lots SET seconds_left = seconds_left - parts.seconds FROM parts WHERE minute_lots.id = parts.id
    )
    INSERT INTO minute_draws (entry_id, lot_id, seconds) SELECT ${entryId}::uuid, id, seconds FROM parts
    RETURNING seconds`
  const total = drawn.reduce((sum, part) => sum + part.seconds, 0)
  if (total === seconds) return
  throw new AppError('internal', {
    message: `The lots of ${userId} gave ${total} s of ${seconds} s: they differ from the balance. Run ledger:verify.`,
  })
}
