import type { DatabaseClient } from '../../platform/database'

/** What people are told of. The part before the dot is the group that preferences are kept for. */
export const notificationEvents = [
  'account.verify_email',
  'account.password_reset',
  'account.email_change',
  'account.security',
  'account.deletion',
  'job.completed',
  'job.failed',
  'payment.succeeded',
  'payment.failed',
  'payment.refunded',
  'payment.disputed',
  'subscription.renewed',
  'subscription.canceled',
  'minutes.low',
  'minutes.expiring',
  'voice.approved',
  'voice.rejected',
] as const
export type NotificationEvent = (typeof notificationEvents)[number]

export interface Notification {
  userId: string
  event: NotificationEvent
  /** What the templates of the event fill in. Secrets (links that log in or reset) only for `account.*` events, which go by e-mail alone. */
  data: Record<string, string | number | null>
  /** The same key is told once, however often it is asked for. */
  idempotencyKey: string
  /** Where the e-mail goes instead of the account's address: the new address that is to be confirmed. */
  to?: string
}

export interface Notifier {
  /**
   * Writes the notification down; the queue sends it by every channel that the person wants it by.
   * @param client A transaction, where it must stand or fall with something else.
   */
  notify(notification: Notification, client?: DatabaseClient): Promise<void>
}
