import { createRazorpayGateway } from '../../src/modules/billing/gateways/razorpay'
import { createStripeGateway } from '../../src/modules/billing/gateways/stripe'
import type { PaymentGateway } from '../../src/modules/billing/gateways'
import { startRazorpayServer } from '../support/razorpay-server'
import { startStripeServer, type SignedWebhook } from '../support/stripe-server'

/** What happened, as a gateway tells it. */
export type Happening = 'paid' | 'failed' | 'expired' | 'refunded' | 'disputed' | 'unknown'

export interface WebhookOptions {
  secret?: string
  at?: Date
  id?: string
}

/** A gateway and the service behind it, in the hands of the customer, the bank and the operator. */
export interface GatewayDriver {
  gateway: PaymentGateway
  currency: string
  /** How old an event may be. */
  toleranceMs: number
  pay(sessionId: string): void
  decline(sessionId: string, message: string): void
  expire(sessionId: string): void
  refund(sessionId: string, minor: number): void
  openDispute(sessionId: string): void
  closeDispute(sessionId: string, won: boolean): void
  /** What the service says of the payment of a checkout. */
  paymentReference(sessionId: string): string
  setDown(down: boolean): void
  /** Begun checkouts, as the service counts them. */
  begun(): number
  webhook(sessionId: string, happening: Happening, options?: WebhookOptions): SignedWebhook
  /** How requests broke the vendor's description. */
  contractProblems(): string[]
  stop(): Promise<void>
}

/** In rotation: both must be accepted. */
export const webhookSecrets = ['whsec_new_secret_of_this_test', 'whsec_old_secret_of_this_test']

async function startStripe(): Promise<GatewayDriver> {
  const server = await startStripeServer()
  const intentOf = (sessionId: string) => server.sessionOf(sessionId).payment_intent as string
  return {
    gateway: createStripeGateway({ secretKey: 'sk_test_123', webhookSecrets, apiBase: server.url }),
    currency: 'USD',
    toleranceMs: 300_000,
    pay: server.pay,
    decline: server.decline,
    expire: server.expire,
    refund: (sessionId, minor) => server.refund(intentOf(sessionId), minor),
    openDispute: (sessionId) => server.dispute(intentOf(sessionId), 'needs_response'),
    closeDispute: (sessionId, won) => server.dispute(intentOf(sessionId), won ? 'won' : 'lost'),
    paymentReference: intentOf,
    setDown: (down) => (server.down = down),
    begun: () =>
      server.requests.filter(({ method, path }) => method === 'POST' && path === '/v1/checkout/sessions')
        .length,
    webhook(sessionId, happening, { secret = webhookSecrets[0]!, at = new Date(), id } = {}) {
      const options = { secret, at, ...(id === undefined ? {} : { id }) }
      const session = server.sessionOf(sessionId)
      const ofPayment = { payment_intent: session.payment_intent }
      switch (happening) {
        case 'paid':
          return server.webhook('checkout.session.completed', session, options)
        case 'failed':
          return server.webhook(
            'payment_intent.payment_failed',
            { object: 'payment_intent', id: session.payment_intent },
            options,
          )
        case 'expired':
          return server.webhook('checkout.session.expired', session, options)
        case 'refunded':
          return server.webhook('charge.refunded', { object: 'charge', id: 'ch_1', ...ofPayment }, options)
        case 'disputed':
          return server.webhook(
            'charge.dispute.updated',
            { object: 'dispute', id: 'dp_1', ...ofPayment },
            options,
          )
        case 'unknown':
          return server.webhook('capability.updated', { object: 'capability', id: 'card_payments' }, options)
      }
    },
    contractProblems: () => server.contractProblems,
    stop: server.stop,
  }
}

async function startRazorpay(): Promise<GatewayDriver> {
  const server = await startRazorpayServer()
  const paymentOf = (sessionId: string) => server.paymentOf(sessionId)!.id as string
  return {
    gateway: createRazorpayGateway({
      keyId: 'rzp_test_key',
      keySecret: 'rzp_test_secret',
      webhookSecrets,
      apiBase: server.url,
    }),
    currency: 'INR',
    toleranceMs: (24 * 60 + 5) * 60_000,
    pay: server.pay,
    decline: server.decline,
    expire: server.expire,
    refund: (sessionId, minor) => server.refund(paymentOf(sessionId), minor),
    openDispute: (sessionId) => server.dispute(paymentOf(sessionId), 'open'),
    closeDispute: (sessionId, won) => server.dispute(paymentOf(sessionId), won ? 'won' : 'lost'),
    paymentReference: paymentOf,
    setDown: (down) => (server.down = down),
    begun: () =>
      server.requests.filter(({ method, path }) => method === 'POST' && path === '/v1/payment_links').length,
    webhook(sessionId, happening, { secret = webhookSecrets[0]!, at = new Date(), id } = {}) {
      const options = { secret, at, ...(id === undefined ? {} : { id }) }
      const link = server.linkOf(sessionId)
      const payment = server.paymentOf(sessionId) ?? {}
      switch (happening) {
        case 'paid':
          return server.webhook('payment_link.paid', { payment_link: link, payment }, options)
        case 'failed':
          return server.webhook('payment.failed', { payment }, options)
        case 'expired':
          return server.webhook('payment_link.expired', { payment_link: link }, options)
        case 'refunded':
          return server.webhook(
            'refund.processed',
            { refund: { id: 'rfnd_1', payment_id: payment.id }, payment },
            options,
          )
        case 'disputed':
          return server.webhook(
            'payment.dispute.created',
            { dispute: { id: 'disp_1', payment_id: payment.id } },
            options,
          )
        case 'unknown':
          return server.webhook('settlement.processed', { settlement: { id: 'setl_1' } }, options)
      }
    },
    contractProblems: () => [],
    stop: server.stop,
  }
}

/** Another gateway adds its line here. */
export const drivers: { name: string; start(): Promise<GatewayDriver> }[] = [
  { name: 'Stripe', start: startStripe },
  { name: 'Razorpay', start: startRazorpay },
]
