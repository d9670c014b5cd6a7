import type { PlanKind } from '../../../platform/database'

/** What somebody is about to pay for. */
export interface CheckoutOrder {
  /** Our transaction; also the key under which the gateway does this once. */
  transactionId: string
  userId: string
  plan: { id: string; name: string; kind: PlanKind }
  /** What is charged, tax included, in the minor unit of `currency`; above zero. */
  amountMinor: number
  /** ISO 4217, capitals. */
  currency: string
  customer: { email: string; name: string; reference: string | null }
  successUrl: string
  cancelUrl: string
  /** Until when the checkout may be paid. */
  expiresAt: Date
}

export interface Checkout {
  /** What the gateway calls the checkout. */
  sessionId: string
  /** Where the customer pays. */
  url: string
  expiresAt: Date
  /** What the gateway calls the customer, where it knows customers. */
  customerReference: string | null
}

/** What an event is about. Only references are taken from events: how things stand is asked for. */
export interface Subject {
  kind: 'checkout' | 'payment' | 'subscription'
  reference: string
}

export interface GatewayEvent {
  /** Unique at the gateway. */
  id: string
  /** The gateway's own name for what happened. */
  type: string
  occurredAt: Date
  /** Null for what does not concern us. */
  subject: Subject | null
}

/** How a payment stands at the gateway now. Amounts in minor units of `currency`. */
export interface PaymentState {
  /** Null for the checkout's own payment, else the invoice of a later period of the subscription. */
  invoiceReference: string | null
  paymentReference: string | null
  /** `open`: may still be paid. `failed`: an attempt failed; another one may follow. `expired`: can be paid no more. */
  outcome: 'open' | 'paid' | 'failed' | 'expired'
  currency: string
  /** What was, or for open and failed ones would be, paid. */
  amountMinor: number
  refundedMinor: number
  /** Held back or lost because of disputes; 0 again when they are won. */
  disputedMinor: number
  paidAt: Date | null
  /** Why the last attempt failed, in the gateway's words. */
  failureReason: string | null
}

export interface SubscriptionState {
  reference: string
  status: 'incomplete' | 'active' | 'past_due' | 'canceled'
  currentPeriodStart: Date | null
  currentPeriodEnd: Date | null
  cancelAtPeriodEnd: boolean
  canceledAt: Date | null
}

/** Everything that hangs on one checkout. */
export interface GatewayState {
  customerReference: string | null
  payments: PaymentState[]
  subscription: SubscriptionState | null
}

export interface WebhookRequest {
  /** The bytes as they came: signatures are made over them. */
  rawBody: Buffer
  headers: Record<string, string | string[] | undefined>
}

/**
 * A way to be paid. One file implements it for one gateway; `test/conformance/payment-gateway.test.ts` says what it must do.
 * Calls throw AppError `unavailable` when the gateway cannot be reached and `gateway_refused` when it says no.
 */
export interface PaymentGateway {
  id: string
  title: string
  /** ISO 4217 codes that it takes. */
  currencies: readonly string[]
  planKinds: readonly PlanKind[]
  /** Header that only this gateway's webhooks carry, in lower case. */
  signatureHeader: string
  /** Begins a checkout; the same transaction again begins no second one where the gateway can tell. */
  createCheckout(order: CheckoutOrder): Promise<Checkout>
  /** Reads a webhook. @throws AppError `webhook_refused` when it is forged, stale or no event. */
  readWebhook(request: WebhookRequest, now: Date): GatewayEvent
  /** The checkout that something hangs on; null when there is none. */
  findCheckout(subject: Subject): Promise<string | null>
  /** How a checkout stands; null when the gateway knows none of that name. */
  fetchState(sessionId: string): Promise<GatewayState | null>
  /** Whether a subscription is charged again after its period; there where `planKinds` has subscriptions. */
  setRenewal?(subscriptionReference: string, renews: boolean): Promise<void>
}

/** The value of a header that comes once. */
export function singleHeader(headers: WebhookRequest['headers'], name: string): string | null {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : null
}
