import type { Database } from '../../platform/database'
import type { PersonalData } from '../../platform/personal-data'

/** What somebody was told, how they want to be told, and where to. */
export function createNotificationPersonalData({ database }: { database: Database }): PersonalData {
  return {
    async *export(userId) {
      const where = { userId }
      yield { name: 'notifications.json', json: await database.notification.findMany({ where }) }
      const endpoints = await database.webhookEndpoint.findMany({ where, omit: { secrets: true } })
      yield {
        name: 'notification-settings.json',
        json: {
          preferences: await database.notificationPreference.findMany({ where }),
          push: await database.pushSubscription.findMany({
            where,
            select: { id: true, userAgent: true, createdAt: true },
          }),
          webhooks: endpoints,
        },
      }
    },
    async erase(userId) {
      const where = { userId }
      await database.notification.deleteMany({ where })
      await database.notificationPreference.deleteMany({ where })
      await database.pushSubscription.deleteMany({ where })
      await database.webhookEndpoint.deleteMany({ where })
    },
  }
}
