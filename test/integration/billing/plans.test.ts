import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../../src/platform/ids'
import { expectStatus, signUp, type ApiClient } from '../../support/api-client'
import { startProduct, type TestProduct } from '../../support/product'

let product: TestProduct
let admin: (method: string, path: string, body?: unknown) => Promise<Response>
let user: ApiClient

interface Plan {
  id: string
  name: string
  price_minor: number
  amount_minor: number
  tax_minor: number
  currency: string
  minutes: number
  active: boolean
  sold: number
  supersedes_id: string | null
  retired_at: string | null
}

beforeAll(async () => {
  product = await startProduct({
    environment: { TAX_PERCENT: '18', TAX_NAME: 'GST', TAX_INCLUSIVE: 'false' },
  })
  const account = await product.container.users.ensureAdmin()
  const login = await fetch(`${product.url}/api/users/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: account?.username, password: 'a password of the tests' }),
  })
  const { access_token } = (await login.json()) as { access_token: string }
  admin = (method, path, body) =>
    fetch(product.url + path, {
      method,
      headers: {
        authorization: `Bearer ${access_token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  user = await signUp(product)
})

afterAll(() => product.stop())

const json = async <T>(answer: Promise<Response>, status = 200): Promise<T> =>
  (await (await expectStatus(await answer, status)).json()) as T

const newPlan = { name: 'Test pack', price_minor: 10_000, currency: 'INR', minutes: 60 }

/** A payment of the plan by the test's user, as settlement leaves it. */
async function sell(plan: Plan): Promise<string> {
  const id = newId()
  await product.container.database.transaction.create({
    data: {
      ...{ id, userId: user.userId, planId: plan.id, gateway: 'razorpay', gatewayReference: `order_${id}` },
      ...{ amountMinor: plan.amount_minor, taxMinor: plan.tax_minor, taxBasisPoints: 1800, currency: 'INR' },
      ...{ seconds: plan.minutes * 60, status: 'paid', paidAt: new Date(), paymentReference: 'pay_<b>1' },
    },
  })
  return id
}

test('anybody sees the plans on sale, and that payments are off', async () => {
  const answer = await fetch(`${product.url}/api/payment/plans?currency=USD`)
  const { data, gateways, tax } = (await answer.json()) as { data: Plan[]; gateways: unknown; tax: unknown }
  expect(data.map(({ name, price_minor, amount_minor }) => [name, price_minor, amount_minor])).toEqual([
    ['Hour', 500, 590],
    ['Ten hours', 3900, 4602],
    ['Monthly', 2900, 3422],
  ])
  expect(gateways).toEqual([])
  expect(tax).toEqual({ name: 'GST', percent: 18, inclusive: false })
})

test('a plan that nobody bought is changed in place and can go', async () => {
  const made = await json<Plan>(admin('POST', '/api/admin/plans', newPlan), 201)
  const changed = await json<Plan>(admin('PATCH', `/api/admin/plans/${made.id}`, { price_minor: 9000 }))
  expect(changed).toMatchObject({ id: made.id, price_minor: 9000, amount_minor: 10_620 })
  await expectStatus(await admin('DELETE', `/api/admin/plans/${made.id}`), 204)
  await expectStatus(await admin('GET', `/api/admin/plans/${made.id}`), 404)
})

test('a sold plan is never rewritten', async () => {
  const made = await json<Plan>(admin('POST', '/api/admin/plans', newPlan), 201)
  await sell(made)
  const moved = await json<Plan>(admin('PATCH', `/api/admin/plans/${made.id}`, { position: 9 }))
  expect(moved).toMatchObject({ id: made.id, sold: 1 })
  const dearer = await json<Plan>(admin('PATCH', `/api/admin/plans/${made.id}`, { price_minor: 12_000 }))
  expect(dearer.id).not.toBe(made.id)
  expect(dearer).toMatchObject({ supersedes_id: made.id, price_minor: 12_000, active: true, sold: 0 })
  const { data } = await json<{ data: Plan[] }>(admin('GET', `/api/admin/plans/${dearer.id}/history`))
  expect(data.map(({ id, price_minor, active }) => ({ id, price_minor, active }))).toEqual([
    { id: dearer.id, price_minor: 12_000, active: true },
    { id: made.id, price_minor: 10_000, active: false },
  ])
  await expectStatus(await admin('PATCH', `/api/admin/plans/${made.id}`, { active: true }), 409)
  const rewrite = product.container.database.pricingPlan.update({
    where: { id: made.id },
    data: { priceMinor: 1 },
  })
  await expect(rewrite).rejects.toThrow(/never rewritten/)
  const actions = await product.container.database.auditEntry.findMany({
    where: { action: { startsWith: 'plan.' }, details: { path: ['plan_id'], equals: made.id } },
    orderBy: { createdAt: 'asc' },
  })
  expect(actions.map(({ action }) => action)).toEqual(['plan.created', 'plan.changed', 'plan.superseded'])
})

test('only administrators change plans', async () => {
  await expectStatus(await user.request('POST', '/api/admin/plans', newPlan), 403)
  await expectStatus(await user.request('GET', '/api/admin/plans'), 403)
})

describe('receipts', () => {
  test('carry tax, are numbered without gaps whoever asks first, and stay as they were', async () => {
    const plan = await json<Plan>(admin('POST', '/api/admin/plans', { ...newPlan, name: '<i>Pack</i>' }), 201)
    const sold = await Promise.all(Array.from({ length: 6 }, () => sell(plan)))
    const receiptOf = (id: string, format = 'html') =>
      user.request('GET', `/api/payment/transactions/${id}/receipt?format=${format}`)
    const pages = await Promise.all([...sold, ...sold].map(async (id) => (await receiptOf(id)).text()))
    expect(pages.slice(0, 6)).toEqual(pages.slice(6))
    await product.container.billing.receipts.issueDue()
    const numbers = await product.container.database.receipt.findMany({ orderBy: { sequence: 'asc' } })
    expect(numbers.map(({ sequence }) => sequence)).toEqual(numbers.map((_, index) => index + 1))
    expect(pages[0]).toContain('&lt;i&gt;Pack&lt;/i&gt;')
    expect(pages[0]).toContain('pay_&lt;b&gt;1')
    expect(pages[0]).not.toContain('<i>')
    expect(pages[0]).toMatch(/GST 18 %<\/th><td>₹18\.00/)
    expect(pages[0]).toMatch(/Total<\/th><td>₹118\.00 \(INR\)/)
    const pdf = await receiptOf(sold[0]!, 'pdf')
    expect(pdf.headers.get('content-type')).toBe('application/pdf')
    expect(
      Buffer.from(await pdf.arrayBuffer())
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-')
  })

  test('are the buyer’s alone, and only of what was paid', async () => {
    const plan = await json<Plan>(admin('POST', '/api/admin/plans', newPlan), 201)
    const id = await sell(plan)
    const stranger = await signUp(product)
    await expectStatus(await stranger.request('GET', `/api/payment/transactions/${id}/receipt`), 404)
    const pending = newId()
    await product.container.database.transaction.create({
      data: {
        ...{ id: pending, userId: user.userId, planId: plan.id, gateway: 'stripe', currency: 'INR' },
        ...{ amountMinor: 1, seconds: 60 },
      },
    })
    await expectStatus(await user.request('GET', `/api/payment/transactions/${pending}/receipt`), 409)
  })
})

test('payments and minutes are listed, filtered, paged, and written as CSV', async () => {
  const buyer = await signUp(product)
  const { database, billing } = product.container
  const ids = Array.from({ length: 3 }, () => newId())
  for (const [index, id] of ids.entries()) {
    await database.transaction.create({
      data: {
        ...{ id, userId: buyer.userId, gateway: 'stripe', currency: 'USD', amountMinor: 500, seconds: 3600 },
        ...{ refundedMinor: index === 2 ? 200 : 0, status: index === 0 ? 'failed' : 'paid' },
        ...{ paidAt: index === 0 ? null : new Date(Date.UTC(2031, 0, index)) },
        createdAt: new Date(Date.UTC(2031, 0, index + 1)),
      },
    })
  }
  await billing.ledger.credit({
    ...{ userId: buyer.userId, kind: 'purchase', seconds: 3600, idempotencyKey: newId() },
    ...{ transactionId: ids[2], note: '=1+1' },
  })
  interface Page {
    data: { id: string; receipt_url: string | null }[]
    has_more: boolean
  }
  const first = await buyer.get<Page>('/api/payment/transactions?limit=2')
  expect([first.data.map(({ id }) => id), first.has_more]).toEqual([[ids[2], ids[1]], true])
  const rest = await buyer.get<Page>(`/api/payment/transactions?limit=2&starting_after=${ids[1]}`)
  expect([rest.data.map(({ id }) => id), rest.has_more]).toEqual([[ids[0]], false])
  const failed = await buyer.get<Page>('/api/payment/transactions?status=failed&to=2031-01-02')
  expect(failed.data).toMatchObject([{ id: ids[0], receipt_url: null }])
  const csv = await (await buyer.request('GET', '/api/payment/transactions?format=csv')).text()
  const rows = csv.split('\r\n')
  expect(rows[0]).toMatch(/^id,created_at,paid_at,status,gateway,/)
  expect(rows.slice(1, -1).map((row) => row.split(',')[0])).toEqual([ids[2], ids[1], ids[0]])
  const ledger = await (await buyer.request('GET', '/api/payment/ledger?format=csv&kind=purchase')).text()
  expect(ledger.split('\r\n')[1]).toMatch(/,purchase,3600,\d+,,.*,'=1\+1$/)
  const report = await billing.revenue({ from: new Date(Date.UTC(2031, 0, 1)), to: undefined, by: 'day' })
  expect(report.data.map(({ key, amount_minor, net_minor }) => [key, amount_minor, net_minor])).toEqual([
    ['2031-01-01', 500, 500],
    ['2031-01-02', 500, 300],
  ])
})
