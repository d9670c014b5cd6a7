import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import Razorpay from 'razorpay'
import { z } from 'zod'
import type { Fields } from './stripe-contract'
import { readText, refusal, send, sendError, type SignedWebhook } from './stripe-server'

export interface RazorpayServer {
  url: string
  requests: { method: string; path: string; input: Fields }[]
  /** While true, every request is answered with 500. */
  down: boolean
  pay(linkId: string): void
  decline(linkId: string, message: string): void
  expire(linkId: string): void
  refund(paymentId: string, amount: number): void
  dispute(paymentId: string, status: string, deducted?: number): void
  /** The payment that settled a link, else the last that was tried. */
  paymentOf(linkId: string): Fields | undefined
  linkOf(linkId: string): Fields
  webhook(
    event: string,
    payload: Record<string, Fields>,
    options: { secret: string; at: Date; id?: string },
  ): SignedWebhook
  stop(): Promise<void>
}

const credentials = `Basic ${Buffer.from('rzp_test_key:rzp_test_secret').toString('base64')}`

/** What https://razorpay.com/docs/api/payments/payment-links/create-standard asks of a request. */
const linkSchema = z.strictObject({
  amount: z.int().min(100),
  currency: z.string().length(3),
  accept_partial: z.boolean().optional(),
  reference_id: z.string().max(40).optional(),
  description: z.string().max(2048).optional(),
  customer: z.strictObject({ name: z.string(), email: z.email(), contact: z.string().optional() }),
  notify: z.strictObject({ sms: z.boolean(), email: z.boolean() }).optional(),
  reminder_enable: z.boolean().optional(),
  expire_by: z
    .int()
    .refine((at) => at > Date.now() / 1000 + 15 * 60, 'less than 15 minutes ahead')
    .optional(),
  notes: z.record(z.string(), z.string().max(256)).optional(),
  callback_url: z.url().optional(),
  callback_method: z.literal('get').optional(),
})

/** Razorpay as its documentation says, for what our gateway asks; it keeps what it is told. */
export async function startRazorpayServer(): Promise<RazorpayServer> {
  const links = new Map<string, Fields>()
  const payments = new Map<string, Fields>()
  const disputes: Fields[] = []
  let serial = 0
  const newId = (prefix: string) => `${prefix}_Test${String((serial += 1)).padStart(10, '0')}`
  const seconds = () => Math.floor(Date.now() / 1000)

  function refused(status: number, description: string): never {
    throw refusal(status, {
      code: 'BAD_REQUEST_ERROR',
      description,
      source: 'business',
      step: 'payment_initiation',
    })
  }
  function found(map: Map<string, Fields>, id: string): Fields {
    return map.get(id) ?? refused(400, 'The id provided does not exist')
  }

  function createLink(body: unknown): Fields {
    const parsed = linkSchema.safeParse(body)
    if (!parsed.success)
      return refused(
        400,
        parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
      )
    const { reference_id: reference } = parsed.data
    if (reference && [...links.values()].some((link) => link.reference_id === reference)) {
      refused(400, `payment link creation with reference_id ${reference} already attempted`)
    }
    const id = newId('plink')
    const link = {
      ...parsed.data,
      id,
      order_id: newId('order'),
      amount_paid: 0,
      status: 'created',
      payments: [],
      short_url: `https://rzp.io/i/${id}`,
      created_at: seconds(),
    }
    links.set(id, link)
    return link
  }

  function attempt(link: Fields, fields: Fields): Fields {
    const payment = {
      id: newId('pay'),
      entity: 'payment',
      amount: link.amount,
      currency: link.currency,
      order_id: link.order_id,
      method: 'upi',
      vpa: 'customer@upi',
      amount_refunded: 0,
      refund_status: null,
      captured: false,
      notes: link.notes,
      error_description: null,
      created_at: seconds(),
      ...fields,
    }
    payments.set(payment.id, payment)
    const { status } = fields
    ;(link.payments as Fields[]).push({
      payment_id: payment.id,
      plink_id: link.id,
      amount: link.amount,
      method: 'upi',
      status,
    })
    return payment
  }

  const server: RazorpayServer = {
    url: '',
    requests: [],
    down: false,
    pay(linkId) {
      const link = found(links, linkId)
      attempt(link, { status: 'captured', captured: true })
      Object.assign(link, { status: 'paid', amount_paid: link.amount })
    },
    decline(linkId, message) {
      attempt(found(links, linkId), {
        status: 'failed',
        error_code: 'BAD_REQUEST_ERROR',
        error_description: message,
      })
    },
    expire(linkId) {
      Object.assign(found(links, linkId), { status: 'expired', expired_at: seconds() })
    },
    refund(paymentId, amount) {
      const payment = found(payments, paymentId)
      payment.amount_refunded = Number(payment.amount_refunded) + amount
      const whole = payment.amount_refunded === payment.amount
      Object.assign(payment, {
        refund_status: whole ? 'full' : 'partial',
        ...(whole ? { status: 'refunded' } : {}),
      })
    },
    dispute(paymentId, status, deducted = 0) {
      const { amount, currency } = found(payments, paymentId)
      const known = disputes.find((dispute) => dispute.payment_id === paymentId)
      if (known) Object.assign(known, { status, amount_deducted: deducted })
      else {
        disputes.unshift({
          id: newId('disp'),
          entity: 'dispute',
          payment_id: paymentId,
          amount,
          currency,
          amount_deducted: deducted,
          reason_code: 'chargeback',
          phase: 'chargeback',
          status,
          created_at: seconds(),
        })
      }
    },
    paymentOf(linkId) {
      const tried = found(links, linkId).payments as { payment_id: string }[]
      const all = tried.map(({ payment_id: id }) => payments.get(id)!)
      return all.find(({ captured }) => captured) ?? all.at(-1)
    },
    linkOf: (linkId) => found(links, linkId),
    webhook(event, entities, { secret, at, id }) {
      const payload = Object.fromEntries(Object.entries(entities).map(([name, entity]) => [name, { entity }]))
      const created = Math.floor(at.getTime() / 1000)
      const body = JSON.stringify({
        entity: 'event',
        account_id: 'acc_Test',
        event,
        contains: Object.keys(payload),
        payload,
        created_at: created,
      })
      const signature = createHmac('sha256', secret).update(body).digest('hex')
      // The SDK's own check is the counterpart of this signature.
      if (!Razorpay.validateWebhookSignature(body, signature, secret))
        throw new Error('not signed as Razorpay signs')
      return {
        rawBody: Buffer.from(body),
        headers: {
          'x-razorpay-signature': signature,
          'x-razorpay-event-id': id ?? newId('evt'),
          'content-type': 'application/json',
        },
      }
    },
    stop: () => new Promise((resolve) => http.close(() => resolve())),
  }

  async function answer(request: IncomingMessage): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://razorpay')
    const query = Object.fromEntries(searchParams)
    const text = await readText(request)
    const body = text ? (JSON.parse(text) as Fields) : {}
    server.requests.push({
      method: request.method ?? '',
      path: pathname,
      input: request.method === 'GET' ? query : body,
    })
    if (server.down) throw refusal(500, { code: 'SERVER_ERROR', description: 'down' })
    if (request.headers.authorization !== credentials) {
      throw refusal(401, { code: 'BAD_REQUEST_ERROR', description: 'Authentication failed' })
    }
    const [, version, resource, id] = pathname.split('/')
    const asked = `${request.method} ${version}/${resource}${id === undefined ? '' : '/id'}`
    switch (asked) {
      case 'POST v1/payment_links':
        return createLink(body)
      case 'GET v1/payment_links/id':
        return found(links, id!)
      case 'GET v1/payments/id':
        return found(payments, id!)
      case 'GET v1/disputes': {
        const skip = Number(query.skip ?? 0)
        const items = disputes.slice(skip, skip + Number(query.count ?? 10))
        return { entity: 'collection', count: items.length, items }
      }
      case 'GET v1/payment_links': {
        const matches = [...links.values()].filter(
          (link) =>
            (query.reference_id === undefined || link.reference_id === query.reference_id) &&
            (query.payment_id === undefined ||
              (link.payments as Fields[]).some((payment) => payment.payment_id === query.payment_id)),
        )
        return { payment_links: matches.slice(0, Number(query.count ?? 10)) }
      }
      default:
        return refused(404, 'The requested URL was not found on the server.')
    }
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
