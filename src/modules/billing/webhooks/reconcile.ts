import type { Logger } from 'pino'
import type { Database } from '../../../platform/database'
import type { PaymentGateways } from '../gateways'
import type { Settle } from './settle'

export interface ReconcileOptions {
  database: Database
  gateways: PaymentGateways
  settle: Settle
  logger: Logger
}

export interface ReconcileReport {
  /** Checkouts that the gateway was asked about. */
  asked: number
  /** Of these, those that stand otherwise now. */
  changed: number
  /** That could not be asked about; the next run tries again. */
  failed: number
  /** Checkouts that never reached the gateway, removed. */
  abandoned: number
}

export type Reconcile = (now?: Date) => Promise<ReconcileReport>

const minuteMs = 60_000
const quietMs = 15 * minuteMs
const batch = 200

/**
 * Asks the gateways about checkouts older than 15 minutes without an outcome, and about subscriptions whose period ended
 * without word of the next one. Each is asked about at most every 15 minutes.
 */
export function createReconcile({ database, gateways, settle, logger }: ReconcileOptions): Reconcile {
  async function silentCheckouts(before: Date) {
    const rows = await database.transaction.findMany({
      where: {
        createdAt: { lt: before },
        gatewayReference: { not: null },
        // Invoices of later periods are asked about with their subscription.
        checkoutUrl: { not: null },
        OR: [
          { status: 'pending' },
          // A failed attempt may be followed by another until the checkout is over.
          { status: 'failed', expiresAt: { gt: before } },
        ],
        AND: { OR: [{ lastCheckedAt: null }, { lastCheckedAt: { lt: before } }] },
      },
      orderBy: { lastCheckedAt: { sort: 'asc', nulls: 'first' } },
      take: batch,
    })
    return rows.map(({ gateway, gatewayReference }) => ({ gateway, sessionId: gatewayReference! }))
  }

  async function silentSubscriptions(before: Date) {
    const rows = await database.subscription.findMany({
      where: {
        status: { in: ['active', 'past_due', 'incomplete'] },
        currentPeriodEnd: { lt: before },
        OR: [{ lastCheckedAt: null }, { lastCheckedAt: { lt: before } }],
      },
      include: { transactions: { where: { checkoutUrl: { not: null } }, take: 1 } },
      take: batch,
    })
    return rows.flatMap(({ gateway, transactions: [first] }) =>
      first?.gatewayReference ? [{ gateway, sessionId: first.gatewayReference }] : [],
    )
  }

  const standing = (gateway: string, sessionId: string) =>
    database.transaction.findUnique({
      where: { gateway_gatewayReference: { gateway, gatewayReference: sessionId } },
      select: { status: true, settlements: true },
    })

  return async (now = new Date()) => {
    const before = new Date(now.getTime() - quietMs)
    const abandoned = await database.transaction.deleteMany({
      where: { status: 'pending', gatewayReference: null, createdAt: { lt: before } },
    })
    const report: ReconcileReport = { asked: 0, changed: 0, failed: 0, abandoned: abandoned.count }
    const known = new Set(gateways.list.map(({ id }) => id))
    for (const { gateway, sessionId } of [
      ...(await silentCheckouts(before)),
      ...(await silentSubscriptions(before)),
    ]) {
      if (!known.has(gateway)) continue
      report.asked += 1
      try {
        const earlier = await standing(gateway, sessionId)
        await settle(gateway, sessionId)
        if ((await standing(gateway, sessionId))?.settlements !== earlier?.settlements) report.changed += 1
      } catch (error) {
        report.failed += 1
        logger.warn({ err: error, gateway, sessionId }, 'checkout could not be asked about')
      }
    }
    return report
  }
}
