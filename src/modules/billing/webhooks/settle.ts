import type { Logger } from 'pino'
import type { Database, DatabaseClient, TransactionModel } from '../../../platform/database'
import { newId } from '../../../platform/ids'
import type { Notifier } from '../../notifications'
import type { PaymentGateways, PaymentState, SubscriptionState } from '../gateways'
import type { Ledger } from '../ledger'
import { formatMoney } from '../money'
import { settlementOf, type Settlement } from './settlement'

export interface SettleOptions {
  database: Database
  ledger: Ledger
  gateways: PaymentGateways
  notifier: Notifier
  logger: Logger
}

/** `unknown`: no checkout of ours, or none that the gateway knows. */
export type SettleOutcome = 'settled' | 'unknown'

/**
 * Brings a checkout and all that hangs on it to how it stands at the gateway, in one transaction. The gateway is asked
 * under the lock of the checkout's row: settlements of one checkout follow each other, each on a later answer than the
 * one before, so events may come in any order, twice and at the same time.
 */
export type Settle = (gatewayId: string, sessionId: string) => Promise<SettleOutcome>

interface Payment {
  tx: DatabaseClient
  row: TransactionModel
  state: PaymentState
  planName: string
  expiresAfterDays: number | null
}

const dayMs = 86_400_000
/** Longer than a gateway may take to answer all questions. */
const lockMs = 60_000

export function createSettle({ database, ledger, gateways, notifier, logger }: SettleOptions): Settle {
  async function settleIn(tx: DatabaseClient, gatewayId: string, sessionId: string): Promise<SettleOutcome> {
    const root = await lockCheckout(tx, gatewayId, sessionId)
    if (!root) return 'unknown'
    const state = await gateways.get(gatewayId).fetchState(sessionId)
    const over = !state && root.status === 'pending' && root.expiresAt !== null && root.expiresAt < new Date()
    await tx.transaction.update({
      where: { id: root.id },
      data: { lastCheckedAt: new Date(), ...(over ? { status: 'expired' } : {}) },
    })
    if (!state) return 'unknown'
    const plan = await tx.pricingPlan.findUniqueOrThrow({ where: { id: root.planId! } })
    const subscriptionId = state.subscription
      ? await keepSubscription(tx, root, state.subscription, plan.name)
      : null
    for (const payment of state.payments) {
      const row = await rowOf(tx, root, payment, subscriptionId)
      if (!row) continue
      const { customerReference } = state
      await move({ tx, row, state: payment, planName: plan.name, expiresAfterDays: plan.expiresAfterDays })
      await tx.transaction.update({ where: { id: row.id }, data: { customerReference, subscriptionId } })
    }
    return 'settled'
  }

  /** Keeps our copy of a subscription, and tells its owner when it ended. */
  async function keepSubscription(
    tx: DatabaseClient,
    root: TransactionModel,
    { reference, ...state }: SubscriptionState,
    planName: string,
  ): Promise<string> {
    const { userId, gateway } = root
    const key = { gateway_gatewayReference: { gateway, gatewayReference: reference } }
    const before = await tx.subscription.findUnique({ where: key })
    const data = { ...state, lastCheckedAt: new Date() }
    const { id } = await tx.subscription.upsert({
      where: key,
      create: { id: newId(), userId, planId: root.planId!, gateway, gatewayReference: reference, ...data },
      update: data,
    })
    if (state.status === 'canceled' && before?.status !== 'canceled') {
      await notifier.notify(
        {
          userId,
          event: 'subscription.canceled',
          data: { plan: planName },
          idempotencyKey: `subscription.canceled:${id}`,
        },
        tx,
      )
    }
    return id
  }

  async function move(payment: Payment): Promise<void> {
    const { tx, row, state } = payment
    const step = settlementOf(row, state)
    if (step.mismatch !== null) {
      logger.error(
        { transaction: row.id, gateway: row.gateway, reason: step.mismatch },
        'payment not credited',
      )
    }
    const failureReason = step.mismatch ?? state.failureReason
    const paymentReference = state.paymentReference ?? row.paymentReference
    if (isSettled(row, step, { failureReason, paymentReference })) return
    const credited = step.creditSeconds > 0
    const key = `${row.id}:${row.settlements + 1}`
    if (credited) await credit(payment, step.creditSeconds)
    const taken = step.takeSeconds > 0 ? await takeBack(payment, step.takeSeconds, key) : 0
    if (step.giveBackSeconds > 0) await giveBack(payment, step.giveBackSeconds, key)
    await tx.transaction.update({
      where: { id: row.id },
      data: {
        status: step.status,
        refundedMinor: step.refundedMinor,
        disputedMinor: step.disputedMinor,
        takenBackSeconds: row.takenBackSeconds + taken - step.giveBackSeconds,
        paymentReference,
        failureReason,
        settlements: { increment: 1 },
        paidAt: row.paidAt ?? (step.creditSeconds > 0 ? (state.paidAt ?? new Date()) : null),
        disputedAt: step.disputedMinor > 0 ? (row.disputedAt ?? new Date()) : row.disputedAt,
      },
    })
    await tell(payment, step, taken)
  }

  function credit(
    { tx, row, state, planName, expiresAfterDays }: Payment,
    seconds: number,
  ): Promise<boolean> {
    const paidAt = state.paidAt ?? new Date()
    return ledger.credit(
      {
        userId: row.userId,
        kind: 'purchase',
        seconds,
        idempotencyKey: `purchase:${row.id}`,
        transactionId: row.id,
        expiresAt: expiryOf(paidAt, expiresAfterDays),
        note: planName,
      },
      tx,
    )
  }

  async function takeBack({ tx, row, state }: Payment, seconds: number, key: string): Promise<number> {
    const { takenSeconds } = await ledger.takeBack(
      {
        userId: row.userId,
        kind: 'refund',
        seconds,
        idempotencyKey: `taken:${key}`,
        transactionId: row.id,
        note:
          state.disputedMinor > row.disputedMinor ? 'The payment is disputed' : 'The payment was refunded',
      },
      tx,
    )
    return takenSeconds
  }

  function giveBack({ tx, row, expiresAfterDays }: Payment, seconds: number, key: string): Promise<boolean> {
    return ledger.credit(
      {
        userId: row.userId,
        kind: 'refund',
        seconds,
        idempotencyKey: `given-back:${key}`,
        transactionId: row.id,
        expiresAt: row.paidAt ? expiryOf(row.paidAt, expiresAfterDays) : null,
        note: 'The dispute or refund did not stand',
      },
      tx,
    )
  }

  /** What the owner is told of a step; each is told once, as each step is made once. */
  async function tell({ tx, row, state, planName }: Payment, step: Settlement, taken: number): Promise<void> {
    const { userId, currency } = row
    const notify = (event: Parameters<Notifier['notify']>[0]['event'], data: Record<string, string>) =>
      notifier.notify(
        {
          userId,
          event,
          data: { transaction_id: row.id, plan: planName, ...data },
          idempotencyKey: `${event}:${row.id}:${row.settlements + 1}`,
        },
        tx,
      )
    const minutes = formatMinutes(taken)
    if (step.creditSeconds > 0) {
      await notify(state.invoiceReference ? 'subscription.renewed' : 'payment.succeeded', {
        amount: formatMoney(row.amountMinor, currency),
        minutes: formatMinutes(step.creditSeconds),
      })
    } else if (step.status === 'failed') {
      await notify('payment.failed', {
        amount: formatMoney(row.amountMinor, currency),
        ...(state.failureReason ? { reason: state.failureReason } : {}),
      })
    }
    if (step.refundedMinor > row.refundedMinor) {
      const amount = formatMoney(step.refundedMinor - row.refundedMinor, currency)
      await notify('payment.refunded', { amount, ...(taken > 0 ? { minutes } : {}) })
    }
    if (step.disputedMinor > row.disputedMinor) {
      const amount = formatMoney(step.disputedMinor - row.disputedMinor, currency)
      await notify('payment.disputed', { amount, ...(taken > 0 ? { minutes } : {}) })
    } else if (step.disputedMinor < row.disputedMinor) {
      const back = formatMinutes(step.giveBackSeconds)
      await notify('payment.disputed', {
        message: `The dispute is settled: ${back} minutes are yours again.`,
      })
    }
  }

  return (gatewayId, sessionId) =>
    database.$transaction((tx) => settleIn(tx, gatewayId, sessionId), { maxWait: lockMs, timeout: lockMs })
}

/** The transaction of a checkout, locked until the end of ours. */
async function lockCheckout(tx: DatabaseClient, gateway: string, sessionId: string) {
  const [locked] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM transactions WHERE gateway = ${gateway} AND gateway_reference = ${sessionId} FOR UPDATE`
  return locked ? tx.transaction.findUniqueOrThrow({ where: { id: locked.id } }) : null
}

/**
 * The row of a payment: the checkout's own, or that of a later invoice, made when it is first seen. Minutes follow the
 * money: an invoice over another amount (a changed quantity, a proration) brings as many as it pays for, one over
 * nothing or in another currency none.
 */
async function rowOf(
  tx: DatabaseClient,
  root: TransactionModel,
  state: PaymentState,
  subscriptionId: string | null,
): Promise<TransactionModel | null> {
  const { invoiceReference } = state
  if (invoiceReference === null) return root
  const key = { gateway_gatewayReference: { gateway: root.gateway, gatewayReference: invoiceReference } }
  const known = await tx.transaction.findUnique({ where: key })
  if (known?.paidAt) return known
  const sameCurrency = state.currency === root.currency
  const seconds = sameCurrency ? Math.round((root.seconds * state.amountMinor) / root.amountMinor) : 0
  if (seconds === 0) return known
  const { userId, planId, gateway, taxBasisPoints } = root
  const amounts = {
    amountMinor: state.amountMinor,
    taxMinor: Math.round((state.amountMinor * taxBasisPoints) / (10_000 + taxBasisPoints)),
    currency: state.currency,
    seconds,
    lastCheckedAt: new Date(),
  }
  return tx.transaction.upsert({
    where: key,
    create: {
      id: newId(),
      userId,
      planId,
      subscriptionId,
      gateway,
      gatewayReference: invoiceReference,
      taxBasisPoints,
      ...amounts,
    },
    update: amounts,
  })
}

/** Whether the row stands already as it must. */
function isSettled(
  row: TransactionModel,
  step: Settlement,
  facts: Pick<TransactionModel, 'failureReason' | 'paymentReference'>,
): boolean {
  return (
    row.status === step.status &&
    row.refundedMinor === step.refundedMinor &&
    row.disputedMinor === step.disputedMinor &&
    row.failureReason === facts.failureReason &&
    row.paymentReference === facts.paymentReference
  )
}

function expiryOf(paidAt: Date, days: number | null): Date | null {
  return days === null ? null : new Date(paidAt.getTime() + days * dayMs)
}

/** Seconds as minutes, with one decimal where it is needed. */
function formatMinutes(seconds: number): string {
  return String(Math.round(seconds / 6) / 10)
}
