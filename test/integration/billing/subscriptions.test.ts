import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createStripeGateway } from '../../../src/modules/billing/gateways/stripe'
import type { GatewayDriver } from '../../conformance/payment-gateway-drivers'
import { startPaymentsApp, type PaymentsApp } from '../../support/payments-app'
import type { Fields } from '../../support/stripe-contract'
import { startStripeServer, type StripeServer } from '../../support/stripe-server'

const secret = 'whsec_of_this_test'

describe('subscriptions by Stripe', () => {
  let server: StripeServer
  let fixture: PaymentsApp
  let userId: string
  let sessionId: string
  let subscription: string
  beforeAll(async () => {
    server = await startStripeServer()
    const gateway = createStripeGateway({
      secretKey: 'sk_test_1',
      webhookSecrets: [secret],
      apiBase: server.url,
    })
    fixture = await startPaymentsApp({ drivers: [{ gateway } as GatewayDriver] })
    userId = await fixture.newUser()
    const planId = await fixture.newPlan({
      kind: 'subscription',
      priceMinor: 900,
      seconds: 3600,
      expiresAfterDays: 31,
    })
    sessionId = await fixture.begin(userId, planId, 'stripe')
  })
  afterAll(async () => {
    await fixture.close()
    await server.stop()
  })

  async function tell(type: string, object: Fields): Promise<void> {
    const answer = await fixture.deliver('stripe', server.webhook(type, object, { secret, at: new Date() }))
    expect(answer.statusCode).toBe(200)
    expect(await fixture.drain()).toBe(0)
  }
  const ofInvoice = (id: string) => ({
    object: 'invoice',
    id,
    parent: { type: 'subscription_details', subscription_details: { subscription } },
  })
  const transactions = () =>
    fixture.database.transaction.findMany({ where: { userId }, orderBy: { createdAt: 'asc' } })
  const standing = () => fixture.database.subscription.findFirstOrThrow({ where: { userId } })
  const told = () => [...fixture.told.values()].map(({ event }) => event)

  it('begins with the first payment', async () => {
    server.pay(sessionId)
    subscription = server.sessionOf(sessionId).subscription as string
    await tell('customer.subscription.created', { object: 'subscription', id: subscription })
    await tell('checkout.session.completed', server.sessionOf(sessionId))
    expect(await fixture.balanceOf(userId)).toBe(3600)
    expect(await transactions()).toMatchObject([
      { status: 'paid', amountMinor: 900, gatewayReference: sessionId },
    ])
    expect(await standing()).toMatchObject({
      status: 'active',
      gatewayReference: subscription,
      cancelAtPeriodEnd: false,
    })
    const [lot] = await fixture.database.minuteLot.findMany({ where: { userId } })
    expect(Math.round((lot!.expiresAt!.getTime() - Date.now()) / 86_400_000)).toBe(31)
  })

  it('is a payment of its own each time it is renewed', async () => {
    const invoice = server.renew(subscription, { paid: true })
    await tell('invoice.paid', ofInvoice(invoice))
    await tell('invoice.payment_succeeded', ofInvoice(invoice))
    expect(await fixture.balanceOf(userId)).toBe(7200)
    expect(await transactions()).toMatchObject([
      {},
      { status: 'paid', gatewayReference: invoice, seconds: 3600 },
    ])
    expect(told()).toEqual(['payment.succeeded', 'subscription.renewed'])
  })

  it('credits nothing for a declined renewal, and the minutes once it is retried', async () => {
    const invoice = server.renew(subscription, { paid: false })
    await tell('invoice.payment_failed', ofInvoice(invoice))
    expect(await fixture.balanceOf(userId)).toBe(7200)
    expect((await transactions()).at(-1)).toMatchObject({
      status: 'failed',
      failureReason: 'Your card was declined.',
    })
    expect(await standing()).toMatchObject({ status: 'past_due' })
    server.payInvoice(invoice)
    server.changeSubscription(subscription, { status: 'active' })
    await tell('invoice.paid', ofInvoice(invoice))
    expect(await fixture.balanceOf(userId)).toBe(10_800)
    expect((await transactions()).at(-1)).toMatchObject({ status: 'paid', failureReason: null })
    expect(await standing()).toMatchObject({ status: 'active' })
  })

  it('brings as many minutes as a changed subscription pays for', async () => {
    await tell('invoice.paid', ofInvoice(server.renew(subscription, { paid: true, amount: 1800 })))
    expect(await fixture.balanceOf(userId)).toBe(18_000)
    expect((await transactions()).at(-1)).toMatchObject({ amountMinor: 1800, seconds: 7200 })
    await tell('invoice.paid', ofInvoice(server.renew(subscription, { paid: true, amount: 0 })))
    expect(await transactions()).toHaveLength(4)
  })

  it('finds the subscription of a refunded renewal', async () => {
    const last = (await transactions()).at(-1)!
    server.refund(last.paymentReference!, 900)
    await tell('charge.refunded', { object: 'charge', id: 'ch_1', payment_intent: last.paymentReference })
    expect(await fixture.balanceOf(userId)).toBe(14_400)
    expect((await transactions()).at(-1)).toMatchObject({ refundedMinor: 900, takenBackSeconds: 3600 })
  })

  it('is ended and resumed by its owner, at the gateway and here', async () => {
    const { id } = await standing()
    const { subscriptions } = fixture.payments
    const [listed] = await subscriptions.list(userId)
    expect(listed).toMatchObject({ id, gateway: 'stripe', status: 'active', renews: true })
    expect(await subscriptions.setRenewal(userId, id, false, null)).toMatchObject({ renews: false })
    expect(await standing()).toMatchObject({ status: 'active', cancelAtPeriodEnd: true })
    expect(await subscriptions.setRenewal(userId, id, true, null)).toMatchObject({ renews: true })
    await subscriptions.endAll(userId, null)
    expect(await standing()).toMatchObject({ cancelAtPeriodEnd: true })
    const asked = server.requests.filter(({ path }) => path === `/v1/subscriptions/${subscription}`)
    expect(asked.map(({ input }) => input.cancel_at_period_end)).toEqual(['true', 'false', 'true'])
    const stranger = await fixture.newUser()
    await expect(subscriptions.setRenewal(stranger, id, true, null)).rejects.toMatchObject({
      code: 'not_found',
    })
    server.changeSubscription(subscription, { cancel_at_period_end: false })
    await tell('customer.subscription.updated', { object: 'subscription', id: subscription })
  })

  it('says so where the gateway is away, and then nothing changed', async () => {
    const { id } = await standing()
    server.down = true
    const ending = fixture.payments.subscriptions.setRenewal(userId, id, false, null)
    await expect(ending).rejects.toMatchObject({ code: 'unavailable' })
    server.down = false
    expect(await standing()).toMatchObject({ cancelAtPeriodEnd: false })
  })

  it('is sold once to the same account, and again when it has ended', async () => {
    const { planId } = await standing()
    await expect(fixture.begin(userId, planId, 'stripe')).rejects.toMatchObject({ code: 'conflict' })
    server.changeSubscription(subscription, { cancel_at_period_end: true })
    await tell('customer.subscription.updated', { object: 'subscription', id: subscription })
    expect(await standing()).toMatchObject({ status: 'active', cancelAtPeriodEnd: true })
    server.changeSubscription(subscription, { status: 'canceled', ended_at: Math.floor(Date.now() / 1000) })
    await tell('customer.subscription.deleted', { object: 'subscription', id: subscription })
    await tell('customer.subscription.deleted', { object: 'subscription', id: subscription })
    expect(await standing()).toMatchObject({ status: 'canceled', canceledAt: expect.any(Date) })
    expect(told().filter((event) => event === 'subscription.canceled')).toHaveLength(1)
    expect(await fixture.begin(userId, planId, 'stripe')).toMatch(/^cs_/)
  })

  it('asks as Stripe describes it, and leaves a ledger that adds up', async () => {
    expect(server.contractProblems).toEqual([])
    expect((await fixture.ledger.verify()).differences).toEqual([])
  })
})
