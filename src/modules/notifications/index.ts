import type { Database } from '../../platform/database'
import type { Logger } from '../../platform/logger'
import type { Mailer } from '../../platform/mail'
import type { BackgroundTasks } from '../../platform/queue/tasks'
import type { Seal } from '../../platform/seal'
import { createDeliveries, DeliveryRefused } from './deliveries'
import type { Notifier } from './notifier'
import { createPreferenceStore } from './preferences'
import { createNotifier } from './writer'

export type { Notification, NotificationEvent, Notifier } from './notifier'

export interface NotificationsModuleOptions {
  database: Database
  tasks: BackgroundTasks
  mailer: Mailer
  /** Encrypts links on their way and the secrets of webhooks. */
  seal: Seal
  appName: string
  publicUrl: string
  logger: Logger
  /** Default: the clock. */
  now?: () => Date
}

export interface NotificationsModule extends Notifier {
  /** Delivers what is due and was not, or was lost by the queue. */
  sweep(): Promise<void>
}

/** What may not be committed yet is looked for after this; what takes longer is found by the sweep. */
const uncommittedDelayMs = 200
const sweptAtOnce = 200

/** Tells people of what happened: in the app, by e-mail, by web push and by webhook. */
export function createNotificationsModule(options: NotificationsModuleOptions): NotificationsModule {
  const { database, tasks, mailer, seal, appName, publicUrl, logger, now = () => new Date() } = options
  const preferences = createPreferenceStore(database)
  const push = { send: () => Promise.reject(new DeliveryRefused('no such subscription')) }
  const deliveries = createDeliveries({
    ...{ database, mailer, seal, logger, now, push },
    mail: { appName, publicUrl },
  })
  const add = tasks.define('notifications', async (id) => {
    await deliveries.deliver(id)
  })

  function deliver(ids: string[], { committed }: { committed: boolean }): void {
    for (const id of ids) {
      add(id, committed ? {} : { delayMs: uncommittedDelayMs }).catch((error: unknown) =>
        logger.warn({ err: error, deliveryId: id }, 'delivery waits for the sweep'),
      )
    }
  }

  return {
    ...createNotifier({ database, preferences, seal, now, deliver }),
    async sweep() {
      for (const id of await deliveries.due(sweptAtOnce)) await deliveries.deliver(id)
    },
  }
}
