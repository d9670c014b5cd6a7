import type { Readable } from 'node:stream'
import type { Database, Prisma } from '../../../platform/database'
import { fetchPage, type List } from '../../../platform/http'
import { allRows, csvStream } from '../csv'
import type { LedgerEntryView, LedgerQuery } from '../schemas'

const viewed = { lot: { select: { secondsLeft: true, expiresAt: true } } } as const
type Row = Prisma.MinuteEntryGetPayload<{ include: typeof viewed }>

const columns: Record<string, (row: LedgerEntryView) => string | number | null> = {
  id: (row) => row.id,
  created_at: (row) => row.created_at,
  kind: (row) => row.kind,
  seconds: (row) => row.seconds,
  balance_after: (row) => row.balance_after,
  job_id: (row) => row.job_id,
  transaction_id: (row) => row.transaction_id,
  expires_at: (row) => row.expires_at,
  note: (row) => row.note,
}

/** An account's ledger, newest first. */
export function createEntryLists(database: Database) {
  function finder(userId: string, { kind, from, to }: LedgerQuery) {
    const where: Prisma.MinuteEntryWhereInput = {
      userId,
      ...(kind ? { kind } : {}),
      createdAt: { ...(from ? { gte: from } : {}), ...(to ? { lt: to } : {}) },
    }
    return (page: { take: number; cursor?: { id: string }; skip?: number }) =>
      database.minuteEntry.findMany({
        where,
        include: viewed,
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        ...page,
      })
  }

  async function* views(userId: string, query: LedgerQuery): AsyncGenerator<LedgerEntryView> {
    for await (const row of allRows<Row>(finder(userId, query))) yield viewEntry(row)
  }

  return {
    list: (userId: string, query: LedgerQuery): Promise<List<LedgerEntryView>> =>
      fetchPage({ url: '/api/payment/ledger', query, find: finder(userId, query), toItem: viewEntry }),
    csv: (userId: string, query: LedgerQuery): Readable => csvStream(columns, views(userId, query)),
  }
}

function viewEntry(row: Row): LedgerEntryView {
  return {
    id: row.id,
    kind: row.kind,
    seconds: row.seconds,
    balance_after: row.balanceAfter,
    job_id: row.jobId,
    transaction_id: row.transactionId,
    note: row.note,
    seconds_left: row.lot?.secondsLeft ?? null,
    expires_at: row.lot?.expiresAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
  }
}
