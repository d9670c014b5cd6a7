import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CheckoutOrder, PaymentState } from '../../src/modules/billing/gateways'
import { drivers, webhookSecrets, type GatewayDriver } from './payment-gateway-drivers'

describe.each(drivers)('$name as a payment gateway', ({ start }) => {
  let driver: GatewayDriver
  beforeAll(async () => void (driver = await start()))
  afterAll(() => driver.stop())
  beforeEach(() => driver.setDown(false))

  const order = (): CheckoutOrder => ({
    transactionId: randomUUID(),
    userId: randomUUID(),
    plan: { id: randomUUID(), name: '60 minutes', kind: 'pack' },
    amountMinor: 49_900,
    currency: driver.currency,
    customer: { email: 'ada@example.com', name: 'Ada', reference: null },
    successUrl: 'https://studio.example/billing?checkout=done',
    cancelUrl: 'https://studio.example/plans',
    expiresAt: new Date(Date.now() + 3_600_000),
  })
  const begin = async () => (await driver.gateway.createCheckout(order())).sessionId
  const payment = async (sessionId: string): Promise<PaymentState> =>
    (await driver.gateway.fetchState(sessionId))!.payments[0]!

  it('begins a checkout with an address to pay at', async () => {
    const checkout = await driver.gateway.createCheckout(order())
    expect(checkout.url).toMatch(/^https:\/\//)
    expect(checkout.expiresAt.getTime()).toBeGreaterThan(Date.now() + 15 * 60_000)
    expect(await payment(checkout.sessionId)).toMatchObject({
      invoiceReference: null,
      outcome: 'open',
      currency: driver.currency,
      amountMinor: 49_900,
      refundedMinor: 0,
      disputedMinor: 0,
      paidAt: null,
    })
  })

  it('begins one checkout for a transaction, however often it is asked', async () => {
    const once = order()
    const first = await driver.gateway.createCheckout(once)
    const again = await driver.gateway.createCheckout({
      ...once,
      customer: { ...once.customer, reference: first.customerReference },
    })
    expect(again.sessionId).toBe(first.sessionId)
  })

  it('says no to what it does not take', async () => {
    const { currencies, planKinds } = driver.gateway
    expect(currencies).toContain(driver.currency)
    expect(currencies.every((currency) => /^[A-Z]{3}$/.test(currency))).toBe(true)
    expect(planKinds).toContain('pack')
  })

  it('can end subscriptions where it sells them', () => {
    const { planKinds, setRenewal } = driver.gateway
    expect(setRenewal !== undefined).toBe(planKinds.includes('subscription'))
  })

  it('follows a payment: declined, tried again, refunded in part and whole', async () => {
    const sessionId = await begin()
    driver.decline(sessionId, 'The bank said no')
    expect(await payment(sessionId)).toMatchObject({ outcome: 'failed', failureReason: 'The bank said no' })
    driver.pay(sessionId)
    expect(await payment(sessionId)).toMatchObject({
      outcome: 'paid',
      amountMinor: 49_900,
      paymentReference: driver.paymentReference(sessionId),
      failureReason: null,
      paidAt: expect.any(Date),
    })
    driver.refund(sessionId, 9_900)
    expect(await payment(sessionId)).toMatchObject({ outcome: 'paid', refundedMinor: 9_900 })
    driver.refund(sessionId, 40_000)
    expect(await payment(sessionId)).toMatchObject({ outcome: 'paid', refundedMinor: 49_900 })
  })

  it.each([true, false])('follows a dispute that is won: %s', async (won) => {
    const sessionId = await begin()
    driver.pay(sessionId)
    driver.openDispute(sessionId)
    expect(await payment(sessionId)).toMatchObject({ outcome: 'paid', disputedMinor: 49_900 })
    driver.closeDispute(sessionId, won)
    expect(await payment(sessionId)).toMatchObject({ outcome: 'paid', disputedMinor: won ? 0 : 49_900 })
  })

  it('says when a checkout can be paid no more', async () => {
    const sessionId = await begin()
    driver.expire(sessionId)
    expect(await payment(sessionId)).toMatchObject({ outcome: 'expired' })
  })

  it('knows nothing of a checkout that is none', async () => {
    expect(await driver.gateway.fetchState('cs_test_nothing')).toBeNull()
    expect(await driver.gateway.findCheckout({ kind: 'payment', reference: 'pi_nothing' })).toBeNull()
  })

  it.each(['paid', 'failed', 'expired', 'refunded', 'disputed'] as const)(
    'leads from a webhook (%s) to its checkout',
    async (happening) => {
      const sessionId = await begin()
      if (happening === 'failed') driver.decline(sessionId, 'no')
      else if (happening !== 'expired') driver.pay(sessionId)
      const event = driver.gateway.readWebhook(driver.webhook(sessionId, happening), new Date())
      expect(event.subject).not.toBeNull()
      expect(await driver.gateway.findCheckout(event.subject!)).toBe(sessionId)
      expect(Math.abs(event.occurredAt.getTime() - Date.now())).toBeLessThan(5_000)
    },
  )

  it('reads unknown events as events about nothing of ours', async () => {
    const webhook = driver.webhook(await begin(), 'unknown')
    expect(driver.gateway.readWebhook(webhook, new Date()).subject).toBeNull()
  })

  it('keeps the id of an event that is delivered again', async () => {
    const webhook = driver.webhook(await begin(), 'paid', { id: 'evt_once' })
    expect(driver.gateway.readWebhook(webhook, new Date()).id).toBe('evt_once')
    expect(driver.gateway.readWebhook(webhook, new Date()).id).toBe('evt_once')
  })

  describe('webhooks', () => {
    const refused = expect.objectContaining({ code: 'webhook_refused' })
    let sessionId: string
    beforeAll(async () => void (sessionId = await begin()))

    it.each(webhookSecrets)('takes the signature of %s while secrets are exchanged', (secret) => {
      const webhook = driver.webhook(sessionId, 'paid', { secret })
      expect(driver.gateway.readWebhook(webhook, new Date()).id).toBeTruthy()
    })

    it('refuses another secret, a changed body, another signature and none', () => {
      const good = driver.webhook(sessionId, 'paid')
      const header = driver.gateway.signatureHeader
      const forgeries = [
        driver.webhook(sessionId, 'paid', { secret: 'whsec_of_somebody_else' }),
        { ...good, rawBody: Buffer.concat([good.rawBody, Buffer.from(' ')]) },
        { ...good, rawBody: Buffer.alloc(0) },
        { ...good, headers: { ...good.headers, [header]: '' } },
        { ...good, headers: { ...good.headers, [header]: 'ab' } },
        { ...good, headers: { 'content-type': 'application/json' } },
      ]
      for (const forged of forgeries) {
        expect(() => driver.gateway.readWebhook(forged, new Date())).toThrow(refused)
      }
    })

    it('refuses what is older than it may be, and takes what is not', () => {
      const at = new Date(Date.now() - driver.toleranceMs)
      const webhook = driver.webhook(sessionId, 'paid', { at })
      expect(() => driver.gateway.readWebhook(webhook, new Date(Date.now() + 2_000))).toThrow(refused)
      expect(driver.gateway.readWebhook(webhook, new Date(Date.now() - 60_000)).id).toBeTruthy()
    })
  })

  it('says when it cannot be reached', async () => {
    const sessionId = await begin()
    driver.setDown(true)
    await expect(driver.gateway.fetchState(sessionId)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(driver.gateway.createCheckout(order())).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('asks as the vendor describes it', () => expect(driver.contractProblems()).toEqual([]))
})
