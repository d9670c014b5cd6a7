import type { Logger } from 'pino'
import type { AuditLog } from '../../../platform/audit'
import type { Database, Prisma } from '../../../platform/database'
import { AppError } from '../../../platform/errors'
import type { PaymentGateways } from '../gateways'
import type { Settle } from '../webhooks/settle'
import type { SubscriptionView } from './schemas'

export interface Subscriptions {
  /** Newest first. */
  list(userId: string): Promise<SubscriptionView[]>
  /**
   * Has a subscription end with the period that is paid for, or go on after all.
   * @throws AppError `not_found`, `conflict` when it has ended, `payments_off`, `unavailable`, `gateway_refused`.
   */
  setRenewal(userId: string, id: string, renews: boolean, ipAddress: string | null): Promise<SubscriptionView>
  /** Has everything end that would be charged again. @throws as `setRenewal`. */
  endAll(userId: string, ipAddress: string | null): Promise<void>
}

export interface SubscriptionsOptions {
  database: Database
  gateways: PaymentGateways
  settle: Settle
  audit: AuditLog
  logger: Logger
}

const withPlan = { plan: { select: { id: true, name: true } } } satisfies Prisma.SubscriptionInclude
type Row = Prisma.SubscriptionGetPayload<{ include: typeof withPlan }>

/** What customers do with their subscriptions; how these stand is the gateway's to say. */
export function createSubscriptions(options: SubscriptionsOptions): Subscriptions {
  const { database, gateways, settle, audit, logger } = options

  async function owned(userId: string, id: string): Promise<Row> {
    const row = await database.subscription.findFirst({ where: { id, userId }, include: withPlan })
    if (!row) throw new AppError('not_found', { message: 'There is no such subscription.' })
    return row
  }

  async function change(row: Row, renews: boolean, ipAddress: string | null): Promise<void> {
    const { setRenewal, title } = gateways.get(row.gateway)
    if (!setRenewal) throw new AppError('gateway_unsuitable', { message: `${title} has no subscriptions.` })
    await setRenewal(row.gatewayReference, renews)
    await audit.record({
      action: renews ? 'subscription.resumed' : 'subscription.ended',
      userId: row.userId,
      ipAddress,
      details: { subscription: row.id },
    })
    // Our copy follows the gateway's; its webhook would bring it as well, a little later.
    const first = await database.transaction.findFirst({
      where: { subscriptionId: row.id, gatewayReference: { not: null } },
      orderBy: { createdAt: 'asc' },
    })
    if (first?.gatewayReference) await settle(row.gateway, first.gatewayReference)
  }

  return {
    async list(userId) {
      const rows = await database.subscription.findMany({
        where: { userId },
        include: withPlan,
        orderBy: { createdAt: 'desc' },
      })
      return rows.map(view)
    },
    async setRenewal(userId, id, renews, ipAddress) {
      const row = await owned(userId, id)
      if (row.status === 'canceled') {
        throw new AppError('conflict', {
          message: 'The subscription has ended. Choose a plan to begin again.',
        })
      }
      if (row.cancelAtPeriodEnd === renews) await change(row, renews, ipAddress)
      return view(await owned(userId, id))
    },
    async endAll(userId, ipAddress) {
      const rows = await database.subscription.findMany({
        where: { userId, status: { not: 'canceled' }, cancelAtPeriodEnd: false },
        include: withPlan,
      })
      for (const row of rows) {
        if (gateways.list.some(({ id }) => id === row.gateway)) await change(row, false, ipAddress)
        else
          logger.error({ subscription: row.id, gateway: row.gateway }, 'gateway gone: end it there by hand')
      }
    },
  }
}

function view(row: Row): SubscriptionView {
  return {
    id: row.id,
    plan: row.plan,
    gateway: row.gateway,
    status: row.status,
    current_period_end: row.currentPeriodEnd?.toISOString() ?? null,
    renews: row.status !== 'canceled' && !row.cancelAtPeriodEnd,
    created_at: row.createdAt.toISOString(),
  }
}
