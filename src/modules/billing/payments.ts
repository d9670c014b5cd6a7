import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import type { Database } from '../../platform/database'
import type { BackgroundTasks } from '../../platform/queue/tasks'
import type { AuditLog } from '../../platform/audit'
import type { Notifier } from '../notifications'
import { checkoutRoutes } from './checkout/routes'
import { createCheckoutService, type CheckoutOptions, type CheckoutService } from './checkout/service'
import type { PaymentGateways } from './gateways'
import type { Ledger } from './ledger'
import { subscriptionRoutes } from './subscriptions/routes'
import { createSubscriptions, type Subscriptions } from './subscriptions/service'
import { createWebhookInbox, type WebhookInbox } from './webhooks/inbox'
import { createReconcile, type Reconcile } from './webhooks/reconcile'
import { webhookRoutes } from './webhooks/routes'
import { createSettle } from './webhooks/settle'

export interface PaymentsOptions extends CheckoutOptions {
  database: Database
  ledger: Ledger
  gateways: PaymentGateways
  notifier: Notifier
  audit: AuditLog
  tasks: Pick<BackgroundTasks, 'define'>
  logger: Logger
  /** For webhooks' ages; default: the present. */
  now?: (() => Date) | undefined
}

export interface PaymentsModule {
  checkout: CheckoutService
  inbox: WebhookInbox
  reconcile: Reconcile
  subscriptions: Subscriptions
  routes: FastifyPluginAsyncZod[]
}

/** Checkouts, the gateways' webhooks and what they come to in the ledger. */
export function createPaymentsModule(options: PaymentsOptions): PaymentsModule {
  const settle = createSettle(options)
  const checkout = createCheckoutService(options)
  const subscriptions = createSubscriptions({ ...options, settle })
  const inbox = createWebhookInbox({ ...options, settle })
  return {
    checkout,
    inbox,
    reconcile: createReconcile({ ...options, settle }),
    subscriptions,
    routes: [
      checkoutRoutes(checkout),
      subscriptionRoutes(subscriptions),
      webhookRoutes(inbox, options.gateways),
    ],
  }
}
