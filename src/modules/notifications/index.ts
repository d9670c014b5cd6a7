import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Database } from '../../platform/database'
import type { Logger } from '../../platform/logger'
import type { Mailer } from '../../platform/mail'
import type { BackgroundTasks } from '../../platform/queue/tasks'
import type { Seal } from '../../platform/seal'
import { createSlots } from '../../platform/slots'
import { createDeliveries } from './deliveries'
import type { Notifier } from './notifier'
import { createOutbound, type ResolveName } from './outbound'
import { createPreferenceStore, type PreferenceStore } from './preferences'
import { createPushSender } from './push'
import { notificationRoutes } from './routes'
import { createNotificationService, type NotificationService } from './service'
import type { VapidKeys } from './vapid'
import { createWebhookDeliveries } from './webhooks/deliveries'
import { webhookRoutes } from './webhooks/routes'
import { createEndpointSecrets } from './webhooks/secrets'
import { createWebhookService, type WebhookService } from './webhooks/service'
import { createNotifier } from './writer'

export type { Notification, NotificationEvent, Notifier } from './notifier'
export { createNotificationPersonalData } from './personal-data'
export type { Preferences } from './preferences'
export type { NotificationView } from './schemas'
export type { PushSubscriptionView } from './service'
export type { DeliveryView, EndpointView } from './webhooks/schemas'
export { createPreferenceStore } from './preferences'
export { webhookEvents } from './topics'
export { createNotifier } from './writer'
export { deriveVapidKeys, type VapidKeys } from './vapid'

export interface NotificationsModuleOptions {
  database: Database
  tasks: BackgroundTasks
  mailer: Mailer
  /** Encrypts links on their way and the secrets of webhooks. */
  seal: Seal
  vapidKeys: VapidKeys
  /** Where push services reach the operator: `mailto:` or `https:`. */
  vapidSubject: string
  /** Whether webhooks may go to private networks. */
  privateNetworks: boolean
  appName: string
  publicUrl: string
  logger: Logger
  /** Default: the system's resolver. */
  resolve?: ResolveName
  /** Default: the clock. */
  now?: () => Date
}

export interface NotificationsModule extends Notifier {
  service: NotificationService
  preferences: PreferenceStore
  webhooks: WebhookService
  /** Routes under `/api/notifications` and `/api/webhooks`. */
  routes: FastifyPluginAsyncZod[]
  /** Delivers what is due: the next attempts, and what the queue lost. */
  sweep(): Promise<void>
  /** Forgets what is too old to be of use. */
  prune(): Promise<void>
  /** Waits for what is being sent. */
  close(): Promise<void>
}

/** What may not be committed yet is looked for after this; what takes longer is found by the sweep. */
const uncommittedDelayMs = 200
const sweptAtOnce = 200
/** Receivers may take their time: they share a width of their own, so that mails do not wait behind them. */
const webhooksAtOnce = 16
const dayMs = 24 * 3600 * 1000
const keptDays = { webhooks: 30, notifications: 365 }

/** Tells people of what happened: in the app, by e-mail, by web push and by webhook. */
export function createNotificationsModule(options: NotificationsModuleOptions): NotificationsModule {
  const { database, tasks, mailer, seal, appName, publicUrl, logger, now = () => new Date() } = options
  const preferences = createPreferenceStore(database)
  const outbound = createOutbound({ privateNetworks: options.privateNetworks, resolve: options.resolve })
  const push = createPushSender({
    ...{ database, outbound, keys: options.vapidKeys, subject: options.vapidSubject },
  })
  const mail = { appName, publicUrl }
  const deliveries = createDeliveries({ database, mailer, push, seal, mail, logger, now })
  const secrets = createEndpointSecrets(seal)
  const messages = createWebhookDeliveries({ database, outbound, secrets, logger, now })
  const inSlot = createSlots(webhooksAtOnce)
  const sending = new Set<Promise<unknown>>()

  /** Not waited for: what is lost with the process is found again by the sweep. */
  function sendMessage(id: string): Promise<unknown> {
    const sent = inSlot(() => messages.deliver(id))
      .catch((error: unknown) => logger.warn({ err: error, deliveryId: id }, 'webhook attempt broke off'))
      .finally(() => sending.delete(sent))
    sending.add(sent)
    return sent
  }

  const add = tasks.define('notifications', async (id) => {
    if (!(await deliveries.deliver(id))) void sendMessage(id)
  })

  function deliver(ids: string[], delay: { delayMs?: number } = {}): void {
    for (const id of ids) {
      // A message that is sent again is a delivery of its own.
      add(id, { ...delay, deliveryId: `${id}-${now().getTime()}` }).catch((error: unknown) =>
        logger.warn({ err: error, deliveryId: id }, 'delivery waits for the sweep'),
      )
    }
  }

  const service = createNotificationService({ database, outbound, now })
  const webhooks = createWebhookService({ database, outbound, secrets, deliveries: messages, deliver, now })
  return {
    ...createNotifier({
      ...{ database, preferences, seal, now },
      deliver: (ids, { committed }) => deliver(ids, committed ? {} : { delayMs: uncommittedDelayMs }),
    }),
    service,
    preferences,
    webhooks,
    routes: [
      notificationRoutes({ service, preferences, vapidPublicKey: options.vapidKeys.publicKey }),
      webhookRoutes(webhooks),
    ],
    async sweep() {
      const due = await messages.due(sweptAtOnce)
      await Promise.all([
        ...due.map(sendMessage),
        (async () => {
          for (const id of await deliveries.due(sweptAtOnce)) await deliveries.deliver(id)
        })(),
      ])
    },
    async prune() {
      const before = (days: number) => ({ lt: new Date(now().getTime() - days * dayMs) })
      await database.webhookDelivery.deleteMany({
        where: { status: { not: 'pending' }, createdAt: before(keptDays.webhooks) },
      })
      await database.notification.deleteMany({ where: { createdAt: before(keptDays.notifications) } })
    },
    async close() {
      await Promise.allSettled([...sending])
    },
  }
}
