import type { Database, DatabaseClient, Prisma } from '../../platform/database'
import { newId } from '../../platform/ids'
import type { Seal } from '../../platform/seal'
import type { Notification, Notifier } from './notifier'
import type { PreferenceStore } from './preferences'
import { isConfidential, topicOf } from './topics'
import { webhookPayload } from './webhooks/payload'

export interface NotifierOptions {
  database: Database
  preferences: PreferenceStore
  seal: Seal
  /** Hands what was written to the queue. */
  deliver(deliveryIds: string[], options: { committed: boolean }): void
  now(): Date
}

/** Data and recipient of a mail that the notification's row must not hold. */
export interface SealedMail {
  to: string | null
  data: Notification['data']
}

/**
 * Writes notifications down together with a row for each way by which they go out. The unique key decides which of
 * several writers tells; whatever is written is delivered from the rows, even where the queue never hears of it.
 */
export function createNotifier(options: NotifierOptions): Notifier {
  const { database, preferences, seal, now } = options

  async function write(notification: Notification, client: DatabaseClient): Promise<string[]> {
    const { userId, event, data, idempotencyKey, to } = notification
    const wanted = (await preferences.of(userId, client))[topicOf(event)]
    const confidential = isConfidential(event)
    const id = newId()
    const createdAt = now()
    // Asked of the database alone: a violated constraint would spoil the caller's transaction.
    const { count } = await client.notification.createMany({
      data: {
        ...{ id, userId, event, idempotencyKey, createdAt },
        inApp: wanted.in_app,
        data: confidential ? {} : data,
      },
      skipDuplicates: true,
    })
    if (count === 0) return []

    const times = { createdAt, nextAttemptAt: createdAt }
    const deliveries: Prisma.NotificationDeliveryCreateManyInput[] = []
    if (wanted.email) {
      const mail: SealedMail = { to: to ?? null, data }
      const sealed = confidential || to !== undefined ? seal.close(JSON.stringify(mail)) : null
      deliveries.push({ id: newId(), notificationId: id, channel: 'email', sealed, ...times })
    }
    if (wanted.push) {
      const subscriptions = await client.pushSubscription.findMany({
        where: { userId },
        select: { id: true },
      })
      for (const { id: target } of subscriptions) {
        deliveries.push({ id: newId(), notificationId: id, channel: 'push', target, ...times })
      }
    }
    await client.notificationDelivery.createMany({ data: deliveries })

    const endpoints = confidential
      ? []
      : await client.webhookEndpoint.findMany({
          where: {
            userId,
            disabledAt: null,
            OR: [{ events: { isEmpty: true } }, { events: { has: event } }],
          },
          select: { id: true },
        })
    const messages = endpoints.map(({ id: endpointId }) => ({
      ...{ id: newId(), endpointId, notificationId: id, event, ...times },
      payload: webhookPayload(event, createdAt, data),
    }))
    await client.webhookDelivery.createMany({ data: messages })
    return [...deliveries, ...messages].map((delivery) => delivery.id)
  }

  return {
    async notify(notification, client) {
      if (client) options.deliver(await write(notification, client), { committed: false })
      else {
        const ids = await database.$transaction((transaction) => write(notification, transaction))
        options.deliver(ids, { committed: true })
      }
    },
  }
}
