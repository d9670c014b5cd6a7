export type { Notification, NotificationEvent, Notifier } from './notifier'
