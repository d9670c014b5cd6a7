import type { Database, Prisma } from '../../../platform/database'
import type { Logger } from '../../../platform/logger'
import { AddressRefused, type Outbound } from '../outbound'
import type { EndpointSecrets } from './secrets'
import { testEvent } from './payload'
import { webhookHeaders } from './signature'

/** One attempt, as the delivery log shows it. */
export interface WebhookAttempt {
  at: string
  /** Status of the answer; null where there was none. */
  status: number | null
  /** Why it failed, or the beginning of the answer. */
  detail: string
  duration_ms: number
}

export interface WebhookDeliveriesOptions {
  database: Database
  outbound: Outbound
  secrets: EndpointSecrets
  logger: Logger
  now(): Date
}

/** From one attempt to the next (Standard Webhooks 1.0); after the last the message is given up. */
export const retryDelaysSeconds = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
/** Longer than an attempt may take. */
const claimMs = 60_000
const keptAttempts = 40

export type WebhookDeliveries = ReturnType<typeof createWebhookDeliveries>

/** Sends messages to users' receivers, each attempt claimed by a conditional update. */
export function createWebhookDeliveries(options: WebhookDeliveriesOptions) {
  const { database, outbound, secrets, logger, now } = options

  async function claim(id: string) {
    const at = now()
    const { count } = await database.webhookDelivery.updateMany({
      where: { id, status: 'pending', nextAttemptAt: { lte: at } },
      data: { attempts: { increment: 1 }, nextAttemptAt: new Date(at.getTime() + claimMs) },
    })
    if (count === 0) return null
    return database.webhookDelivery.findUnique({ where: { id }, include: { endpoint: true } })
  }
  type Claimed = NonNullable<Awaited<ReturnType<typeof claim>>>

  /** @returns what happened; `final`: this receiver will never take it. */
  async function attempt({ id, payload, endpoint }: Claimed): Promise<WebhookAttempt & { final: boolean }> {
    const at = now()
    const startedMs = performance.now()
    const done = (status: number | null, detail: string, final = false) => ({
      ...{ at: at.toISOString(), status, detail, final },
      duration_ms: Math.round(performance.now() - startedMs),
    })
    if (endpoint.disabledAt) return done(null, `The endpoint is disabled: ${endpoint.disabledReason}`, true)
    try {
      const headers = webhookHeaders({ id, at, body: payload }, secrets.valid(endpoint.secrets, at))
      const { status, excerpt } = await outbound.post({ url: endpoint.url, headers, body: payload })
      return done(status, excerpt, status === 410)
    } catch (error) {
      const detail = error instanceof Error ? error.message || error.name : String(error)
      return done(null, detail.slice(0, 500), error instanceof AddressRefused)
    }
  }

  async function settle(delivery: Claimed, { final, ...entry }: WebhookAttempt & { final: boolean }) {
    const { id, attempts, event, endpoint } = delivery
    const succeeded = entry.status !== null && entry.status >= 200 && entry.status < 300
    const delaySeconds = final || event === testEvent ? undefined : retryDelaysSeconds[attempts - 1]
    const log = [...(delivery.attemptLog as unknown as WebhookAttempt[]), entry].slice(-keptAttempts)
    const outcome: Prisma.WebhookDeliveryUpdateManyMutationInput = succeeded
      ? { status: 'sent', sentAt: now() }
      : delaySeconds === undefined
        ? { status: 'failed' }
        : { nextAttemptAt: new Date(now().getTime() + delaySeconds * 1000) }
    await database.webhookDelivery.updateMany({
      where: { id, attempts, status: 'pending' },
      data: { ...outcome, attemptLog: log as unknown as Prisma.InputJsonValue },
    })
    if (succeeded) return
    logger.info({ deliveryId: id, endpointId: endpoint.id, attempts, ...entry }, 'webhook failed')
    if (entry.status === 410) await disable(endpoint.id, 'The receiver answered 410 Gone.')
    else if (attempts > retryDelaysSeconds.length) await disableDeaf(delivery)
  }

  async function disable(endpointId: string, disabledReason: string): Promise<void> {
    await database.webhookEndpoint.updateMany({
      where: { id: endpointId, disabledAt: null },
      data: { disabledAt: now(), disabledReason },
    })
  }

  /** A receiver that took nothing while one message was tried for days is not tried further. */
  async function disableDeaf({ endpointId, createdAt }: Claimed): Promise<void> {
    const taken = await database.webhookDelivery.count({
      where: { endpointId, status: 'sent', sentAt: { gte: createdAt } },
    })
    if (taken === 0) await disable(endpointId, 'No message was taken for more than three days.')
  }

  return {
    /** Makes one attempt, where it is due and nobody else makes it. @returns whether this call made it. */
    async deliver(id: string): Promise<boolean> {
      const delivery = await claim(id)
      if (!delivery) return false
      await settle(delivery, await attempt(delivery))
      return true
    },
    async due(limit: number): Promise<string[]> {
      const rows = await database.webhookDelivery.findMany({
        where: { status: 'pending', nextAttemptAt: { lte: now() } },
        orderBy: { nextAttemptAt: 'asc' },
        take: limit,
        select: { id: true },
      })
      return rows.map(({ id }) => id)
    },
  }
}
