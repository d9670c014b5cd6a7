import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Stripe from 'stripe'
import { parseForm, patternOf, requestProblems, stripeResource, type Fields } from './stripe-contract'

export interface StripeServer {
  url: string
  /** What was asked for, in order. */
  requests: { method: string; path: string; input: Fields }[]
  /** How requests broke Stripe's description. */
  contractProblems: string[]
  /** While true, every request is answered with 500. */
  down: boolean
  /** The customer pays: the session is complete, and a subscription begins where it is for one. */
  pay(sessionId: string): void
  /** The customer's card is declined; the session stays open. */
  decline(sessionId: string, message: string): void
  expire(sessionId: string): void
  refund(paymentIntent: string, amount: number): void
  dispute(paymentIntent: string, status: string): void
  /** A new period of a subscription: an invoice, paid or declined. */
  renew(subscription: string, options: { paid: boolean; amount?: number }): string
  payInvoice(invoice: string): void
  changeSubscription(subscription: string, fields: Fields): void
  sessionOf(sessionId: string): Fields
  /** A signed webhook about a resource. */
  webhook(type: string, object: Fields, options: { secret: string; at: Date; id?: string }): SignedWebhook
  stop(): Promise<void>
}

export interface SignedWebhook {
  rawBody: Buffer
  headers: Record<string, string>
}

const monthSeconds = 30 * 86_400

/** Stripe as its description and documentation say, for what our gateway asks; it keeps what it is told. */
export async function startStripeServer(): Promise<StripeServer> {
  const customers = new Map<string, Fields>()
  const sessions = new Map<string, Fields>()
  const intents = new Map<string, Fields>()
  const disputes = new Map<string, Fields>()
  const invoices = new Map<string, Fields>()
  const subscriptions = new Map<string, Fields>()
  const answered = new Map<string, unknown>()
  const signer = new Stripe('sk_test_signer')
  let serial = 0
  const newId = (prefix: string) => `${prefix}_test_${(serial += 1)}`
  const seconds = () => Math.floor(Date.now() / 1000)

  function found(map: Map<string, Fields>, id: string, param: string): Fields {
    const resource = map.get(id)
    if (resource) return resource
    throw refusal(404, {
      type: 'invalid_request_error',
      code: 'resource_missing',
      param,
      message: `No such ${param}: '${id}'`,
    })
  }
  const list = (data: Fields[], url: string) => ({ object: 'list', url, has_more: false, data })

  function createSession(input: Fields): Fields {
    if (typeof input.customer === 'string') found(customers, input.customer, 'customer')
    const [item] = input.line_items as { price_data: { unit_amount: string; currency: string } }[]
    const id = newId('cs')
    const session = stripeResource('checkout.session', {
      id,
      mode: input.mode,
      customer: input.customer ?? null,
      metadata: input.metadata ?? {},
      client_reference_id: input.client_reference_id ?? null,
      amount_total: Number(item!.price_data.unit_amount),
      currency: item!.price_data.currency,
      status: 'open',
      payment_status: 'unpaid',
      payment_intent: null,
      subscription: null,
      url: `https://checkout.stripe.com/c/pay/${id}`,
      created: seconds(),
      expires_at: Number(input.expires_at),
      success_url: input.success_url,
    })
    sessions.set(id, session)
    return session
  }

  function newIntent(session: Fields, amount: unknown): Fields {
    const intent = stripeResource('payment_intent', {
      id: newId('pi'),
      amount,
      amount_received: 0,
      currency: session.currency,
      customer: session.customer,
      metadata: session.metadata,
      status: 'requires_payment_method',
      latest_charge: null,
      last_payment_error: null,
    })
    intents.set(intent.id as string, intent)
    return intent
  }

  function charge(intent: Fields): void {
    const paid = stripeResource('charge', {
      id: newId('ch'),
      amount: intent.amount,
      amount_captured: intent.amount,
      amount_refunded: 0,
      currency: intent.currency,
      created: seconds(),
      disputed: false,
      paid: true,
      payment_intent: intent.id,
      refunded: false,
      status: 'succeeded',
    })
    Object.assign(intent, {
      status: 'succeeded',
      amount_received: intent.amount,
      latest_charge: paid,
      last_payment_error: null,
    })
  }

  function newInvoice(session: Fields, subscription: Fields, reason: string, amount: unknown): Fields {
    const intent = newIntent(session, amount)
    const payment = stripeResource('invoice_payment', {
      id: newId('inpay'),
      payment: { type: 'payment_intent', payment_intent: intent.id },
    })
    const invoice = stripeResource('invoice', {
      id: newId('in'),
      amount_due: amount,
      amount_paid: 0,
      billing_reason: reason,
      created: seconds(),
      currency: session.currency,
      customer: session.customer,
      parent: {
        type: 'subscription_details',
        quote_details: null,
        subscription_details: { metadata: {}, subscription: subscription.id },
      },
      payments: list([payment], '/v1/invoice_payments'),
      status: 'open',
      status_transitions: {
        finalized_at: seconds(),
        marked_uncollectible_at: null,
        paid_at: null,
        voided_at: null,
      },
    })
    payment.invoice = invoice.id
    invoices.set(invoice.id as string, invoice)
    return invoice
  }

  const intentOf = (invoice: Fields) => {
    const { data } = invoice.payments as { data: { payment: { payment_intent: string } }[] }
    return intents.get(data[0]!.payment.payment_intent)!
  }

  function payInvoice(id: string): void {
    const invoice = found(invoices, id, 'invoice')
    charge(intentOf(invoice))
    const transitions = invoice.status_transitions as Fields
    Object.assign(invoice, {
      status: 'paid',
      amount_paid: invoice.amount_due,
      status_transitions: { ...transitions, paid_at: seconds() },
    })
  }

  function subscribe(session: Fields): void {
    const start = seconds()
    const item = stripeResource('subscription_item', {
      id: newId('si'),
      current_period_start: start,
      current_period_end: start + monthSeconds,
    })
    const subscription = stripeResource('subscription', {
      id: newId('sub'),
      customer: session.customer,
      status: 'active',
      items: list([item], '/v1/subscription_items'),
      cancel_at_period_end: false,
      cancel_at: null,
      canceled_at: null,
      ended_at: null,
    })
    subscriptions.set(subscription.id as string, subscription)
    session.subscription = subscription.id
    payInvoice(newInvoice(session, subscription, 'subscription_create', session.amount_total).id as string)
  }

  function expanded(session: Fields): Fields {
    return {
      ...session,
      payment_intent: session.payment_intent ? intents.get(session.payment_intent as string) : null,
      subscription: session.subscription ? subscriptions.get(session.subscription as string) : null,
    }
  }

  /** As the API answers without `expand`: what is expanded in the store is given by its id. */
  function plain(intent: Fields, input: Fields): Fields {
    const isExpanded = Array.isArray(input.expand) && input.expand.includes('latest_charge')
    const latest = intent.latest_charge as Fields | null
    return { ...intent, latest_charge: isExpanded ? latest : (latest?.id ?? null) }
  }

  const routes: [method: string, template: string, answer: (input: Fields, id: string) => unknown][] = [
    [
      'POST',
      '/v1/customers',
      (input) => {
        const customer = stripeResource('customer', {
          id: newId('cus'),
          email: input.email,
          name: input.name,
          metadata: input.metadata,
        })
        customers.set(customer.id as string, customer)
        return customer
      },
    ],
    ['POST', '/v1/checkout/sessions', createSession],
    [
      'POST',
      '/v1/subscriptions/{subscription_exposed_id}',
      (input, id) => {
        server.changeSubscription(id, { cancel_at_period_end: input.cancel_at_period_end === 'true' })
        return found(subscriptions, id, 'subscription')
      },
    ],
    [
      'GET',
      '/v1/checkout/sessions',
      (input) => {
        const data = [...sessions.values()].filter(
          ({ payment_intent, subscription }) =>
            (input.payment_intent === undefined || payment_intent === input.payment_intent) &&
            (input.subscription === undefined || subscription === input.subscription),
        )
        return list(data.slice(0, Number(input.limit ?? 10)), '/v1/checkout/sessions')
      },
    ],
    [
      'GET',
      '/v1/checkout/sessions/{session}',
      (input, id) => {
        const session = found(sessions, id, 'session')
        return input.expand ? expanded(session) : session
      },
    ],
    ['GET', '/v1/payment_intents/{intent}', (input, id) => plain(found(intents, id, 'intent'), input)],
    [
      'GET',
      '/v1/disputes',
      ({ payment_intent }) =>
        list(
          [...disputes.values()].filter((dispute) => dispute.payment_intent === payment_intent),
          '/v1/disputes',
        ),
    ],
    [
      'GET',
      '/v1/invoices',
      (input) => {
        const since = Number((input.created as Fields | undefined)?.gte ?? 0)
        const of = (invoice: Fields) =>
          (invoice.parent as { subscription_details: Fields }).subscription_details.subscription
        const data = [...invoices.values()].filter(
          (invoice) => of(invoice) === input.subscription && Number(invoice.created) >= since,
        )
        return list(
          data.map((invoice) => (input.expand ? invoice : { ...invoice, payments: undefined })),
          '/v1/invoices',
        )
      },
    ],
    [
      'GET',
      '/v1/invoices/{invoice}',
      (_, id) => ({ ...found(invoices, id, 'invoice'), payments: undefined }),
    ],
    [
      'GET',
      '/v1/invoice_payments',
      (input) => {
        const wanted = (input.payment as Fields).payment_intent
        const data = [...invoices.values()].flatMap(
          (invoice) => (invoice.payments as { data: Fields[] }).data,
        )
        return list(
          data.filter(({ payment }) => (payment as Fields).payment_intent === wanted),
          '/v1/invoice_payments',
        )
      },
    ],
  ]

  const server: StripeServer = {
    url: '',
    requests: [],
    contractProblems: [],
    down: false,
    pay(sessionId) {
      const session = found(sessions, sessionId, 'session')
      if (session.mode === 'subscription') subscribe(session)
      else {
        session.payment_intent ??= newIntent(session, session.amount_total).id
        charge(intents.get(session.payment_intent as string)!)
      }
      Object.assign(session, { status: 'complete', payment_status: 'paid', url: null })
    },
    decline(sessionId, message) {
      const session = found(sessions, sessionId, 'session')
      session.payment_intent ??= newIntent(session, session.amount_total).id
      const error = { type: 'card_error', code: 'card_declined', message }
      Object.assign(intents.get(session.payment_intent as string)!, { last_payment_error: error })
    },
    expire(sessionId) {
      Object.assign(found(sessions, sessionId, 'session'), { status: 'expired', url: null })
    },
    refund(paymentIntent, amount) {
      const paid = found(intents, paymentIntent, 'intent').latest_charge as Fields
      paid.amount_refunded = Number(paid.amount_refunded) + amount
      paid.refunded = paid.amount_refunded === paid.amount
    },
    dispute(paymentIntent, status) {
      const intent = found(intents, paymentIntent, 'intent')
      const known = [...disputes.values()].find((dispute) => dispute.payment_intent === paymentIntent)
      const dispute =
        known ??
        stripeResource('dispute', {
          id: newId('dp'),
          amount: intent.amount,
          payment_intent: paymentIntent,
          status,
        })
      dispute.status = status
      disputes.set(dispute.id as string, dispute)
      ;(intent.latest_charge as Fields).disputed = true
    },
    renew(subscriptionId, { paid, amount }) {
      const subscription = found(subscriptions, subscriptionId, 'subscription')
      const session = [...sessions.values()].find((candidate) => candidate.subscription === subscriptionId)!
      const invoice = newInvoice(session, subscription, 'subscription_cycle', amount ?? session.amount_total)
      subscription.status = paid ? 'active' : 'past_due'
      if (paid) payInvoice(invoice.id as string)
      else
        intentOf(invoice).last_payment_error = {
          type: 'card_error',
          code: 'card_declined',
          message: 'Your card was declined.',
        }
      return invoice.id as string
    },
    payInvoice,
    changeSubscription(id, fields) {
      subscriptions.set(
        id,
        stripeResource('subscription', { ...found(subscriptions, id, 'subscription'), ...fields }),
      )
    },
    sessionOf: (sessionId) => found(sessions, sessionId, 'session'),
    webhook(type, object, { secret, at, id }) {
      const timestamp = Math.floor(at.getTime() / 1000)
      const event = {
        id: id ?? newId('evt'),
        object: 'event',
        type,
        created: timestamp,
        data: { object },
        livemode: false,
      }
      const payload = JSON.stringify(event)
      const signature = signer.webhooks.generateTestHeaderString({ payload, secret, timestamp })
      return {
        rawBody: Buffer.from(payload),
        headers: { 'stripe-signature': signature, 'content-type': 'application/json' },
      }
    },
    stop: () => new Promise((resolve) => http.close(() => resolve())),
  }

  async function answer(request: IncomingMessage): Promise<unknown> {
    const { pathname, search } = new URL(request.url ?? '/', 'http://stripe')
    const method = request.method ?? 'GET'
    const input = parseForm(method === 'GET' ? search.slice(1) : await readText(request))
    server.requests.push({ method, path: pathname, input })
    server.contractProblems.push(...requestProblems(method, pathname, input))
    if (server.down) throw refusal(500, { type: 'api_error', message: 'down' })
    const route = routes.find(([verb, template]) => verb === method && patternOf(template).test(pathname))
    if (!route) throw refusal(404, { type: 'invalid_request_error', message: 'Unrecognized request URL' })
    const key = request.headers['idempotency-key']
    if (typeof key === 'string' && answered.has(key)) return answered.get(key)
    const result = route[2](input, patternOf(route[1]).exec(pathname)?.[1] ?? '')
    if (typeof key === 'string' && method === 'POST') answered.set(key, result)
    return result
  }

  const http = createServer((request, response) => {
    answer(request).then(
      (body) => send(response, 200, body),
      (error: unknown) => sendError(response, error),
    )
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  return server
}

export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

export function send(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json', connection: 'close' })
    .end(JSON.stringify(body))
}

/** An answer that a vendor's API gives instead of a result. */
export function refusal(status: number, error: Fields): Error {
  return Object.assign(new Error(`${status}`), { status, error })
}

export function sendError(response: ServerResponse, thrown: unknown): void {
  const { status = 500, error } = thrown as { status?: number; error?: Fields }
  send(response, status, { error: error ?? { message: thrown instanceof Error ? thrown.message : 'failed' } })
}
