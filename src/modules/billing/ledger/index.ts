import type { Database, DatabaseClient, MinuteEntryKind } from '../../../platform/database'
import { AppError } from '../../../platform/errors'
import { newId } from '../../../platform/ids'
import type { CreditOptions, Debit, DebitOptions, Ledger, TakeBackOptions } from './contract'
import { draw, lockBalance } from './lots'
import { createTurns } from './turns'
import { verifyLedger } from './verify'

export type * from './contract'

export interface LedgerOptions {
  database: Database
  /** Told in the transaction of a debit, with the balances before and after it. */
  onDebit?(
    debit: { userId: string; entryId: string; before: number; after: number },
    client: DatabaseClient,
  ): Promise<void>
}

interface NewEntry {
  userId: string
  kind: MinuteEntryKind
  /** Signed. */
  seconds: number
  /** The balance before. */
  balance: number
  idempotencyKey: string
  jobId?: string | undefined
  transactionId?: string | undefined
  note?: string | undefined
  actorId?: string | undefined
}

export const downloadKey = (jobId: string) => `download:${jobId}`

export function createLedger({ database, onDebit }: LedgerOptions): Ledger {
  const inTurn = createTurns()

  function inTransaction<T>(
    client: DatabaseClient | undefined,
    work: (tx: DatabaseClient) => Promise<T>,
  ): Promise<T> {
    return client ? work(client) : database.$transaction(work, { maxWait: 10_000, timeout: 10_000 })
  }

  async function creditIn(tx: DatabaseClient, options: CreditOptions): Promise<boolean> {
    const { userId, kind, seconds, transactionId, expiresAt } = options
    assertWholeSeconds(seconds, 1)
    const balance = await lockBalance(tx, userId)
    if (await entryOf(tx, options.idempotencyKey)) return false
    const id = await append(tx, { ...options, balance })
    await tx.minuteLot.create({
      data: {
        id,
        userId,
        seconds,
        secondsLeft: seconds,
        transactionId: transactionId ?? null,
        expiresAt: expiresAt ?? null,
      },
    })
    if (kind === 'purchase')
      await tx.user.updateMany({ where: { id: userId, paid: false }, data: { paid: true } })
    return true
  }

  async function takeBackIn(tx: DatabaseClient, options: TakeBackOptions): Promise<{ takenSeconds: number }> {
    const { userId, seconds, transactionId } = options
    assertWholeSeconds(seconds, 1)
    const locked = await lockBalance(tx, userId)
    const earlier = await entryOf(tx, options.idempotencyKey)
    if (earlier) return { takenSeconds: Math.abs(earlier.seconds) }
    const balance = await expireIn(tx, userId, locked, new Date())
    const takenSeconds = Math.min(seconds, balance)
    const entryId = await append(tx, { ...options, seconds: -takenSeconds, balance })
    if (takenSeconds > 0) await draw(tx, { userId, entryId, seconds: takenSeconds, transactionId })
    return { takenSeconds }
  }

  async function debitIn(tx: DatabaseClient, { userId, jobId, seconds }: DebitOptions): Promise<Debit> {
    assertWholeSeconds(seconds, 0)
    const locked = await lockBalance(tx, userId)
    const idempotencyKey = downloadKey(jobId)
    if (await entryOf(tx, idempotencyKey)) return { charged: false, balanceSeconds: locked }
    const before = await expireIn(tx, userId, locked, new Date())
    if (before < seconds) throw insufficient(seconds, before)
    const entryId = await append(tx, {
      userId,
      kind: 'download',
      seconds: -seconds,
      balance: before,
      idempotencyKey,
      jobId,
    })
    if (seconds > 0) await draw(tx, { userId, entryId, seconds })
    const after = before - seconds
    await onDebit?.({ userId, entryId, before, after }, tx)
    return { charged: true, balanceSeconds: after }
  }

  return {
    credit: (options, client) => inTransaction(client, (tx) => creditIn(tx, options)),
    takeBack: (options, client) => inTransaction(client, (tx) => takeBackIn(tx, options)),
    debitDownload(options, client) {
      if (client) return debitIn(client, options)
      return inTurn(
        options.userId,
        async () =>
          (await foresee(database, options)) ?? inTransaction(undefined, (tx) => debitIn(tx, options)),
      )
    },
    async expireLots(now = new Date()) {
      const owners = await database.minuteLot.findMany({
        where: { secondsLeft: { gt: 0 }, expiresAt: { lte: now } },
        select: { userId: true },
      })
      for (const userId of new Set(owners.map((lot) => lot.userId))) {
        await inTransaction(undefined, async (tx) => expireIn(tx, userId, await lockBalance(tx, userId), now))
      }
      return owners.length
    },
    verify: () => verifyLedger(database),
  }
}

/**
 * What a debit comes to where it changes nothing, without a lock: paid for before, or refused. Null where it has to be tried.
 * @throws AppError `insufficient_minutes`.
 */
async function foresee(
  client: DatabaseClient,
  { userId, jobId, seconds }: DebitOptions,
): Promise<Debit | null> {
  const [known] = await client.$queryRaw<{ paid: boolean; balance: bigint }[]>`
    SELECT EXISTS (SELECT 1 FROM minute_entries WHERE idempotency_key = ${downloadKey(jobId)}) AS paid,
      (SELECT coalesce(sum(seconds_left), 0) FROM minute_lots
        WHERE user_id = ${userId}::uuid AND seconds_left > 0 AND (expires_at IS NULL OR expires_at > now())) AS balance`
  const balanceSeconds = Number(known?.balance ?? 0)
  if (known?.paid) return { charged: false, balanceSeconds }
  if (balanceSeconds < seconds) throw insufficient(seconds, balanceSeconds)
  return null
}

/** Writes off the user's lots whose time is over. @returns the balance that is left. */
async function expireIn(tx: DatabaseClient, userId: string, balance: number, now: Date): Promise<number> {
  const lots = await tx.minuteLot.findMany({
    where: { userId, secondsLeft: { gt: 0 }, expiresAt: { lte: now } },
    orderBy: { expiresAt: 'asc' },
  })
  let left = balance
  for (const { id: lotId, secondsLeft: seconds, transactionId } of lots) {
    const entryId = await append(tx, {
      userId,
      kind: 'expiry',
      seconds: -seconds,
      balance: left,
      idempotencyKey: `expiry:${lotId}`,
      transactionId: transactionId ?? undefined,
    })
    await draw(tx, { userId, entryId, seconds, lotId })
    left -= seconds
  }
  return left
}

/** An entry, and the balance with it. @returns the entry's id. */
async function append(tx: DatabaseClient, entry: NewEntry): Promise<string> {
  const { userId, kind, seconds, idempotencyKey, jobId, transactionId, note, actorId } = entry
  const id = newId()
  const balanceAfter = entry.balance + seconds
  await tx.minuteEntry.create({
    data: {
      id,
      userId,
      kind,
      seconds,
      balanceAfter,
      idempotencyKey,
      jobId: jobId ?? null,
      transactionId: transactionId ?? null,
      note: note ?? null,
      actorId: actorId ?? null,
    },
  })
  if (seconds !== 0) await tx.user.update({ where: { id: userId }, data: { secondsRemaining: balanceAfter } })
  return id
}

const entryOf = (tx: DatabaseClient, idempotencyKey: string) =>
  tx.minuteEntry.findUnique({ where: { idempotencyKey }, select: { seconds: true } })

function assertWholeSeconds(seconds: number, least: number): void {
  if (Number.isSafeInteger(seconds) && seconds >= least) return
  throw new AppError('internal', {
    message: `Minutes are counted in whole seconds from ${least}, not ${seconds}.`,
  })
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
