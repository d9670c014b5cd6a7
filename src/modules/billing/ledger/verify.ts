import type { Database, DatabaseClient } from '../../../platform/database'
import { Prisma } from '../../../platform/database'
import type { LedgerDifference, LedgerReport } from './contract'

/** What must hold, each as the query of what breaks it: user_id, id, expected, found. */
const rules: { rule: string; query: Prisma.Sql }[] = [
  {
    rule: 'a balance is the sum of its entries',
    query: Prisma.sql`
      SELECT u.id AS user_id, NULL AS id, coalesce(e.total, 0) AS expected, u.seconds_remaining AS found
      FROM users u LEFT JOIN (SELECT user_id, sum(seconds) AS total FROM minute_entries GROUP BY user_id) e
        ON e.user_id = u.id
      WHERE u.seconds_remaining <> coalesce(e.total, 0)`,
  },
  {
    rule: 'a balance is what is left in its lots',
    query: Prisma.sql`
      SELECT u.id AS user_id, NULL AS id, coalesce(l.total, 0) AS expected, u.seconds_remaining AS found
      FROM users u LEFT JOIN (SELECT user_id, sum(seconds_left) AS total FROM minute_lots GROUP BY user_id) l
        ON l.user_id = u.id
      WHERE u.seconds_remaining <> coalesce(l.total, 0)`,
  },
  {
    rule: 'a lot holds what its entry credited',
    query: Prisma.sql`
      SELECT e.user_id, e.id, e.seconds AS expected, coalesce(l.seconds, 0) AS found
      FROM minute_entries e LEFT JOIN minute_lots l ON l.id = e.id AND l.user_id = e.user_id
      WHERE greatest(e.seconds, 0) <> coalesce(l.seconds, 0)`,
  },
  {
    rule: 'a lot has left what was not drawn from it',
    query: Prisma.sql`
      SELECT l.user_id, l.id, l.seconds - coalesce(d.total, 0) AS expected, l.seconds_left AS found
      FROM minute_lots l LEFT JOIN (SELECT lot_id, sum(seconds) AS total FROM minute_draws GROUP BY lot_id) d
        ON d.lot_id = l.id
      WHERE l.seconds_left <> l.seconds - coalesce(d.total, 0)`,
  },
  {
    rule: 'an entry draws from its own user’s lots what it takes',
    query: Prisma.sql`
      SELECT e.user_id, e.id, greatest(-e.seconds, 0) AS expected, coalesce(d.total, 0) AS found
      FROM minute_entries e LEFT JOIN (
        SELECT d.entry_id, l.user_id, sum(d.seconds) AS total
        FROM minute_draws d JOIN minute_lots l ON l.id = d.lot_id GROUP BY d.entry_id, l.user_id
      ) d ON d.entry_id = e.id AND d.user_id = e.user_id
      WHERE greatest(-e.seconds, 0) <> coalesce(d.total, 0)`,
  },
  {
    // Without asking for their order: the balances before the entries and the present one are those after, and zero.
    rule: 'each entry goes on from the balance that another left',
    query: Prisma.sql`
      SELECT user_id, NULL AS id, 0 AS expected, count(*) AS found FROM (
        (SELECT user_id, balance_after - seconds AS balance FROM minute_entries
          UNION ALL SELECT id, seconds_remaining FROM users)
        EXCEPT ALL
        (SELECT user_id, balance_after FROM minute_entries UNION ALL SELECT id, 0 FROM users)
      ) unexplained GROUP BY user_id`,
  },
]

export function verifyLedger(database: Database): Promise<LedgerReport> {
  const timeout = 600_000
  return database.$transaction(verifyIn, { isolationLevel: 'RepeatableRead', maxWait: 10_000, timeout })
}

async function verifyIn(tx: DatabaseClient): Promise<LedgerReport> {
  const differences: LedgerDifference[] = []
  for (const { rule, query } of rules) {
    const rows =
      await tx.$queryRaw<{ user_id: string; id: string | null; expected: unknown; found: unknown }[]>(query)
    for (const { user_id: userId, id, expected, found } of rows) {
      differences.push({ rule, userId, id, expected: Number(expected), found: Number(found) })
    }
  }
  return {
    accounts: await tx.user.count(),
    entries: await tx.minuteEntry.count(),
    lots: await tx.minuteLot.count(),
    differences,
  }
}
