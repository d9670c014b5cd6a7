import type { Database, Prisma } from '../../../platform/database'
import { AppError } from '../../../platform/errors'
import { fetchPage, invalidFields, type List } from '../../../platform/http'
import { newId } from '../../../platform/ids'
import type { Outbound } from '../outbound'
import type { WebhookAttempt, WebhookDeliveries } from './deliveries'
import { testEvent, webhookPayload } from './payload'
import type { DeliveryQuery, DeliveryView, EndpointChanges, EndpointView, NewEndpoint } from './schemas'
import type { EndpointSecrets } from './secrets'

export interface WebhookServiceOptions {
  database: Database
  outbound: Outbound
  secrets: EndpointSecrets
  deliveries: WebhookDeliveries
  /** Hands messages to the queue. */
  deliver(ids: string[]): void
  now(): Date
}

const maxEndpoints = 20
const path = '/api/webhooks'

export type WebhookService = ReturnType<typeof createWebhookService>

/** What somebody does with the receivers of webhooks. Another user's endpoint does not exist for a user. */
export function createWebhookService(options: WebhookServiceOptions) {
  const { database, outbound, secrets, deliveries, now } = options

  async function owned(userId: string, id: string) {
    const endpoint = await database.webhookEndpoint.findFirst({ where: { id, userId } })
    if (!endpoint) throw new AppError('not_found', { message: 'There is no such webhook.' })
    return endpoint
  }
  async function ownedDelivery(userId: string, endpointId: string, id: string) {
    const where = { id, endpointId, endpoint: { userId } }
    const delivery = await database.webhookDelivery.findFirst({ where })
    if (!delivery) throw new AppError('not_found', { message: 'There is no such message.' })
    return delivery
  }

  const view = (row: Prisma.WebhookEndpointGetPayload<object>): EndpointView => ({
    id: row.id,
    url: row.url,
    description: row.description,
    events: row.events,
    status: row.disabledAt ? 'disabled' : 'enabled',
    disabled_reason: row.disabledReason,
    old_secret_until: secrets.overlapUntil(row.secrets, now()),
    created_at: row.createdAt.toISOString(),
  })

  function refuseBadUrl(url: string): void {
    const problem = outbound.problemOf(url)
    if (problem) throw invalidFields([{ field: 'url', message: problem }])
  }

  /** Back to the beginning of the schedule, under the same id. */
  const again = () => ({ status: 'pending' as const, attempts: 0, nextAttemptAt: now(), sentAt: null })

  function refuseDisabled({ disabledAt }: { disabledAt: Date | null }): void {
    if (disabledAt) throw new AppError('conflict', { message: 'The webhook is disabled. Enable it first.' })
  }

  return {
    list: (userId: string, query: Parameters<typeof fetchPage>[0]['query']): Promise<List<EndpointView>> =>
      fetchPage({
        url: path,
        query,
        find: (page) =>
          database.webhookEndpoint.findMany({ ...page, where: { userId }, orderBy: { id: 'desc' } }),
        toItem: view,
      }),
    get: async (userId: string, id: string): Promise<EndpointView> => view(await owned(userId, id)),
    async create(userId: string, { url, description, events }: NewEndpoint) {
      refuseBadUrl(url)
      if ((await database.webhookEndpoint.count({ where: { userId } })) >= maxEndpoints) {
        throw new AppError('conflict', { message: `An account has up to ${maxEndpoints} webhooks.` })
      }
      const at = now()
      const { secret, column } = secrets.add([], at, at)
      const row = await database.webhookEndpoint.create({
        data: { id: newId(), userId, url, description, events, secrets: column, createdAt: at },
      })
      return { ...view(row), secret }
    },
    async change(
      userId: string,
      id: string,
      { enabled, ...changes }: EndpointChanges,
    ): Promise<EndpointView> {
      await owned(userId, id)
      if (changes.url !== undefined) refuseBadUrl(changes.url)
      const switched =
        enabled === undefined
          ? {}
          : enabled
            ? { disabledAt: null, disabledReason: null }
            : { disabledAt: now(), disabledReason: 'Disabled by its owner.' }
      const row = await database.webhookEndpoint.update({ where: { id }, data: { ...changes, ...switched } })
      return view(row)
    },
    async remove(userId: string, id: string): Promise<void> {
      await owned(userId, id)
      await database.webhookEndpoint.delete({ where: { id } })
    },
    async rotate(userId: string, id: string, overlapSeconds: number) {
      const { secrets: current } = await owned(userId, id)
      const at = now()
      const { secret, column } = secrets.add(current, at, new Date(at.getTime() + overlapSeconds * 1000))
      const row = await database.webhookEndpoint.update({ where: { id }, data: { secrets: column } })
      return { ...view(row), secret }
    },
    /** Sends a message at once, and tells how that went. */
    async test(userId: string, id: string): Promise<DeliveryView> {
      refuseDisabled(await owned(userId, id))
      const at = now()
      const delivery = await database.webhookDelivery.create({
        data: {
          ...{ id: newId(), endpointId: id, event: testEvent, createdAt: at, nextAttemptAt: at },
          payload: webhookPayload(testEvent, at, { message: 'This is a test.' }),
        },
      })
      await deliveries.deliver(delivery.id)
      return viewDelivery(await ownedDelivery(userId, id, delivery.id))
    },
    async deliveries(
      userId: string,
      id: string,
      { status, event, ...query }: DeliveryQuery,
    ): Promise<List<DeliveryView>> {
      await owned(userId, id)
      const where = { endpointId: id, ...(status ? { status } : {}), ...(event ? { event } : {}) }
      return fetchPage({
        url: `${path}/${id}/deliveries`,
        query,
        find: (page) => database.webhookDelivery.findMany({ ...page, where, orderBy: { id: 'desc' } }),
        toItem: viewDelivery,
      })
    },
    async replay(userId: string, id: string, deliveryId: string): Promise<DeliveryView> {
      refuseDisabled(await owned(userId, id))
      await ownedDelivery(userId, id, deliveryId)
      await database.webhookDelivery.update({ where: { id: deliveryId }, data: again() })
      options.deliver([deliveryId])
      return viewDelivery(await ownedDelivery(userId, id, deliveryId))
    },
    /** Everything that failed since then. @returns how many messages. */
    async replaySince(userId: string, id: string, since: Date): Promise<number> {
      refuseDisabled(await owned(userId, id))
      const where = {
        endpointId: id,
        status: 'failed' as const,
        event: { not: testEvent },
        createdAt: { gte: since },
      }
      const rows = await database.webhookDelivery.updateManyAndReturn({
        where,
        data: again(),
        select: { id: true },
      })
      options.deliver(rows.map((row) => row.id))
      return rows.length
    },
  }
}

function viewDelivery(row: Prisma.WebhookDeliveryGetPayload<object>): DeliveryView {
  return {
    id: row.id,
    event: row.event,
    status: row.status,
    payload: JSON.parse(row.payload) as Record<string, unknown>,
    attempts: row.attemptLog as unknown as WebhookAttempt[],
    next_attempt_at: row.status === 'pending' ? row.nextAttemptAt.toISOString() : null,
    created_at: row.createdAt.toISOString(),
    sent_at: row.sentAt?.toISOString() ?? null,
  }
}
