import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { drivers, type GatewayDriver } from '../../conformance/payment-gateway-drivers'
import { newAccount, post } from '../../support/accounts-app'
import { startPaymentsApp, type PaymentsApp } from '../../support/payments-app'

const url = '/api/payment/create-checkout-session'

describe('checkout', () => {
  let stripe: GatewayDriver
  let razorpay: GatewayDriver
  let fixture: PaymentsApp
  let headers: Record<string, string>
  let userId: string
  beforeAll(async () => {
    ;[stripe, razorpay] = (await Promise.all(drivers.map(({ start }) => start()))) as [
      GatewayDriver,
      GatewayDriver,
    ]
    fixture = await startPaymentsApp({ drivers: [stripe, razorpay] })
    const account = await newAccount(fixture, 'buyer')
    userId = account.user.id
    headers = { authorization: `Bearer ${account.access_token}` }
  })
  afterAll(async () => {
    await fixture.close()
    await stripe.stop()
    await razorpay.stop()
  })
  beforeEach(() => {
    stripe.setDown(false)
    razorpay.setDown(false)
  })

  const buy = (body: object, extra: Record<string, string> = {}) =>
    post(fixture.app, url, body, { ...headers, ...extra })
  const rows = () => fixture.database.transaction.count()

  it('suggests the gateway that suits the currency, and keeps the transaction', async () => {
    const dollars = await buy({ plan_id: await fixture.newPlan({ currency: 'USD' }) })
    expect(dollars.statusCode).toBe(201)
    expect(dollars.json()).toEqual({
      session_id: expect.stringMatching(/^cs_/),
      url: expect.stringMatching(/^https:\/\/checkout\.stripe\.com\//),
      gateway: 'stripe',
    })
    const rupees = await buy({ plan_id: await fixture.newPlan({ currency: 'INR' }) })
    expect(rupees.json()).toMatchObject({ gateway: 'razorpay', session_id: expect.stringMatching(/^plink_/) })
    expect(await fixture.transactionOf(rupees.json().session_id)).toMatchObject({
      userId,
      status: 'pending',
      amountMinor: 90_000,
      currency: 'INR',
      seconds: 3600,
      checkoutUrl: rupees.json().url,
      expiresAt: expect.any(Date),
    })
  })

  it('takes another gateway where it is asked for, and the return addresses', async () => {
    const answer = await buy({
      plan_id: await fixture.newPlan({ currency: 'INR' }),
      gateway: 'stripe',
      success_url: '/billing?thanks=1',
      cancel_url: 'http://localhost:3000/plans',
    })
    expect(answer.json().gateway).toBe('stripe')
  })

  it('uses the same customer again', async () => {
    const before = await fixture.database.gatewayCustomer.findFirstOrThrow({ where: { userId } })
    const { session_id: sessionId } = (await buy({ plan_id: await fixture.newPlan() })).json<{
      session_id: string
    }>()
    expect(await fixture.transactionOf(sessionId)).toMatchObject({ customerReference: before.reference })
    expect(await fixture.database.gatewayCustomer.count({ where: { userId } })).toBe(1)
  })

  it('replaces a customer that the operator deleted at the gateway', async () => {
    await fixture.database.gatewayCustomer.updateMany({
      where: { userId },
      data: { reference: 'cus_deleted' },
    })
    expect((await buy({ plan_id: await fixture.newPlan() })).statusCode).toBe(201)
    const now = await fixture.database.gatewayCustomer.findFirstOrThrow({ where: { userId } })
    expect(now.reference).not.toBe('cus_deleted')
  })

  it('begins one checkout for one Idempotency-Key', async () => {
    const body = { plan_id: await fixture.newPlan() }
    const begun = stripe.begun()
    const first = await buy(body, { 'idempotency-key': 'once' })
    const again = await buy(body, { 'idempotency-key': 'once' })
    expect(again.json()).toEqual(first.json())
    expect(stripe.begun()).toBe(begun + 1)
  })

  it('refuses, with nothing left behind', async () => {
    const pack = await fixture.newPlan()
    const subscription = await fixture.newPlan({ kind: 'subscription', currency: 'INR' })
    const before = await rows()
    const refusals: [body: object, status: number, code: string][] = [
      [{ plan_id: '019a0000-0000-7000-8000-000000000000' }, 404, 'not_found'],
      [{ plan_id: 'x' }, 400, 'validation_failed'],
      [{ plan_id: await fixture.newPlan({ active: false }) }, 409, 'plan_not_for_sale'],
      [{ plan_id: await fixture.newPlan({ priceMinor: 0 }) }, 409, 'plan_not_for_sale'],
      [{ plan_id: pack, gateway: 'razorpay' }, 409, 'gateway_unsuitable'],
      [{ plan_id: subscription, gateway: 'razorpay' }, 409, 'gateway_unsuitable'],
      [{ plan_id: await fixture.newPlan({ currency: 'KWD' }) }, 409, 'gateway_unsuitable'],
      [{ plan_id: pack, gateway: 'paypal' }, 409, 'payments_off'],
      [{ plan_id: pack, success_url: 'https://evil.example/' }, 400, 'validation_failed'],
      [{ plan_id: pack, cancel_url: '//evil.example/' }, 400, 'validation_failed'],
    ]
    for (const [body, status, code] of refusals) {
      const answer = await buy(body)
      expect([body, answer.statusCode, answer.json().code]).toEqual([body, status, code])
    }
    expect((await post(fixture.app, url, { plan_id: pack })).statusCode).toBe(401)
    for (const driver of [stripe, razorpay]) {
      driver.setDown(true)
      const answer = await buy({ plan_id: await fixture.newPlan({ currency: driver.currency }) })
      expect([answer.statusCode, answer.json().code]).toEqual([503, 'unavailable'])
    }
    expect(await rows()).toBe(before)
  })
})

describe('without keys', () => {
  let fixture: PaymentsApp
  beforeAll(async () => void (fixture = await startPaymentsApp({ drivers: [] })))
  afterAll(() => fixture.close())

  it('says that payments are off', async () => {
    const { access_token: token } = await newAccount(fixture, 'early')
    const body = { plan_id: await fixture.newPlan() }
    const answer = await post(fixture.app, url, body, { authorization: `Bearer ${token}` })
    expect([answer.statusCode, answer.json().code]).toEqual([409, 'payments_off'])
    expect(await fixture.database.transaction.count()).toBe(0)
    for (const path of ['/api/payment/webhook', '/api/payment/webhook/stripe']) {
      const webhook = await post(fixture.app, path, {})
      expect([webhook.statusCode, webhook.json().code]).toEqual([409, 'payments_off'])
    }
  })
})
