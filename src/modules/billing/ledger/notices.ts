import type { Database, DatabaseClient } from '../../../platform/database'
import type { Notifier } from '../../notifications'
import { formatMinutes } from '../money'

export interface NoticeOptions {
  database: Database
  notifier: Notifier
  /** A download that leaves less than this is followed by a notice; 0 = none. */
  lowSeconds: number
  expiryNoticeDays: number
}

export interface DebitNotice {
  userId: string
  entryId: string
  before: number
  after: number
}

const dayMs = 86_400_000

/** Tells owners that their minutes run out, or are about to expire. */
export function createNotices({ database, notifier, lowSeconds, expiryNoticeDays }: NoticeOptions) {
  async function tellExpiring(lotId: string, now: Date): Promise<void> {
    await database.$transaction(async (tx) => {
      // Whoever marks the lot tells: several servers look at the same time.
      const marked = await tx.minuteLot.updateManyAndReturn({
        where: { id: lotId, expiryToldAt: null, secondsLeft: { gt: 0 } },
        data: { expiryToldAt: now },
      })
      for (const { id, userId, secondsLeft, expiresAt } of marked) {
        await notifier.notify(
          {
            userId,
            event: 'minutes.expiring',
            data: {
              minutes: formatMinutes(secondsLeft),
              expires_at: expiresAt?.toISOString().slice(0, 10) ?? null,
            },
            idempotencyKey: `minutes.expiring:${id}`,
          },
          tx,
        )
      }
    })
  }

  return {
    /** Once each time that a download takes the balance below the mark. */
    async debited({ userId, entryId, before, after }: DebitNotice, client: DatabaseClient): Promise<void> {
      if (before < lowSeconds || after >= lowSeconds) return
      await notifier.notify(
        {
          userId,
          event: 'minutes.low',
          data: { minutes: formatMinutes(after) },
          idempotencyKey: `minutes.low:${entryId}`,
        },
        client,
      )
    },

    /** @returns how many lots their owners were told of. */
    async expiring(now = new Date()): Promise<number> {
      const lots = await database.minuteLot.findMany({
        where: {
          secondsLeft: { gt: 0 },
          expiryToldAt: null,
          expiresAt: { gt: now, lte: new Date(now.getTime() + expiryNoticeDays * dayMs) },
        },
        select: { id: true },
      })
      for (const { id } of lots) await tellExpiring(id, now)
      return lots.length
    },
  }
}
