import Stripe from 'stripe'
import { AppError } from '../../../platform/errors'
import {
  singleHeader,
  type Checkout,
  type CheckoutOrder,
  type PaymentGateway,
  type Subject,
  type WebhookRequest,
} from './gateway'
import { createStripeState } from './stripe-state'

export interface StripeOptions {
  secretKey: string
  /** Any of them may have signed a webhook, so that one can be exchanged for another. */
  webhookSecrets: readonly string[]
  /** Default: Stripe's own address. */
  apiBase?: string | undefined
}

const signatureHeader = 'stripe-signature'
const toleranceSeconds = 300

/** With as many decimals at Stripe as in ISO 4217 (ISK, UGX and those with three decimals are not). */
const currencies =
  'AED AUD BGN BRL CAD CHF CLP CZK DKK EUR GBP HKD HUF IDR ILS INR JPY KRW MXN MYR NOK NZD PHP PLN RON SAR SEK SGD THB TRY TWD USD ZAR'.split(
    ' ',
  )

/** Cards and subscriptions by Stripe Checkout (https://docs.stripe.com/api, version of the SDK). */
export function createStripeGateway({ secretKey, webhookSecrets, apiBase }: StripeOptions): PaymentGateway {
  const stripe = new Stripe(secretKey, {
    timeout: 10_000,
    maxNetworkRetries: 1,
    telemetry: false,
    ...(apiBase === undefined ? {} : addressOf(apiBase)),
  })
  const state = createStripeState(stripe)

  async function createCustomer({ userId, customer }: CheckoutOrder, again: string): Promise<string> {
    const created = await stripe.customers.create(
      { email: customer.email, name: customer.name, metadata: { user_id: userId } },
      { idempotencyKey: `customer:${userId}:${customer.email}${again}` },
    )
    return created.id
  }

  async function createSession(order: CheckoutOrder, customer: string): Promise<Checkout> {
    const session = await stripe.checkout.sessions.create(sessionParams(order, customer), {
      idempotencyKey: `checkout:${order.transactionId}:${customer}`,
    })
    if (!session.url) throw new AppError('gateway_refused', { message: 'Stripe gave no checkout address.' })
    return {
      sessionId: session.id,
      url: session.url,
      expiresAt: new Date(session.expires_at * 1000),
      customerReference: customer,
    }
  }

  function verify(request: WebhookRequest, now: Date): Stripe.Event {
    const signature = singleHeader(request.headers, signatureHeader)
    if (!signature)
      throw new AppError('webhook_refused', { message: 'The Stripe-Signature header is missing.' })
    let refusal: unknown
    for (const secret of webhookSecrets) {
      try {
        return stripe.webhooks.constructEvent(
          request.rawBody,
          signature,
          secret,
          toleranceSeconds,
          undefined,
          now.getTime(),
        )
      } catch (error) {
        refusal = error
      }
    }
    throw new AppError('webhook_refused', { cause: refusal, message: 'The signature is wrong or too old.' })
  }

  return {
    id: 'stripe',
    title: 'Card (Stripe)',
    currencies,
    planKinds: ['pack', 'subscription'],
    signatureHeader,

    createCheckout: (order) =>
      asked(async () => {
        const known = order.customer.reference
        if (known === null) return createSession(order, await createCustomer(order, ''))
        try {
          return await createSession(order, known)
        } catch (error) {
          if (!isMissing(error, 'customer')) throw error
          // The operator deleted the customer at Stripe.
          return createSession(order, await createCustomer(order, `:after ${known}`))
        }
      }),

    readWebhook(request, now) {
      const event = verify(request, now)
      return {
        id: event.id,
        type: event.type,
        occurredAt: new Date(event.created * 1000),
        subject: subjectOf(event),
      }
    },

    setRenewal: (reference, renews) =>
      asked(async () => {
        await stripe.subscriptions.update(reference, { cancel_at_period_end: !renews })
      }),
    findCheckout: (subject) => asked(() => state.findCheckout(subject)),
    fetchState: (sessionId) =>
      asked(async () => {
        try {
          return await state.fetchState(sessionId)
        } catch (error) {
          if (isMissing(error)) return null
          throw error
        }
      }),
  }
}

function sessionParams(order: CheckoutOrder, customer: string): Stripe.Checkout.SessionCreateParams {
  const { plan, transactionId, userId, currency, amountMinor } = order
  const metadata = { transaction_id: transactionId, user_id: userId, plan_id: plan.id }
  const recurring = plan.kind === 'subscription'
  return {
    mode: recurring ? 'subscription' : 'payment',
    customer,
    client_reference_id: transactionId,
    metadata,
    success_url: order.successUrl,
    cancel_url: order.cancelUrl,
    expires_at: Math.floor(order.expiresAt.getTime() / 1000),
    // The customer pays what the plan says, in its currency.
    adaptive_pricing: { enabled: false },
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: currency.toLowerCase(),
          unit_amount: amountMinor,
          product_data: { name: plan.name, metadata: { plan_id: plan.id } },
          ...(recurring ? { recurring: { interval: 'month' as const } } : {}),
        },
      },
    ],
    ...(recurring ? { subscription_data: { metadata } } : { payment_intent_data: { metadata } }),
  }
}

/** What an event hangs on, read from the few fields that name it. */
function subjectOf(event: Stripe.Event): Subject | null {
  const object = event.data.object as unknown as Record<string, unknown> & { object?: string }
  switch (object.object) {
    case 'checkout.session':
      return subject('checkout', object.id)
    case 'payment_intent':
      return subject('payment', object.id)
    case 'charge':
    case 'dispute':
    case 'refund':
      return subject('payment', object.payment_intent)
    case 'subscription':
      return subject('subscription', object.id)
    case 'invoice': {
      const parent = object.parent as Stripe.Invoice.Parent | null | undefined
      return subject('subscription', parent?.subscription_details?.subscription)
    }
    default:
      return null
  }
}

function subject(kind: Subject['kind'], reference: unknown): Subject | null {
  return typeof reference === 'string' ? { kind, reference } : null
}

function addressOf(apiBase: string): Pick<Stripe.StripeConfig, 'host' | 'port' | 'protocol'> {
  const url = new URL(apiBase)
  const protocol = url.protocol === 'http:' ? 'http' : 'https'
  return { protocol, host: url.hostname, port: url.port || (protocol === 'http' ? 80 : 443) }
}

function isMissing(error: unknown, param?: string): boolean {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError) || error.code !== 'resource_missing')
    return false
  return param === undefined || error.param === param
}

/** Stripe's errors as ours: what may pass by itself is `unavailable`, the rest is `gateway_refused`. */
async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error
    const status = error.statusCode ?? 0
    if (status === 0 || status === 409 || status === 429 || status >= 500) {
      throw new AppError('unavailable', { cause: error, message: 'Stripe cannot be reached just now.' })
    }
    // Messages about keys and parameters are for the operator's log.
    throw new AppError('gateway_refused', { cause: error, message: 'Stripe refused this request.' })
  }
}
