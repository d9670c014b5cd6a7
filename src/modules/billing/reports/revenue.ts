import { Readable } from 'node:stream'
import { Prisma, type Database } from '../../../platform/database'
import { csvStream } from '../csv'
import type { Revenue, RevenueQuery, RevenueRow } from '../schemas'

const keys = {
  day: Prisma.sql`to_char(t.paid_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`,
  gateway: Prisma.sql`t.gateway`,
  plan: Prisma.sql`coalesce(t.plan_id::text, '')`,
}
const titles = {
  day: keys.day,
  gateway: keys.gateway,
  plan: Prisma.sql`coalesce(p.name, 'No plan')`,
}

interface Sums {
  key: string
  title: string
  currency: string
  payments: bigint
  amount: bigint
  tax: bigint
  refunded: bigint
  disputed: bigint
  net: bigint
  seconds: bigint
}

/**
 * What was taken in, by the day of the payment, by gateway or by plan; one row for each currency. Refunds and disputes
 * are counted with the payment that they belong to, so a day's figures may still change later.
 */
export function createRevenueReport(database: Database) {
  async function revenue({ from, to, by }: RevenueQuery): Promise<Revenue> {
    const rows = await database.$queryRaw<Sums[]>`
      SELECT ${keys[by]} AS key, ${titles[by]} AS title, t.currency, count(*) AS payments,
        sum(t.amount_minor) AS amount, sum(t.tax_minor) AS tax, sum(t.refunded_minor) AS refunded,
        sum(t.disputed_minor) AS disputed,
        sum(greatest(t.amount_minor - t.refunded_minor - t.disputed_minor, 0)) AS net, sum(t.seconds) AS seconds
      FROM transactions t LEFT JOIN pricing_plans p ON p.id = t.plan_id
      WHERE t.status IN ('paid', 'refunded', 'disputed')
        AND t.paid_at >= coalesce(${from ?? null}::timestamptz, '-infinity')
        AND t.paid_at < coalesce(${to ?? null}::timestamptz, 'infinity')
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`
    return {
      by,
      from: from?.toISOString() ?? null,
      to: to?.toISOString() ?? null,
      data: rows.map(viewSums),
    }
  }

  return {
    revenue,
    async revenueCsv(query: RevenueQuery): Promise<Readable> {
      const { data } = await revenue(query)
      return csvStream(columns, Readable.from(data) as AsyncIterable<RevenueRow>)
    },
  }
}

function viewSums(sums: Sums): RevenueRow {
  return {
    key: sums.key,
    title: sums.title,
    currency: sums.currency,
    payments: Number(sums.payments),
    amount_minor: Number(sums.amount),
    tax_minor: Number(sums.tax),
    refunded_minor: Number(sums.refunded),
    disputed_minor: Number(sums.disputed),
    net_minor: Number(sums.net),
    seconds: Number(sums.seconds),
  }
}

const columns: Record<keyof RevenueRow, (row: RevenueRow) => string | number> = {
  key: (row) => row.key,
  title: (row) => row.title,
  currency: (row) => row.currency,
  payments: (row) => row.payments,
  amount_minor: (row) => row.amount_minor,
  tax_minor: (row) => row.tax_minor,
  refunded_minor: (row) => row.refunded_minor,
  disputed_minor: (row) => row.disputed_minor,
  net_minor: (row) => row.net_minor,
  seconds: (row) => row.seconds,
}
