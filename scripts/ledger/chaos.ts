import pg from 'pg'
import { createLedger } from '../../src/modules/billing'
import { createDatabase } from '../../src/platform/database'
import { newId } from '../../src/platform/ids'

export interface ChaosOptions {
  /** A migrated database whose user may end connections. */
  url: string
  seconds: number
  /** Goes on beyond its time until so many changes were acknowledged, on whatever slow machine. */
  leastChanges: number
  accounts: number
  /** Clients at work at the same time. */
  clients: number
  /** Milliseconds between two connections that are cut; 0 = none. */
  cutEveryMs: number
}

export interface ChaosReport {
  acknowledged: number
  failed: number
  refused: number
  cut: number
  /** Acknowledged changes that the ledger does not hold, and debits of one output beyond the first. */
  lost: number
  doubled: number
  differences: number
}

/** Accounts that buy, download, are refunded and let minutes expire, while connections are cut in the midst of it. */
export async function ledgerChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { url, seconds, leastChanges, accounts, clients, cutEveryMs } = options
  const database = createDatabase({ url, maxConnections: clients })
  const ledger = createLedger({ database })
  const users = Array.from({ length: accounts }, () => newId())
  await database.user.createMany({
    data: users.map((id) => ({ id, username: id, email: `${id}@example.org`, passwordHash: 'none' })),
  })
  const kept = new Set<string>()
  const report = { acknowledged: 0, failed: 0, refused: 0 }
  const endAt = performance.now() + seconds * 1000
  const isOver = () => performance.now() >= endAt && report.acknowledged >= leastChanges

  async function act(userId: string): Promise<string[]> {
    const idempotencyKey = newId()
    const dice = Math.random()
    const some = 1 + Math.floor(Math.random() * 120)
    if (dice < 0.3) {
      const expiresAt = Math.random() < 0.3 ? new Date(Date.now() + Math.random() * 2000) : null
      await ledger.credit({ userId, kind: 'purchase', seconds: some, idempotencyKey, expiresAt })
      return [idempotencyKey]
    }
    if (dice < 0.4) {
      await ledger.takeBack({ userId, kind: 'refund', seconds: some, idempotencyKey })
      return [idempotencyKey]
    }
    if (dice < 0.45) {
      await ledger.expireLots()
      return []
    }
    // The same output twice at once, as an impatient customer does.
    const jobId = newId()
    const debits = await Promise.allSettled(
      [1, 2].map(() => ledger.debitDownload({ userId, jobId, seconds: some })),
    )
    const failed = debits.find((debit) => debit.status === 'rejected')
    if (failed) throw failed.reason
    return [`download:${jobId}`]
  }

  async function customer(): Promise<void> {
    while (!isOver()) {
      try {
        for (const key of await act(users[Math.floor(Math.random() * users.length)]!)) kept.add(key)
        report.acknowledged += 1
      } catch (error) {
        const refused = (error as { code?: unknown }).code === 'insufficient_minutes'
        report[refused ? 'refused' : 'failed'] += 1
      }
    }
  }

  const [cut] = await Promise.all([
    cutConnections(url, cutEveryMs, isOver),
    ...Array.from({ length: clients }, customer),
  ])
  const { differences } = await ledger.verify()
  const entries = await database.minuteEntry.findMany({
    where: { userId: { in: users } },
    select: { idempotencyKey: true, jobId: true },
  })
  const keys = new Set(entries.map((entry) => entry.idempotencyKey))
  const jobs = entries.flatMap(({ jobId }) => (jobId ? [jobId] : []))
  await database.$disconnect()
  return {
    ...report,
    cut,
    lost: [...kept].filter((key) => !keys.has(key)).length,
    doubled: jobs.length - new Set(jobs).size,
    differences: differences.length,
  }
}

/** Ends one of the database's other connections now and then, whatever it is at. @returns how many. */
async function cutConnections(url: string, everyMs: number, isOver: () => boolean): Promise<number> {
  if (everyMs === 0) return 0
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  let cut = 0
  while (!isOver()) {
    await new Promise((resolve) => setTimeout(resolve, everyMs))
    const { rowCount } = await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' ORDER BY random() LIMIT 1`,
    )
    cut += rowCount ?? 0
  }
  await client.end()
  return cut
}
