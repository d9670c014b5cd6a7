import type { Database } from '../../platform/database'
import { MailRefused, type Mailer } from '../../platform/mail'
import type { Logger } from '../../platform/logger'
import type { Seal } from '../../platform/seal'
import { renderMail, type MailOptions } from './email'
import type { Notification, NotificationEvent } from './notifier'
import type { SealedMail } from './writer'

/** Never again: whoever should get it cannot, or wants no more. */
export class DeliveryRefused extends Error {}

export interface PushSender {
  /** @throws DeliveryRefused where the subscription is gone. */
  send(
    subscriptionId: string,
    event: NotificationEvent,
    data: Notification['data'],
    id: string,
  ): Promise<void>
}

export interface DeliveriesOptions {
  database: Database
  mailer: Mailer
  push: PushSender
  seal: Seal
  mail: MailOptions
  logger: Logger
  now(): Date
}

/** A delivery that is being made belongs to its process for this long: longer than mail and push servers may take. */
const claimMs = 120_000
/** After each attempt that failed; with the last the delivery is given up. */
const retryDelaysMs = [30_000, 120_000, 600_000, 3_600_000, 14_400_000, 43_200_000]

export type Deliveries = ReturnType<typeof createDeliveries>

/**
 * Makes deliveries by e-mail and web push. A claim by conditional update makes each one once; only where a process dies
 * between sending and writing that down is it made again, after the claim has run out.
 */
export function createDeliveries({ database, mailer, push, seal, mail, logger, now }: DeliveriesOptions) {
  async function claim(id: string) {
    const at = now()
    const { count } = await database.notificationDelivery.updateMany({
      where: { id, status: 'pending', nextAttemptAt: { lte: at } },
      data: { attempts: { increment: 1 }, nextAttemptAt: new Date(at.getTime() + claimMs) },
    })
    if (count === 0) return null
    return database.notificationDelivery.findUnique({
      where: { id },
      include: { notification: { include: { user: { select: { email: true, status: true } } } } },
    })
  }
  type Claimed = NonNullable<Awaited<ReturnType<typeof claim>>>

  async function send({ id, channel, target, sealed, notification }: Claimed): Promise<void> {
    const event = notification.event as NotificationEvent
    const hidden = sealed === null ? null : (JSON.parse(seal.open(sealed)) as SealedMail)
    const data = hidden?.data ?? (notification.data as Notification['data'])
    if (channel === 'push') return push.send(target, event, data, notification.id)
    const to = hidden?.to ?? notification.user.email
    try {
      await mailer.send({ id, to, ...renderMail(event, data, mail) })
    } catch (error) {
      if (error instanceof MailRefused) throw new DeliveryRefused(error.message, { cause: error })
      throw error
    }
  }

  async function settle(delivery: Claimed, error: unknown): Promise<void> {
    const { id, attempts } = delivery
    const where = { id, attempts, status: 'pending' } as const
    if (error === null) {
      await database.notificationDelivery.updateMany({
        where,
        data: { status: 'sent', sentAt: now(), sealed: null, lastError: null },
      })
      return
    }
    const delayMs = error instanceof DeliveryRefused ? undefined : retryDelaysMs[attempts - 1]
    const lastError = (error instanceof Error ? error.message : 'It failed without a reason.').slice(0, 500)
    logger.warn({ deliveryId: id, channel: delivery.channel, attempts, reason: lastError }, 'delivery failed')
    await database.notificationDelivery.updateMany({
      where,
      data:
        delayMs === undefined
          ? { status: 'failed', sealed: null, lastError }
          : { nextAttemptAt: new Date(now().getTime() + delayMs), lastError },
    })
  }

  return {
    /** Makes one delivery, where it is due and nobody else makes it. @returns whether this call made it. */
    async deliver(id: string): Promise<boolean> {
      const delivery = await claim(id)
      if (!delivery) return false
      const error = await send(delivery).then(
        () => null,
        (reason: unknown) => reason ?? new Error('unknown'),
      )
      await settle(delivery, error)
      return true
    },
    async due(limit: number): Promise<string[]> {
      const rows = await database.notificationDelivery.findMany({
        where: { status: 'pending', nextAttemptAt: { lte: now() } },
        orderBy: { nextAttemptAt: 'asc' },
        take: limit,
        select: { id: true },
      })
      return rows.map(({ id }) => id)
    },
  }
}
