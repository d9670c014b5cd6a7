import { send } from './client'

/** As `GET /api/notifications` lists them. */
export interface NotificationView {
  id: string
  event: string
  title: string
  body: string
  href: string | null
  created_at: string
  read_at: string | null
}

export interface NotificationPage {
  data: NotificationView[]
  has_more: boolean
  unread: number
}

export const channels = ['in_app', 'email', 'push'] as const
export type Channel = (typeof channels)[number]
export type Preferences = Record<string, Record<Channel, boolean>>

export interface PushSubscriptionView {
  id: string
  service: string
  endpoint: string
  user_agent: string | null
  created_at: string
}

export interface WebhookView {
  id: string
  url: string
  description: string
  events: string[]
  status: 'enabled' | 'disabled'
  disabled_reason: string | null
  old_secret_until: string | null
  created_at: string
}

export interface WebhookDelivery {
  id: string
  event: string
  status: 'pending' | 'sent' | 'failed'
  payload: Record<string, unknown>
  attempts: { at: string; status: number | null; detail: string; duration_ms: number }[]
  next_attempt_at: string | null
  created_at: string
}

export interface KeptMail {
  id: string
  from: string
  to: string
  subject: string
  created_at: string
}

const path = '/api/notifications'
const webhookPath = (id: string) => `/api/webhooks/${encodeURIComponent(id)}`

export const markRead = (id: string) => send(`${path}/${encodeURIComponent(id)}/read`, { method: 'POST' })
export const markAllRead = () => send(`${path}/read-all`, { method: 'POST' })
export const removeNotification = (id: string) =>
  send(`${path}/${encodeURIComponent(id)}`, { method: 'DELETE' })

export const changePreference = (topic: string, channel: Channel, enabled: boolean) =>
  send(`${path}/preferences`, { method: 'PUT', body: { [topic]: { [channel]: enabled } } })

export const readPush = (signal: AbortSignal) =>
  send<{ public_key: string; data: PushSubscriptionView[] }>(`${path}/push`, { signal })
export const addPush = (subscription: PushSubscriptionJSON) =>
  send<PushSubscriptionView>(`${path}/push`, {
    method: 'POST',
    body: { endpoint: subscription.endpoint, keys: subscription.keys },
  })
export const removePush = (id: string) => send(`${path}/push/${encodeURIComponent(id)}`, { method: 'DELETE' })

export const addWebhook = (webhook: { url: string; description: string; events: string[] }) =>
  send<WebhookView & { secret: string }>('/api/webhooks', { method: 'POST', body: webhook })
export const changeWebhook = (id: string, changes: { enabled: boolean }) =>
  send<WebhookView>(webhookPath(id), { method: 'PATCH', body: changes })
export const removeWebhook = (id: string) => send(webhookPath(id), { method: 'DELETE' })
export const rotateWebhook = (id: string) =>
  send<WebhookView & { secret: string }>(`${webhookPath(id)}/rotate`, { method: 'POST', body: {} })
export const testWebhook = (id: string) =>
  send<WebhookDelivery>(`${webhookPath(id)}/test`, { method: 'POST' })
export const readDeliveries = (id: string, signal?: AbortSignal) =>
  send<{ data: WebhookDelivery[] }>(`${webhookPath(id)}/deliveries?limit=20`, { signal })
export const replayDelivery = (id: string, deliveryId: string) =>
  send<WebhookDelivery>(`${webhookPath(id)}/deliveries/${encodeURIComponent(deliveryId)}/replay`, {
    method: 'POST',
  })

export const readMail = (id: string, signal: AbortSignal) =>
  send<KeptMail & { text: string; html: string }>(`/api/admin/mailbox/${encodeURIComponent(id)}`, { signal })
