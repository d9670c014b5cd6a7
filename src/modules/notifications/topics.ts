import { notificationEvents, type NotificationEvent } from './notifier'

/** What preferences are kept for: the part of an event's name before the dot. */
export const topics = ['account', 'job', 'payment', 'subscription', 'minutes', 'voice'] as const
export type Topic = (typeof topics)[number]

/** Ways to somebody that can be switched; webhooks choose their events themselves. */
export const channels = ['in_app', 'email', 'push'] as const
export type Channel = (typeof channels)[number]

export const topicOf = (event: NotificationEvent) => event.slice(0, event.indexOf('.')) as Topic

/** Account events may hold links that log in or reset: they go by e-mail, and nowhere else, whatever somebody prefers. */
export const isConfidential = (event: NotificationEvent) => topicOf(event) === 'account'

/** Events that may leave by webhook. */
export const webhookEvents = notificationEvents.filter((event) => !isConfidential(event))

/** What holds where somebody chose nothing. */
export function defaultPreference(topic: Topic, channel: Channel): boolean {
  if (topic === 'account') return channel === 'email'
  return channel !== 'email' || topic !== 'job'
}
