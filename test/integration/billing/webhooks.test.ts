import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { drivers, type GatewayDriver } from '../../conformance/payment-gateway-drivers'
import { startPaymentsApp, type PaymentsApp } from '../../support/payments-app'

describe.each(drivers)('webhooks of $name', ({ start }) => {
  let driver: GatewayDriver
  let fixture: PaymentsApp
  let gateway: string
  let planId: string
  let clock = 0
  beforeAll(async () => {
    driver = await start()
    gateway = driver.gateway.id
    fixture = await startPaymentsApp({ drivers: [driver], now: () => new Date(Date.now() + clock) })
    planId = await fixture.newPlan({ currency: driver.currency })
  })
  afterAll(async () => {
    await fixture.close()
    await driver.stop()
  })
  beforeEach(() => {
    clock = 0
    driver.setDown(false)
  })

  async function newCheckout() {
    const userId = await fixture.newUser()
    return { userId, sessionId: await fixture.begin(userId, planId, gateway) }
  }
  const entriesOf = (userId: string) =>
    fixture.database.minuteEntry.findMany({ where: { userId }, orderBy: { id: 'asc' } })
  const toldTo = (userId: string) =>
    [...fixture.told.values()].filter((notice) => notice.userId === userId).map(({ event }) => event)

  it('credits what was paid, and tells', async () => {
    const { userId, sessionId } = await newCheckout()
    driver.pay(sessionId)
    const answer = await fixture.deliver(gateway, driver.webhook(sessionId, 'paid'))
    expect([answer.statusCode, answer.json()]).toEqual([200, { received: true }])
    expect(await fixture.balanceOf(userId)).toBe(0)
    expect(await fixture.drain()).toBe(0)
    expect(await fixture.balanceOf(userId)).toBe(3600)
    expect(await fixture.transactionOf(sessionId)).toMatchObject({
      status: 'paid',
      paymentReference: driver.paymentReference(sessionId),
      paidAt: expect.any(Date),
    })
    expect(await fixture.database.user.findUnique({ where: { id: userId } })).toMatchObject({ paid: true })
    expect(toldTo(userId)).toEqual(['payment.succeeded'])
  })

  it('grants nothing on the word of an event alone', async () => {
    const { userId, sessionId } = await newCheckout()
    await fixture.deliver(gateway, driver.webhook(sessionId, 'paid'))
    await fixture.drain()
    expect(await fixture.balanceOf(userId)).toBe(0)
    expect(await fixture.transactionOf(sessionId)).toMatchObject({ status: 'pending' })
  })

  it('finds the gateway by its header', async () => {
    const { userId, sessionId } = await newCheckout()
    driver.pay(sessionId)
    const { rawBody, headers } = driver.webhook(sessionId, 'paid')
    const url = '/api/payment/webhook'
    const answer = await fixture.app.inject({ method: 'POST', url, payload: rawBody, headers })
    expect(answer.statusCode).toBe(200)
    await fixture.drain()
    expect(await fixture.balanceOf(userId)).toBe(3600)
    const without = await fixture.app.inject({
      method: 'POST',
      url,
      payload: '{}',
      headers: { 'content-type': 'application/json' },
    })
    expect([without.statusCode, without.json().code]).toEqual([400, 'webhook_refused'])
  })

  it('credits once what is delivered twenty times at once (experiment 14)', async () => {
    const { userId, sessionId } = await newCheckout()
    driver.pay(sessionId)
    const webhook = driver.webhook(sessionId, 'paid')
    const answers = await Promise.all(Array.from({ length: 20 }, () => fixture.deliver(gateway, webhook)))
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]))
    await fixture.drain()
    // And as twenty events that say the same.
    const others = Array.from({ length: 20 }, () => driver.webhook(sessionId, 'paid', { id: randomUUID() }))
    await Promise.all(others.map((other) => fixture.deliver(gateway, other)))
    expect(await fixture.drain()).toBe(0)
    expect((await entriesOf(userId)).map(({ kind, seconds }) => [kind, seconds])).toEqual([
      ['purchase', 3600],
    ])
    expect(toldTo(userId)).toEqual(['payment.succeeded'])
  })

  it('ends right where the refund is told before the payment (experiment 15)', async () => {
    const { userId, sessionId } = await newCheckout()
    driver.pay(sessionId)
    const paid = driver.webhook(sessionId, 'paid')
    driver.refund(sessionId, 30_000)
    await fixture.deliver(gateway, driver.webhook(sessionId, 'refunded'))
    await fixture.drain()
    await fixture.deliver(gateway, paid)
    await fixture.drain()
    expect(await fixture.balanceOf(userId)).toBe(2400)
    expect(await fixture.transactionOf(sessionId)).toMatchObject({
      status: 'paid',
      refundedMinor: 30_000,
      takenBackSeconds: 1200,
    })
    expect((await entriesOf(userId)).map(({ kind, seconds }) => [kind, seconds])).toEqual([
      ['purchase', 3600],
      ['refund', -1200],
    ])
    driver.refund(sessionId, 60_000)
    await fixture.deliver(gateway, driver.webhook(sessionId, 'refunded', { id: randomUUID() }))
    await fixture.drain()
    expect(await fixture.balanceOf(userId)).toBe(0)
    expect(await fixture.transactionOf(sessionId)).toMatchObject({
      status: 'refunded',
      takenBackSeconds: 3600,
    })
  })

  it('refuses what is forged or stale, with nothing written (experiment 16)', async () => {
    const { sessionId } = await newCheckout()
    driver.pay(sessionId)
    const before = await fixture.database.webhookEvent.count()
    const stale = driver.webhook(sessionId, 'paid', { at: new Date(Date.now() - driver.toleranceMs - 1000) })
    const genuine = driver.webhook(sessionId, 'paid')
    const forged = [
      driver.webhook(sessionId, 'paid', { secret: 'whsec_of_somebody_else' }),
      {
        ...genuine,
        rawBody: Buffer.from(
          genuine.rawBody.toString().replace('"livemode":false', '"livemode":true') + '\n',
        ),
      },
      { ...genuine, headers: { 'content-type': 'application/json' } },
    ]
    for (const webhook of [stale, ...forged]) {
      const answer = await fixture.deliver(gateway, webhook)
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'webhook_refused'])
    }
    expect(await fixture.database.webhookEvent.count()).toBe(before)
    expect(await fixture.drain()).toBe(0)
    expect(await fixture.transactionOf(sessionId)).toMatchObject({ status: 'pending' })
  })

  it('takes disputed minutes back, and gives them back when the dispute is won', async () => {
    const { userId, sessionId } = await newCheckout()
    driver.pay(sessionId)
    driver.openDispute(sessionId)
    await fixture.deliver(gateway, driver.webhook(sessionId, 'disputed'))
    await fixture.drain()
    expect(await fixture.balanceOf(userId)).toBe(0)
    expect(await fixture.transactionOf(sessionId)).toMatchObject({
      status: 'disputed',
      disputedAt: expect.any(Date),
    })
    driver.closeDispute(sessionId, true)
    await fixture.deliver(gateway, driver.webhook(sessionId, 'disputed'))
    await fixture.drain()
    expect(await fixture.balanceOf(userId)).toBe(3600)
    expect(await fixture.transactionOf(sessionId)).toMatchObject({ status: 'paid', takenBackSeconds: 0 })
    expect(toldTo(userId)).toEqual(['payment.succeeded', 'payment.disputed', 'payment.disputed'])
  })

  it('gives back no more than it could take', async () => {
    const { userId, sessionId } = await newCheckout()
    driver.pay(sessionId)
    await fixture.deliver(gateway, driver.webhook(sessionId, 'paid'))
    await fixture.drain()
    await fixture.ledger.debitDownload({ userId, jobId: randomUUID(), seconds: 3000 })
    driver.openDispute(sessionId)
    await fixture.deliver(gateway, driver.webhook(sessionId, 'disputed'))
    await fixture.drain()
    expect(await fixture.balanceOf(userId)).toBe(0)
    driver.closeDispute(sessionId, true)
    await fixture.deliver(gateway, driver.webhook(sessionId, 'disputed'))
    await fixture.drain()
    expect(await fixture.balanceOf(userId)).toBe(600)
  })

  it('follows a declined payment that is tried again, and one that never comes', async () => {
    const { userId, sessionId } = await newCheckout()
    driver.decline(sessionId, 'The bank said no')
    await fixture.deliver(gateway, driver.webhook(sessionId, 'failed'))
    await fixture.drain()
    expect(await fixture.transactionOf(sessionId)).toMatchObject({
      status: 'failed',
      failureReason: 'The bank said no',
    })
    driver.pay(sessionId)
    await fixture.deliver(gateway, driver.webhook(sessionId, 'paid'))
    await fixture.drain()
    expect(await fixture.transactionOf(sessionId)).toMatchObject({ status: 'paid', failureReason: null })
    expect(toldTo(userId)).toEqual(['payment.failed', 'payment.succeeded'])
    const never = await newCheckout()
    driver.expire(never.sessionId)
    await fixture.deliver(gateway, driver.webhook(never.sessionId, 'expired'))
    await fixture.drain()
    expect(await fixture.transactionOf(never.sessionId)).toMatchObject({ status: 'expired' })
  })

  it('takes events that it does not know', async () => {
    const { sessionId } = await newCheckout()
    const webhook = driver.webhook(sessionId, 'unknown', { id: `unknown-${gateway}` })
    expect((await fixture.deliver(gateway, webhook)).statusCode).toBe(200)
    await fixture.drain()
    const row = await fixture.database.webhookEvent.findFirstOrThrow({
      where: { eventId: `unknown-${gateway}` },
    })
    expect(row).toMatchObject({ outcome: 'ignored', handledAt: expect.any(Date) })
  })

  it('answers without asking the gateway, and works later what could not be worked', async () => {
    const { userId, sessionId } = await newCheckout()
    driver.pay(sessionId)
    driver.setDown(true)
    const id = `later-${gateway}`
    expect((await fixture.deliver(gateway, driver.webhook(sessionId, 'paid', { id }))).statusCode).toBe(200)
    expect(await fixture.drain()).toBe(1)
    const row = () => fixture.database.webhookEvent.findFirstOrThrow({ where: { eventId: id } })
    expect(await row()).toMatchObject({
      handledAt: null,
      attempts: 1,
      lastError: expect.stringContaining('cannot be reached'),
    })
    await fixture.payments.inbox.sweep()
    expect(await fixture.drain()).toBe(0)
    expect(await row()).toMatchObject({ attempts: 1 })
    driver.setDown(false)
    clock = 60_000
    expect(await fixture.payments.inbox.sweep()).toBe(1)
    await fixture.drain()
    expect(await row()).toMatchObject({ handledAt: expect.any(Date), outcome: 'settled', lastError: null })
    expect(await fixture.balanceOf(userId)).toBe(3600)
  })

  it('refuses what is larger than any event', async () => {
    const headers = { 'content-type': 'application/json', [driver.gateway.signatureHeader]: 'x' }
    const answer = await fixture.deliver(gateway, { rawBody: Buffer.alloc(600 * 1024), headers })
    expect(answer.statusCode).toBe(413)
  })

  it('leaves a ledger that adds up', async () => {
    expect((await fixture.ledger.verify()).differences).toEqual([])
  })
})
