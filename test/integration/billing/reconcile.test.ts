import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../../src/platform/ids'
import { drivers, type GatewayDriver } from '../../conformance/payment-gateway-drivers'
import { startPaymentsApp, type PaymentsApp } from '../../support/payments-app'

const minuteMs = 60_000

describe.each(drivers)('reconciliation with $name', ({ start }) => {
  let driver: GatewayDriver
  let fixture: PaymentsApp
  beforeAll(async () => {
    driver = await start()
    fixture = await startPaymentsApp({ drivers: [driver] })
  })
  afterAll(async () => {
    await fixture.close()
    await driver.stop()
  })
  beforeEach(() => driver.setDown(false))

  async function newCheckout() {
    const userId = await fixture.newUser()
    const planId = await fixture.newPlan({ currency: driver.currency })
    return { userId, sessionId: await fixture.begin(userId, planId, driver.gateway.id) }
  }
  const later = (minutes: number) => fixture.payments.reconcile(new Date(Date.now() + minutes * minuteMs))
  const settled = { asked: 0, changed: 0, failed: 0, abandoned: 0 }

  it('asks about checkouts older than 15 minutes whose webhook never came', async () => {
    const paid = await newCheckout()
    const expired = await newCheckout()
    const open = await newCheckout()
    driver.pay(paid.sessionId)
    driver.expire(expired.sessionId)
    expect(await later(14)).toEqual(settled)
    expect(await later(16)).toEqual({ ...settled, asked: 3, changed: 2 })
    expect(await fixture.balanceOf(paid.userId)).toBe(3600)
    expect(await fixture.transactionOf(paid.sessionId)).toMatchObject({
      status: 'paid',
      lastCheckedAt: expect.any(Date),
    })
    expect(await fixture.transactionOf(expired.sessionId)).toMatchObject({ status: 'expired' })
    expect(await fixture.transactionOf(open.sessionId)).toMatchObject({ status: 'pending' })
    expect(await later(14)).toEqual(settled)
    expect(await later(32)).toEqual({ ...settled, asked: 1 })
    driver.expire(open.sessionId)
    await later(48)
    expect(await later(64)).toEqual(settled)
  })

  it('tries again what it could not ask about', async () => {
    const { userId, sessionId } = await newCheckout()
    driver.pay(sessionId)
    driver.setDown(true)
    expect(await later(16)).toEqual({ ...settled, asked: 1, failed: 1 })
    driver.setDown(false)
    expect(await later(16)).toEqual({ ...settled, asked: 1, changed: 1 })
    expect(await fixture.balanceOf(userId)).toBe(3600)
  })

  it('credits once what a webhook and two reconciliations find at the same time', async () => {
    const { userId, sessionId } = await newCheckout()
    driver.pay(sessionId)
    await fixture.deliver(driver.gateway.id, driver.webhook(sessionId, 'paid'))
    await Promise.all([later(16), later(16), fixture.drain()])
    expect(await fixture.balanceOf(userId)).toBe(3600)
    expect(await fixture.database.minuteEntry.count({ where: { userId } })).toBe(1)
  })

  it('removes what never reached the gateway, and gives up what the gateway has forgotten', async () => {
    const userId = await fixture.newUser()
    const planId = await fixture.newPlan({ currency: driver.currency })
    const fields = {
      userId,
      planId,
      gateway: driver.gateway.id,
      amountMinor: 100,
      currency: driver.currency,
      seconds: 60,
    }
    await fixture.database.transaction.create({ data: { id: newId(), ...fields } })
    await fixture.database.transaction.create({
      data: {
        id: newId(),
        ...fields,
        gatewayReference: 'forgotten',
        checkoutUrl: 'x',
        expiresAt: new Date(Date.now() - 1000),
      },
    })
    expect(await later(16)).toMatchObject({ asked: 1, abandoned: 1 })
    const left = await fixture.database.transaction.findMany({ where: { userId } })
    expect(left.map(({ status }) => status)).toEqual(['expired'])
  })
})
