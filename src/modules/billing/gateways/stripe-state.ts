import type Stripe from 'stripe'
import type { GatewayState, PaymentState, Subject, SubscriptionState } from './gateway'

/** Refunds and disputes reach no further back than this; older invoices are not asked for again. */
const invoiceWindowSeconds = 200 * 86_400

type Payment = Omit<PaymentState, 'invoiceReference'>

/** Reads at Stripe how a Checkout Session stands, and everything that came of it. */
export function createStripeState(stripe: Stripe) {
  async function sessionOf(
    query: { payment_intent: string } | { subscription: string },
  ): Promise<string | null> {
    const { data } = await stripe.checkout.sessions.list({ ...query, limit: 1 })
    return data[0]?.id ?? null
  }

  /** The payment of a later period was made for an invoice of the subscription. */
  async function sessionOfInvoice(paymentIntent: string): Promise<string | null> {
    const { data } = await stripe.invoicePayments.list({
      payment: { type: 'payment_intent', payment_intent: paymentIntent },
      limit: 1,
    })
    const invoice = data[0] ? idOf(data[0].invoice) : null
    if (!invoice) return null
    const { parent } = await stripe.invoices.retrieve(invoice)
    const subscription = idOf(parent?.subscription_details?.subscription ?? null)
    return subscription ? sessionOf({ subscription }) : null
  }

  async function disputedMinor(paymentIntent: string): Promise<number> {
    let sum = 0
    for await (const { status, amount } of stripe.disputes.list({
      payment_intent: paymentIntent,
      limit: 100,
    })) {
      // Inquiries (`warning_…`) hold nothing back.
      if (status === 'needs_response' || status === 'under_review' || status === 'lost') sum += amount
    }
    return sum
  }

  async function paymentOf(intent: Stripe.PaymentIntent): Promise<Payment> {
    const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null
    const paid = intent.status === 'succeeded' && charge !== null
    const failure = intent.last_payment_error
    return {
      paymentReference: intent.id,
      outcome: paid ? 'paid' : failure || intent.status === 'canceled' ? 'failed' : 'open',
      currency: intent.currency.toUpperCase(),
      amountMinor: paid ? intent.amount_received : intent.amount,
      refundedMinor: paid ? charge.amount_refunded : 0,
      disputedMinor: paid && charge.disputed ? await disputedMinor(intent.id) : 0,
      paidAt: paid ? new Date(charge.created * 1000) : null,
      failureReason: paid ? null : (failure?.message ?? failure?.code ?? null),
    }
  }

  async function invoicePayment(invoice: Stripe.Invoice): Promise<Payment> {
    const made = invoice.payments?.data.find(({ payment }) => payment.payment_intent)
    const intentId = idOf(made?.payment.payment_intent ?? null)
    const intent = intentId
      ? await stripe.paymentIntents.retrieve(intentId, { expand: ['latest_charge'] })
      : null
    const payment = intent ? await paymentOf(intent) : null
    const paid = invoice.status === 'paid'
    const over = invoice.status === 'void' || invoice.status === 'uncollectible'
    const paidAt = invoice.status_transitions.paid_at
    return {
      paymentReference: payment?.paymentReference ?? null,
      outcome: paid ? 'paid' : over || payment?.outcome === 'failed' ? 'failed' : 'open',
      currency: invoice.currency.toUpperCase(),
      amountMinor: paid ? invoice.amount_paid : invoice.amount_due,
      refundedMinor: payment?.refundedMinor ?? 0,
      disputedMinor: payment?.disputedMinor ?? 0,
      paidAt: paid ? new Date((paidAt ?? invoice.created) * 1000) : null,
      failureReason: payment?.failureReason ?? null,
    }
  }

  async function invoicesOf(subscription: string): Promise<PaymentState[]> {
    const payments: PaymentState[] = []
    const since = Math.floor(Date.now() / 1000) - invoiceWindowSeconds
    const invoices = stripe.invoices.list({
      subscription,
      created: { gte: since },
      limit: 100,
      expand: ['data.payments'],
    })
    for await (const invoice of invoices) {
      if (invoice.status === 'draft' || invoice.status === null) continue
      const first = invoice.billing_reason === 'subscription_create'
      payments.push({ ...(await invoicePayment(invoice)), invoiceReference: first ? null : invoice.id })
    }
    return payments
  }

  return {
    async findCheckout({ kind, reference }: Subject): Promise<string | null> {
      if (kind === 'checkout') return reference
      if (kind === 'subscription') return sessionOf({ subscription: reference })
      return (await sessionOf({ payment_intent: reference })) ?? (await sessionOfInvoice(reference))
    },

    async fetchState(sessionId: string): Promise<GatewayState> {
      const session = await stripe.checkout.sessions.retrieve(sessionId, {
        expand: ['payment_intent.latest_charge', 'subscription'],
      })
      const subscription = typeof session.subscription === 'object' ? session.subscription : null
      const customerReference = idOf(session.customer)
      if (subscription) {
        return {
          customerReference,
          payments: await invoicesOf(subscription.id),
          subscription: subscriptionState(subscription),
        }
      }
      const intent = typeof session.payment_intent === 'object' ? session.payment_intent : null
      const payment = intent ? await paymentOf(intent) : unpaid(session)
      if (session.status === 'expired' && payment.outcome !== 'paid') payment.outcome = 'expired'
      return { customerReference, payments: [{ ...payment, invoiceReference: null }], subscription: null }
    },
  }
}

function unpaid(session: Stripe.Checkout.Session): Payment {
  return {
    paymentReference: null,
    outcome: 'open',
    currency: (session.currency ?? '').toUpperCase(),
    amountMinor: session.amount_total ?? 0,
    refundedMinor: 0,
    disputedMinor: 0,
    paidAt: null,
    failureReason: null,
  }
}

function subscriptionState(subscription: Stripe.Subscription): SubscriptionState {
  const period = subscription.items.data[0]
  return {
    reference: subscription.id,
    status: statusOf(subscription.status),
    currentPeriodStart: period ? new Date(period.current_period_start * 1000) : null,
    currentPeriodEnd: period ? new Date(period.current_period_end * 1000) : null,
    cancelAtPeriodEnd: subscription.cancel_at_period_end || subscription.cancel_at !== null,
    canceledAt: dateOf(subscription.ended_at ?? subscription.canceled_at),
  }
}

function statusOf(status: Stripe.Subscription.Status): SubscriptionState['status'] {
  if (status === 'active' || status === 'trialing') return 'active'
  if (status === 'past_due' || status === 'unpaid' || status === 'paused') return 'past_due'
  return status === 'incomplete' ? 'incomplete' : 'canceled'
}

function dateOf(seconds: number | null): Date | null {
  return seconds === null ? null : new Date(seconds * 1000)
}

function idOf(reference: string | { id: string } | null): string | null {
  return typeof reference === 'string' ? reference : (reference?.id ?? null)
}
