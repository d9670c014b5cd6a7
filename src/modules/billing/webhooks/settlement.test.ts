import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PaymentState } from '../gateways'
import { settlementOf, type SettledPayment } from './settlement'

const pending: SettledPayment = {
  status: 'pending',
  amountMinor: 1000,
  currency: 'USD',
  seconds: 3600,
  refundedMinor: 0,
  disputedMinor: 0,
  takenBackSeconds: 0,
  paidAt: null,
}
const paid: PaymentState = {
  invoiceReference: null,
  paymentReference: 'pi_1',
  outcome: 'paid',
  currency: 'USD',
  amountMinor: 1000,
  refundedMinor: 0,
  disputedMinor: 0,
  paidAt: new Date(0),
  failureReason: null,
}

/** An account with `balance` seconds, and what settlement makes of its payment. */
function apply(row: SettledPayment, state: PaymentState, balance: number) {
  const step = settlementOf(row, state)
  const credited = balance + step.creditSeconds
  const taken = Math.min(credited, step.takeSeconds)
  return {
    row: {
      ...row,
      status: step.status,
      refundedMinor: step.refundedMinor,
      disputedMinor: step.disputedMinor,
      takenBackSeconds: row.takenBackSeconds + taken - step.giveBackSeconds,
      paidAt: row.paidAt ?? (step.creditSeconds > 0 ? new Date(0) : null),
    },
    balance: credited - taken + step.giveBackSeconds,
    credited: step.creditSeconds > 0,
  }
}

const anyState = fc.record({
  invoiceReference: fc.constant(null),
  paymentReference: fc.constant('pi_1'),
  outcome: fc.constantFrom('open', 'paid', 'failed', 'expired' as const),
  currency: fc.constant('USD'),
  amountMinor: fc.constant(1000),
  refundedMinor: fc.integer({ min: 0, max: 1500 }),
  disputedMinor: fc.integer({ min: 0, max: 1500 }),
  paidAt: fc.constant(null),
  failureReason: fc.constant(null),
}) as fc.Arbitrary<PaymentState>

describe('settlement', () => {
  it('ends where the last state says, whatever came before, and credits once', () => {
    fc.assert(
      fc.property(fc.array(anyState), anyState, (states, last) => {
        let account = { row: pending, balance: 0, credited: false }
        let credits = 0
        for (const state of [...states, { ...last, outcome: 'paid' as const }]) {
          account = apply(account.row, state, account.balance)
          credits += account.credited ? 1 : 0
        }
        const back = Math.min(1000, Math.min(1000, last.refundedMinor) + Math.min(1000, last.disputedMinor))
        expect(credits).toBe(1)
        expect(account.balance).toBe(3600 - Math.round((3600 * back) / 1000))
      }),
    )
  })

  it('never takes below zero nor gives back what was not taken, while minutes are spent', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyState, fc.nat(4000))), (steps) => {
        let account = { row: pending, balance: 0 }
        let spent = 0
        for (const [state, wish] of steps) {
          account = apply(account.row, state, account.balance)
          expect(account.row.takenBackSeconds).toBeGreaterThanOrEqual(0)
          expect(account.row.takenBackSeconds).toBeLessThanOrEqual(3600)
          const now = Math.min(wish, account.balance)
          account.balance -= now
          spent += now
          expect(account.balance).toBeGreaterThanOrEqual(0)
        }
        expect(account.balance + spent).toBeLessThanOrEqual(account.row.paidAt ? 3600 : 0)
      }),
    )
  })

  it('does nothing twice', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const once = apply(pending, state, 0)
        const twice = settlementOf(once.row, state)
        expect(twice).toMatchObject({
          creditSeconds: 0,
          takeSeconds: 0,
          giveBackSeconds: 0,
          status: once.row.status,
        })
      }),
    )
  })

  it.each([{ amountMinor: 999 }, { currency: 'EUR' }])(
    'credits nothing for a payment of something else: %o',
    (fields) => {
      const step = settlementOf(pending, { ...paid, ...fields })
      expect(step).toMatchObject({ status: 'pending', creditSeconds: 0 })
      expect(step.mismatch).toMatch(/paid instead of 1000 USD/)
    },
  )

  it('never unpays what was paid', () => {
    const row = { ...pending, status: 'paid' as const, paidAt: new Date(0) }
    for (const outcome of ['open', 'failed', 'expired'] as const) {
      expect(settlementOf(row, { ...paid, outcome })).toMatchObject({ status: 'paid', takeSeconds: 0 })
    }
  })
})
