import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drivers, type GatewayDriver, type Happening } from '../../conformance/payment-gateway-drivers'
import { startPaymentsApp, type PaymentsApp } from '../../support/payments-app'
import type { SignedWebhook } from '../../support/stripe-server'

const checkouts = 20
/** For each of the two gateways. */
const deliveries = 500
const priceMinor = 90_000
const seconds = 3600

interface Sale {
  userId: string
  sessionId: string
  paid: boolean
  refundedMinor: number
  disputed: boolean
}

/** Mulberry32: the same deliveries in every run. */
function randomFrom(seed: number) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

describe.each(drivers)(
  '500 deliveries of $name, forged, stale, repeated, out of order and at the same time',
  ({ start }) => {
    let driver: GatewayDriver
    let fixture: PaymentsApp
    const clock = new Date()
    beforeAll(async () => {
      driver = await start()
      // Stands still, so that repeated deliveries do not grow stale on a slow machine.
      fixture = await startPaymentsApp({ drivers: [driver], now: () => clock })
    })
    afterAll(async () => {
      await fixture.close()
      await driver.stop()
    })

    it('grant nothing twice and end where the gateway stands', async () => {
      const random = randomFrom(6)
      const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
      const planId = await fixture.newPlan({ currency: driver.currency, priceMinor, seconds })
      const sales: Sale[] = []
      for (let index = 0; index < checkouts; index += 1) {
        const userId = await fixture.newUser()
        const sessionId = await fixture.begin(userId, planId, driver.gateway.id)
        sales.push({ userId, sessionId, paid: false, refundedMinor: 0, disputed: false })
      }

      /** Something happens at the gateway. @returns how it tells of it. */
      function happen(sale: Sale): Happening {
        const { sessionId } = sale
        if (!sale.paid) {
          if (random() < 0.3) {
            driver.decline(sessionId, 'The bank said no')
            return 'failed'
          }
          driver.pay(sessionId)
          sale.paid = true
          return 'paid'
        }
        const left = priceMinor - sale.refundedMinor
        if (left > 0 && random() < 0.5) {
          const minor = random() < 0.2 ? left : Math.min(left, 1 + Math.floor(random() * 20_000))
          driver.refund(sessionId, minor)
          sale.refundedMinor += minor
          return 'refunded'
        }
        if (sale.disputed) driver.closeDispute(sessionId, true)
        else driver.openDispute(sessionId)
        sale.disputed = !sale.disputed
        return 'disputed'
      }

      const told: SignedWebhook[] = []
      function next(): { webhook: SignedWebhook; genuine: boolean } {
        const dice = random()
        if (dice < 0.1) {
          const { sessionId } = pick(sales)
          const at = new Date(clock.getTime() - driver.toleranceMs - 60_000)
          return { webhook: driver.webhook(sessionId, 'expired', { at, id: randomUUID() }), genuine: false }
        }
        if (dice < 0.2) {
          const { sessionId } = pick(sales)
          return {
            webhook: driver.webhook(sessionId, 'expired', { secret: 'whsec_guessed', at: clock }),
            genuine: false,
          }
        }
        if (dice < 0.6 && told.length > 0) return { webhook: pick(told), genuine: true }
        const sale = pick(sales)
        const webhook = driver.webhook(sale.sessionId, happen(sale), { at: clock, id: randomUUID() })
        told.push(webhook)
        return { webhook, genuine: true }
      }

      let sent = 0
      while (sent < deliveries) {
        const size = Math.min(deliveries - sent, 1 + Math.floor(random() * 24))
        // All happens at the gateway before any of it is told, and is told in another order.
        const wave = Array.from({ length: size }, next).sort(() => random() - 0.5)
        const answers = await Promise.all(
          wave.map(({ webhook }) => fixture.deliver(driver.gateway.id, webhook)),
        )
        answers.forEach((answer, index) => expect(answer.statusCode).toBe(wave[index]!.genuine ? 200 : 400))
        sent += size
        expect(await fixture.drain()).toBe(0)
      }

      const events = await fixture.database.webhookEvent.findMany()
      expect(events).toHaveLength(told.length)
      expect(events.every(({ handledAt, outcome }) => handledAt !== null && outcome === 'settled')).toBe(true)
      for (const { userId, sessionId, paid, refundedMinor, disputed } of sales) {
        const backMinor = Math.min(priceMinor, refundedMinor + (disputed ? priceMinor : 0))
        const expected = paid ? seconds - Math.round((seconds * backMinor) / priceMinor) : 0
        expect(await fixture.balanceOf(userId)).toBe(expected)
        const purchases = await fixture.database.minuteEntry.count({ where: { userId, kind: 'purchase' } })
        expect(purchases).toBe(paid ? 1 : 0)
        expect(await fixture.transactionOf(sessionId)).toMatchObject({ refundedMinor })
      }
      expect(sales.some(({ refundedMinor }) => refundedMinor === priceMinor)).toBe(true)
      expect((await fixture.ledger.verify()).differences).toEqual([])
    }, 600_000)
  },
)
