import type { Database, Prisma } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { fetchPage, invalidFields, type List } from '../../platform/http'
import { newId } from '../../platform/ids'
import { messageOf } from './messages'
import type { Notification, NotificationEvent } from './notifier'
import type { Outbound } from './outbound'
import type { NotificationQuery, NotificationView } from './schemas'

export interface PushSubscriptionInput {
  endpoint: string
  keys: { p256dh: string; auth: string }
}

export interface PushSubscriptionView {
  id: string
  service: string
  endpoint: string
  user_agent: string | null
  created_at: string
}

const maxSubscriptions = 20

export type NotificationService = ReturnType<typeof createNotificationService>

/** What somebody does with the notifications in the app, and with the browsers that are told. */
export function createNotificationService({
  database,
  outbound,
  now,
}: {
  database: Database
  outbound: Outbound
  now(): Date
}) {
  const shown = (userId: string) => ({ userId, inApp: true })

  return {
    list: (userId: string, { unread, event, ...query }: NotificationQuery): Promise<List<NotificationView>> =>
      fetchPage({
        url: '/api/notifications',
        query,
        find: (page) =>
          database.notification.findMany({
            ...page,
            where: {
              ...shown(userId),
              ...(unread === undefined ? {} : { readAt: unread ? null : { not: null } }),
              ...(event === undefined ? {} : { event }),
            },
            orderBy: { id: 'desc' },
          }),
        toItem: viewNotification,
      }),
    countUnread: (userId: string): Promise<number> =>
      database.notification.count({ where: { ...shown(userId), readAt: null } }),
    async markRead(userId: string, id: string): Promise<NotificationView> {
      await database.notification.updateMany({
        where: { ...shown(userId), id, readAt: null },
        data: { readAt: now() },
      })
      const row = await database.notification.findFirst({ where: { ...shown(userId), id } })
      if (!row) throw new AppError('not_found', { message: 'There is no such notification.' })
      return viewNotification(row)
    },
    async markAllRead(userId: string): Promise<number> {
      const { count } = await database.notification.updateMany({
        where: { ...shown(userId), readAt: null },
        data: { readAt: now() },
      })
      return count
    },
    /** Takes it off the list; that it was told stays known. */
    async remove(userId: string, id: string): Promise<void> {
      const { count } = await database.notification.updateMany({
        where: { ...shown(userId), id },
        data: { inApp: false },
      })
      if (count === 0) throw new AppError('not_found', { message: 'There is no such notification.' })
    },

    subscriptions: async (userId: string): Promise<PushSubscriptionView[]> => {
      const rows = await database.pushSubscription.findMany({ where: { userId }, orderBy: { id: 'desc' } })
      return rows.map(viewSubscription)
    },
    /** A browser that comes again, perhaps with somebody else at it, replaces itself. */
    async subscribe(
      userId: string,
      { endpoint, keys }: PushSubscriptionInput,
      userAgent: string | null,
    ): Promise<PushSubscriptionView> {
      const problem = outbound.problemOf(endpoint)
      if (problem) throw invalidFields([{ field: 'endpoint', message: problem }])
      const others = await database.pushSubscription.count({ where: { userId, endpoint: { not: endpoint } } })
      if (others >= maxSubscriptions) {
        throw new AppError('conflict', {
          message: `Up to ${maxSubscriptions} browsers can be told. Sign one off that you no longer use.`,
        })
      }
      const values = {
        userId,
        p256dh: keys.p256dh,
        auth: keys.auth,
        userAgent: userAgent?.slice(0, 300) ?? null,
      }
      const row = await database.pushSubscription.upsert({
        where: { endpoint },
        create: { id: newId(), endpoint, ...values },
        update: values,
      })
      return viewSubscription(row)
    },
    async unsubscribe(userId: string, id: string): Promise<void> {
      const { count } = await database.pushSubscription.deleteMany({ where: { userId, id } })
      if (count === 0) throw new AppError('not_found', { message: 'There is no such subscription.' })
    },
  }
}

function viewNotification(row: Prisma.NotificationGetPayload<object>): NotificationView {
  const data = row.data as Notification['data']
  const { title, lines, action } = messageOf(row.event as NotificationEvent, data)
  return {
    id: row.id,
    event: row.event,
    title,
    body: lines.join(' '),
    href: action?.href.startsWith('/') ? action.href : null,
    data,
    created_at: row.createdAt.toISOString(),
    read_at: row.readAt?.toISOString() ?? null,
  }
}

function viewSubscription(row: Prisma.PushSubscriptionGetPayload<object>): PushSubscriptionView {
  return {
    id: row.id,
    service: new URL(row.endpoint).host,
    endpoint: row.endpoint,
    user_agent: row.userAgent,
    created_at: row.createdAt.toISOString(),
  }
}
