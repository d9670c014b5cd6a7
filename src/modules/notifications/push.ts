import webPush from 'web-push'
import type { Database } from '../../platform/database'
import { DeliveryRefused, type PushSender } from './deliveries'
import { messageOf } from './messages'
import { AddressRefused, type Outbound } from './outbound'
import type { VapidKeys } from './vapid'

export interface WebPushOptions {
  database: Database
  outbound: Outbound
  keys: VapidKeys
  /** Where push services reach the operator: `mailto:` or `https:`. */
  subject: string
}

/** A browser that was away longer than this is not told any more. */
const ttlSeconds = 24 * 3600

/** Web push (RFC 8030), encrypted for the browser alone (RFC 8291). A subscription that its service does not know any more is removed. */
export function createPushSender({ database, outbound, keys, subject }: WebPushOptions): PushSender {
  return {
    async send(subscriptionId, event, data, id) {
      const row = await database.pushSubscription.findUnique({ where: { id: subscriptionId } })
      if (!row) throw new DeliveryRefused('The browser was signed off.')
      const { title, lines, action } = messageOf(event, data)
      const { endpoint, headers, body } = webPush.generateRequestDetails(
        { endpoint: row.endpoint, keys: { p256dh: row.p256dh, auth: row.auth } },
        JSON.stringify({ id, title, body: lines[0] ?? '', href: action?.href ?? '/notifications' }),
        { vapidDetails: { subject, ...keys }, TTL: ttlSeconds },
      )
      const { status, excerpt } = await outbound
        .post({ url: endpoint, headers: asText(headers), body })
        .catch((error: unknown) => {
          throw error instanceof AddressRefused ? new DeliveryRefused(error.message) : error
        })
      if (status >= 200 && status < 300) return
      if (status === 404 || status === 410) {
        await database.pushSubscription.deleteMany({ where: { id: subscriptionId } })
        throw new DeliveryRefused('The browser does not want to be told any more.')
      }
      const reason = `The push service answered ${status}: ${excerpt}`
      if (status === 429 || status >= 500) throw new Error(reason)
      throw new DeliveryRefused(reason)
    },
  }
}

function asText(headers: object): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
