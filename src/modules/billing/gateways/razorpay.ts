import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import Razorpay from 'razorpay'
import type { Disputes } from 'razorpay/dist/types/disputes'
import type { PaymentLinks } from 'razorpay/dist/types/paymentLink'
import type { Payments } from 'razorpay/dist/types/payments'
import { z } from 'zod'
import { AppError } from '../../../platform/errors'
import {
  singleHeader,
  type CheckoutOrder,
  type GatewayState,
  type PaymentGateway,
  type PaymentState,
  type Subject,
} from './gateway'

export interface RazorpayOptions {
  keyId: string
  keySecret: string
  /** Any of them may have signed a webhook, so that one can be exchanged for another. */
  webhookSecrets: readonly string[]
  /** Default: Razorpay's own address. */
  apiBase?: string | undefined
}

const signatureHeader = 'x-razorpay-signature'
/** Razorpay repeats an event for 24 hours with the time of its first delivery; what is older is a replay. */
const toleranceMs = (24 * 60 + 5) * 60_000
const futureMs = 5 * 60_000

const entity = z.looseObject({ entity: z.looseObject({ id: z.string() }) })
const ofPayment = z.looseObject({ entity: z.looseObject({ payment_id: z.string() }) })
const eventSchema = z.looseObject({
  entity: z.literal('event'),
  event: z.string(),
  created_at: z.number(),
  // Events that concern us have these; others may hold anything.
  payload: z.looseObject({
    payment_link: entity.optional().catch(undefined),
    payment: entity.optional().catch(undefined),
    refund: ofPayment.optional().catch(undefined),
    dispute: ofPayment.optional().catch(undefined),
  }),
})

/**
 * UPI, cards and netbanking by Razorpay's payment links (https://razorpay.com/docs/api/payments/payment-links): each
 * is an order with a hosted page, which takes UPI wherever the account does.
 */
export function createRazorpayGateway(options: RazorpayOptions): PaymentGateway {
  const { keyId, keySecret, webhookSecrets, apiBase } = options
  const razorpay = new Razorpay({ key_id: keyId, key_secret: keySecret })
  // The SDK has no settings for these; its HTTP client does.
  const http = (razorpay.api as unknown as { rq: { defaults: { baseURL: string; timeout: number } } }).rq
  http.defaults.timeout = 10_000
  if (apiBase !== undefined) http.defaults.baseURL = apiBase

  async function disputesOf(payment: Payments.RazorpayPayment): Promise<Disputes.RazorpayDispute[]> {
    const count = 100
    const found: Disputes.RazorpayDispute[] = []
    // The list is of all payments, newest first: none that began before the payment concerns it.
    for (let skip = 0; ; skip += count) {
      const { items } = await razorpay.disputes.all({ count, skip })
      found.push(...items.filter(({ payment_id: id }) => id === payment.id))
      const oldest = items.at(-1)
      if (items.length < count || !oldest || oldest.created_at < payment.created_at) return found
    }
  }

  async function stateOf(link: PaymentLinks.RazorpayPaymentLink): Promise<GatewayState> {
    const attempts = await Promise.all(attemptsOf(link).map((id) => razorpay.payments.fetch(id)))
    const paid = attempts.find(({ captured }) => captured)
    const failed = attempts.find(({ status }) => status === 'failed')
    const over = link.status === 'expired' || link.status === 'cancelled'
    const disputes = paid ? await disputesOf(paid) : []
    const payment: PaymentState = {
      invoiceReference: null,
      paymentReference: paid?.id ?? failed?.id ?? null,
      outcome: paid ? 'paid' : over ? 'expired' : failed ? 'failed' : 'open',
      currency: paid?.currency ?? link.currency ?? 'INR',
      amountMinor: Number(paid?.amount ?? link.amount),
      refundedMinor: paid?.amount_refunded ?? 0,
      disputedMinor: disputes.reduce((sum, dispute) => sum + heldBack(dispute), 0),
      paidAt: paid ? new Date(paid.created_at * 1000) : null,
      failureReason: paid ? null : (failed?.error_description ?? null),
    }
    return { customerReference: null, payments: [payment], subscription: null }
  }

  return {
    id: 'razorpay',
    title: 'UPI, card or netbanking (Razorpay)',
    currencies: ['INR'],
    planKinds: ['pack'],
    signatureHeader,

    createCheckout: (order) =>
      asked(async () => {
        const link = await razorpay.paymentLink.create(linkParams(order)).catch(async (error: unknown) => {
          // A reference is unique at Razorpay: the link may have been made by a call whose answer was lost.
          const [known] = await linksBy(razorpay, { reference_id: order.transactionId })
          if (known) return known
          throw error
        })
        return {
          sessionId: link.id,
          url: link.short_url,
          expiresAt: order.expiresAt,
          customerReference: null,
        }
      }),

    readWebhook({ rawBody, headers }, now) {
      const signature = singleHeader(headers, signatureHeader)
      if (!signature || !webhookSecrets.some((secret) => isSignature(signature, rawBody, secret))) {
        throw new AppError('webhook_refused', { message: 'The signature is missing or wrong.' })
      }
      const event = parseEvent(rawBody)
      const ageMs = now.getTime() - event.created_at * 1000
      if (ageMs > toleranceMs || ageMs < -futureMs) {
        throw new AppError('webhook_refused', { message: 'The event is too old.' })
      }
      return {
        id:
          singleHeader(headers, 'x-razorpay-event-id') ?? createHash('sha256').update(rawBody).digest('hex'),
        type: event.event,
        occurredAt: new Date(event.created_at * 1000),
        subject: subjectOf(event),
      }
    },

    findCheckout: ({ kind, reference }) =>
      asked(async () => {
        if (kind === 'checkout') return reference
        if (kind === 'subscription') return null
        return (await linksBy(razorpay, { payment_id: reference }))[0]?.id ?? null
      }),

    fetchState: (sessionId) =>
      asked(async () => {
        const link = await razorpay.paymentLink.fetch(sessionId).catch((error: unknown) => {
          const { statusCode, error: reason } = error as {
            statusCode?: number
            error?: { description?: string }
          }
          // Razorpay says 400 of ids that it does not know.
          if (
            statusCode === 404 ||
            (statusCode === 400 && /not exist|not found/i.test(reason?.description ?? ''))
          )
            return null
          throw error
        })
        return link && stateOf(link)
      }),
  }
}

function linkParams(order: CheckoutOrder): PaymentLinks.RazorpayPaymentLinkCreateRequestBody {
  return {
    amount: order.amountMinor,
    currency: order.currency,
    accept_partial: false,
    reference_id: order.transactionId,
    description: order.plan.name,
    customer: { name: order.customer.name, email: order.customer.email },
    notify: { email: false, sms: false },
    reminder_enable: false,
    expire_by: Math.floor(order.expiresAt.getTime() / 1000),
    notes: { transaction_id: order.transactionId, user_id: order.userId, plan_id: order.plan.id },
    callback_url: order.successUrl,
    callback_method: 'get',
  }
}

/** Questions that the API answers and the SDK's types leave out. */
async function linksBy(
  razorpay: Razorpay,
  query: { payment_id: string } | { reference_id: string },
): Promise<PaymentLinks.RazorpayPaymentLink[]> {
  const answer: unknown = await razorpay.paymentLink.all({ ...query, count: 1 })
  return (answer as { payment_links?: PaymentLinks.RazorpayPaymentLink[] }).payment_links ?? []
}

/** Ids of the payments that were tried; the API gives a list, the SDK's types know one. */
function attemptsOf({ payments }: PaymentLinks.RazorpayPaymentLink): string[] {
  const list = payments === null ? [] : [payments].flat()
  return list.map(({ payment_id: id }) => id)
}

/** What a dispute holds back: all while it is open, what was deducted once it is closed, nothing when won. */
function heldBack({ status, amount, amount_deducted: deducted }: Disputes.RazorpayDispute): number {
  if (status === 'won') return 0
  return status === 'closed' ? deducted : amount
}

function isSignature(signature: string, rawBody: Buffer, secret: string): boolean {
  const expected = createHmac('sha256', secret).update(rawBody).digest()
  const given = Buffer.from(signature, 'hex')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function parseEvent(rawBody: Buffer): z.output<typeof eventSchema> {
  try {
    return eventSchema.parse(JSON.parse(rawBody.toString('utf8')))
  } catch (error) {
    throw new AppError('webhook_refused', { cause: error, message: 'The body is no event of Razorpay.' })
  }
}

function subjectOf({ payload }: z.output<typeof eventSchema>): Subject | null {
  if (payload.payment_link) return { kind: 'checkout', reference: payload.payment_link.entity.id }
  const payment =
    payload.payment?.entity.id ?? payload.refund?.entity.payment_id ?? payload.dispute?.entity.payment_id
  return payment === undefined ? null : { kind: 'payment', reference: payment }
}

/** The SDK throws `{statusCode, error}` for answers, and fails itself where there was none. */
async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof AppError) throw error
    const { statusCode } = (error ?? {}) as { statusCode?: number }
    if (statusCode === undefined || statusCode === 429 || statusCode >= 500) {
      throw new AppError('unavailable', { cause: error, message: 'Razorpay cannot be reached just now.' })
    }
    throw new AppError('gateway_refused', {
      cause: new Error(JSON.stringify(error)),
      message: 'Razorpay refused this request.',
    })
  }
}
