import { parseArgs } from 'node:util'
import { startStripeServer, type SignedWebhook, type StripeServer } from '../../test/support/stripe-server'
import { median, percentile, startEmbeddedProduct } from './embedded-product'

const secret = 'whsec_of_this_bench'
const account = { username: 'bench', email: 'bench@example.com', password: 'horse battery staple 9' }
const freeSeconds = 60

/**
 * How long the webhook of a gateway waits for its answer (what has to be done is done afterwards, by a job), while
 * others come at the same time: every payment is told of `--copies 5` times. The balance at the end says that each
 * was credited once. Options: `--payments 100`, `--at-once 10`.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      payments: { type: 'string', default: '100' },
      copies: { type: 'string', default: '5' },
      'at-once': { type: 'string', default: '10' },
    },
  })
  const stripe = await startStripeServer()
  const product = await startEmbeddedProduct({
    STRIPE_SECRET_KEY: 'sk_test_of_this_bench',
    STRIPE_WEBHOOK_SECRET: secret,
    STRIPE_API_BASE: stripe.url,
    SIGNUP_FREE_MINUTES: String(freeSeconds / 60),
  })
  try {
    const call = await logIn(product.url)
    const { webhooks, seconds } = await buy(call, stripe, Number(values.payments), Number(values.copies))
    const statuses = new Map<number, number>()
    const tookMs: number[] = []
    const startedAt = performance.now()
    const next = webhooks[Symbol.iterator]()
    const sender = async () => {
      for (const webhook of { [Symbol.iterator]: () => next }) {
        const sentAt = performance.now()
        const { status } = await deliver(product.url, webhook)
        tookMs.push(performance.now() - sentAt)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: Number(values['at-once']) }, sender))
    const deliveredMs = performance.now() - startedAt
    console.table([
      {
        webhooks: webhooks.length,
        answers: [...statuses].map(([status, count]) => `${count} × ${status}`).join(', '),
        'median ms': median(tookMs).toFixed(1),
        'p95 ms': percentile(tookMs, 0.95).toFixed(1),
        'p99 ms': percentile(tookMs, 0.99).toFixed(1),
        'longest ms': Math.max(...tookMs).toFixed(1),
        'a second': Math.round((1000 * webhooks.length) / deliveredMs),
      },
    ])
    const expected = freeSeconds + seconds
    const balance = await settled(call, expected)
    console.log(`Balance ${balance} s, expected ${expected} s: ${balance === expected ? 'right' : 'WRONG'}`)
    if (balance !== expected) process.exitCode = 1
  } finally {
    await product.stop()
    await stripe.stop()
  }
}

type Call = <Answer>(method: string, path: string, body?: object) => Promise<Answer>

async function logIn(url: string): Promise<Call> {
  let authorization = ''
  const call: Call = async (method, path, body) => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`)
    return answer.json() as never
  }
  await call('POST', '/api/users/register', account)
  const { username: identifier, password } = account
  const { access_token: token } = await call<{ access_token: string }>('POST', '/api/users/login', {
    identifier,
    password,
  })
  authorization = `Bearer ${token}`
  return call
}

/** Paid checkouts and what the gateway has to tell of them, in a shuffled order. */
async function buy(call: Call, stripe: StripeServer, payments: number, copies: number) {
  const { data } = await call<{ data: { id: string; kind: string; currency: string; minutes: number }[] }>(
    'GET',
    '/api/payment/plans',
  )
  const plan = data.find(({ kind, currency }) => kind === 'pack' && currency === 'USD')
  if (!plan) throw new Error('no pack is sold in USD')
  const webhooks: SignedWebhook[] = []
  for (let count = 0; count < payments; count += 1) {
    const begun = await call<{ session_id: string }>('POST', '/api/payment/create-checkout-session', {
      plan_id: plan.id,
    })
    stripe.pay(begun.session_id)
    const session = stripe.sessionOf(begun.session_id)
    const webhook = stripe.webhook('checkout.session.completed', session, { secret, at: new Date() })
    webhooks.push(...Array.from({ length: copies }, () => webhook))
  }
  webhooks.sort(() => Math.random() - 0.5)
  return { webhooks, seconds: payments * plan.minutes * 60 }
}

function deliver(url: string, { headers, rawBody }: SignedWebhook): Promise<Response> {
  return fetch(`${url}/api/payment/webhook/stripe`, {
    method: 'POST',
    headers,
    body: new Uint8Array(rawBody),
  })
}

/** The balance once it is as expected, or after a minute without change. */
async function settled(call: Call, expected: number): Promise<number> {
  let last = -1
  for (let unchanged = 0; unchanged < 60; unchanged += 1) {
    const path = '/api/users/account-status'
    const { seconds_remaining: balance } = await call<{ seconds_remaining: number }>('GET', path)
    if (balance === expected) return balance
    if (balance !== last) unchanged = 0
    last = balance
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  return last
}
