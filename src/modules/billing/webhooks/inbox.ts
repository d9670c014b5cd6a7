import type { Logger } from 'pino'
import { z } from 'zod'
import type { Database } from '../../../platform/database'
import { newId } from '../../../platform/ids'
import type { BackgroundTasks } from '../../../platform/queue/tasks'
import type { PaymentGateways, WebhookRequest } from '../gateways'
import type { Settle } from './settle'

export interface InboxOptions {
  database: Database
  gateways: PaymentGateways
  tasks: Pick<BackgroundTasks, 'define'>
  settle: Settle
  logger: Logger
  now?: (() => Date) | undefined
}

export interface WebhookInbox {
  /**
   * Writes a genuine event down and hands it over to be worked on; asks the gateway nothing.
   * @throws AppError `webhook_refused`, with nothing written.
   */
  receive(gatewayId: string, request: WebhookRequest): Promise<void>
  /** Works on a received event; does nothing where that was done. */
  work(id: string): Promise<void>
  /** Hands over what is still to be worked on, and forgets what was long ago. @returns how many were handed over. */
  sweep(): Promise<number>
}

const payloadSchema = z.object({
  occurred_at: z.string(),
  subject: z
    .object({ kind: z.enum(['checkout', 'payment', 'subscription']), reference: z.string() })
    .nullable(),
})

/** With the backoff below, about four days. */
const maxAttempts = 24
const firstBackoffMs = 30_000
const maxBackoffMs = 6 * 3_600_000
/** Gateways repeat an event for days, not for months. */
const keptMs = 90 * 86_400_000
const sweepSize = 500

export function createWebhookInbox(options: InboxOptions): WebhookInbox {
  const { database, gateways, settle, logger, now = () => new Date() } = options
  const deliver = options.tasks.define('payment-events', work)

  async function outcomeOf(gatewayId: string, payload: unknown): Promise<string> {
    const { subject } = payloadSchema.parse(payload)
    if (!subject) return 'ignored'
    const sessionId = await gateways.get(gatewayId).findCheckout(subject)
    return sessionId === null ? 'unknown' : settle(gatewayId, sessionId)
  }

  async function work(id: string): Promise<void> {
    const event = await database.webhookEvent.findUnique({ where: { id } })
    if (!event || event.handledAt) return
    const backoffMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** event.attempts)
    await database.webhookEvent.updateMany({
      where: { id, handledAt: null },
      data: { attempts: { increment: 1 }, nextAttemptAt: new Date(now().getTime() + backoffMs) },
    })
    const { gateway, type, eventId } = event
    try {
      const outcome = await outcomeOf(gateway, event.payload)
      await database.webhookEvent.updateMany({
        where: { id, handledAt: null },
        data: { handledAt: now(), outcome, lastError: null },
      })
      if (outcome !== 'settled') logger.info({ gateway, type, eventId, outcome }, 'payment event left alone')
    } catch (error) {
      await database.webhookEvent.updateMany({
        where: { id, handledAt: null },
        data: { lastError: error instanceof Error ? error.message : String(error) },
      })
      if (event.attempts + 1 >= maxAttempts) {
        logger.error({ err: error, gateway, type, eventId }, 'payment event given up')
      }
      throw error
    }
  }

  return {
    async receive(gatewayId, request) {
      const event = gateways.get(gatewayId).readWebhook(request, now())
      const id = newId()
      const { count } = await database.webhookEvent.createMany({
        data: {
          id,
          gateway: gatewayId,
          eventId: event.id,
          type: event.type,
          payload: {
            occurred_at: event.occurredAt.toISOString(),
            subject: event.subject && { ...event.subject },
          },
          receivedAt: now(),
          nextAttemptAt: new Date(now().getTime() + firstBackoffMs),
        },
        skipDuplicates: true,
      })
      if (count === 0) return
      // Without a queue the sweep finds the row.
      await deliver(id).catch((error: unknown) =>
        logger.warn({ err: error }, 'payment event waits for the sweep'),
      )
    },
    work,
    async sweep() {
      await database.webhookEvent.deleteMany({
        where: { handledAt: { lt: new Date(now().getTime() - keptMs) } },
      })
      const due = await database.webhookEvent.findMany({
        where: { handledAt: null, nextAttemptAt: { lte: now() }, attempts: { lt: maxAttempts } },
        select: { id: true, attempts: true },
        orderBy: { nextAttemptAt: 'asc' },
        take: sweepSize,
      })
      for (const { id, attempts } of due) await deliver(id, { deliveryId: `${id}-${attempts}` })
      return due.length
    },
  }
}
