import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { listSchema, principalOf, problems, requireUser } from '../../platform/http'
import type { PreferenceStore } from './preferences'
import {
  newSubscriptionSchema,
  notificationQuerySchema,
  notificationSchema,
  preferenceChangesSchema,
  preferencesSchema,
  subscriptionSchema,
} from './schemas'
import type { NotificationService } from './service'

const tags = ['notifications']
const path = '/api/notifications'
const params = z.object({ id: z.uuid() })

export interface NotificationRoutesOptions {
  service: NotificationService
  preferences: PreferenceStore
  /** What browsers subscribe with. */
  vapidPublicKey: string
}

/** Routes under `/api/notifications`. */
export function notificationRoutes(options: NotificationRoutesOptions): FastifyPluginAsyncZod {
  const { service, preferences, vapidPublicKey } = options
  return async (app) => {
    app.addHook('onRequest', requireUser)

    app.get(
      path,
      {
        config: { scope: 'notifications:read' },
        schema: {
          tags,
          summary: 'What you were told, newest first',
          querystring: notificationQuerySchema,
          response: {
            200: listSchema(notificationSchema).extend({ unread: z.int().describe('In all.') }),
            ...problems(400, 401),
          },
        },
      },
      async (request) => {
        const { userId } = principalOf(request)
        const [page, unread] = await Promise.all([
          service.list(userId, request.query),
          service.countUnread(userId),
        ])
        return { ...page, unread }
      },
    )

    app.post(
      `${path}/:id/read`,
      {
        config: { scope: 'notifications:write' },
        schema: {
          tags,
          summary: 'Mark a notification as read',
          params,
          response: { 200: notificationSchema, ...problems(401, 404) },
        },
      },
      (request) => service.markRead(principalOf(request).userId, request.params.id),
    )

    app.post(
      `${path}/read-all`,
      {
        config: { scope: 'notifications:write' },
        schema: {
          tags,
          summary: 'Mark all notifications as read',
          response: { 200: z.object({ marked: z.int() }), ...problems(401) },
        },
      },
      async (request) => ({ marked: await service.markAllRead(principalOf(request).userId) }),
    )

    app.delete(
      `${path}/:id`,
      {
        config: { scope: 'notifications:write' },
        schema: {
          tags,
          summary: 'Take a notification off the list',
          params,
          response: { 204: z.null(), ...problems(401, 404) },
        },
      },
      async (request, reply) => {
        await service.remove(principalOf(request).userId, request.params.id)
        return reply.code(204).send(null)
      },
    )

    app.get(
      `${path}/preferences`,
      {
        schema: {
          tags,
          summary: 'What you are told, and how',
          response: { 200: preferencesSchema, ...problems(401) },
        },
      },
      (request) => preferences.of(principalOf(request).userId),
    )

    app.put(
      `${path}/preferences`,
      {
        schema: {
          tags,
          summary: 'Choose what you are told, and how',
          body: preferenceChangesSchema,
          response: { 200: preferencesSchema, ...problems(400, 401) },
        },
      },
      (request) => preferences.change(principalOf(request).userId, request.body),
    )

    app.get(
      `${path}/push`,
      {
        schema: {
          tags,
          summary: 'Browsers that are told by web push, and the key that they subscribe with',
          response: {
            200: listSchema(subscriptionSchema).extend({
              public_key: z.string().describe('`applicationServerKey` of PushManager.subscribe().'),
            }),
            ...problems(401),
          },
        },
      },
      async (request) => ({
        ...{ object: 'list' as const, url: `${path}/push`, has_more: false, public_key: vapidPublicKey },
        data: await service.subscriptions(principalOf(request).userId),
      }),
    )

    app.post(
      `${path}/push`,
      {
        schema: {
          tags,
          summary: 'Tell a browser by web push',
          body: newSubscriptionSchema,
          response: { 201: subscriptionSchema, ...problems(400, 401, 409) },
        },
      },
      async (request, reply) => {
        const agent = request.headers['user-agent'] ?? null
        const made = await service.subscribe(principalOf(request).userId, request.body, agent)
        return reply.code(201).send(made)
      },
    )

    app.delete(
      `${path}/push/:id`,
      {
        schema: {
          tags,
          summary: 'Tell a browser no more',
          params,
          response: { 204: z.null(), ...problems(401, 404) },
        },
      },
      async (request, reply) => {
        await service.unsubscribe(principalOf(request).userId, request.params.id)
        return reply.code(204).send(null)
      },
    )
  }
}
