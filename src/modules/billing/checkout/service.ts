import type { Database, PricingPlanModel } from '../../../platform/database'
import { AppError } from '../../../platform/errors'
import { newId } from '../../../platform/ids'
import type { Checkout, PaymentGateway, PaymentGateways } from '../gateways'
import { priceOf, type TaxRules } from '../money'
import { returnAddress } from './return-address'

export interface CheckoutOptions {
  database: Database
  gateways: PaymentGateways
  /** Address of the product as browsers see it. */
  publicUrl: string
  tax: TaxRules
  /** Throws where the operator asks more of an account first, such as a confirmed address. */
  mayBuy?: ((userId: string) => Promise<void>) | undefined
}

export interface CheckoutRequest {
  planId: string
  gateway?: string | undefined
  successUrl?: string | undefined
  cancelUrl?: string | undefined
}

export interface CheckoutService {
  /**
   * Begins a payment; nothing is owed before the customer pays at `url`.
   * @throws AppError `payments_off`, `not_found`, `plan_not_for_sale`, `gateway_unsuitable`, `conflict`,
   * `gateway_refused`, `unavailable`; nothing is left behind then.
   */
  create(
    userId: string,
    request: CheckoutRequest,
  ): Promise<{ sessionId: string; url: string; gateway: string }>
}

/** Stripe takes 30 minutes to 24 hours, Razorpay 15 minutes and more. */
const openForMs = 3_600_000

export function createCheckoutService(options: CheckoutOptions): CheckoutService {
  const { database, gateways, publicUrl, tax } = options

  async function planFor(userId: string, planId: string): Promise<PricingPlanModel> {
    const plan = await database.pricingPlan.findUnique({ where: { id: planId } })
    if (!plan) throw new AppError('not_found', { message: 'There is no such plan.' })
    if (!plan.active || plan.retiredAt || plan.priceMinor === 0) {
      throw new AppError('plan_not_for_sale', {
        message: `${plan.name} is not for sale. Choose another plan.`,
      })
    }
    if (plan.kind === 'subscription') {
      const running = { userId, planId, status: { in: ['active' as const, 'past_due' as const] } }
      if (await database.subscription.findFirst({ where: running })) {
        throw new AppError('conflict', { message: `You are subscribed to ${plan.name} already.` })
      }
    }
    return plan
  }

  async function begin(
    transactionId: string,
    userId: string,
    plan: PricingPlanModel,
    gateway: PaymentGateway,
    urls: { successUrl: string; cancelUrl: string },
  ): Promise<Checkout> {
    const { email, displayName, username } = await database.user.findUniqueOrThrow({ where: { id: userId } })
    const customer = await database.gatewayCustomer.findUnique({
      where: { userId_gateway: { userId, gateway: gateway.id } },
    })
    const price = priceOf(plan.priceMinor, tax)
    const expiresAt = new Date(Date.now() + openForMs)
    await database.transaction.create({
      data: {
        id: transactionId,
        userId,
        planId: plan.id,
        gateway: gateway.id,
        ...price,
        currency: plan.currency,
        seconds: plan.seconds,
        expiresAt,
      },
    })
    return gateway.createCheckout({
      transactionId,
      userId,
      plan: { id: plan.id, name: plan.name, kind: plan.kind },
      amountMinor: price.amountMinor,
      currency: plan.currency,
      customer: { email, name: displayName ?? username, reference: customer?.reference ?? null },
      ...urls,
      expiresAt,
    })
  }

  async function keep(
    transactionId: string,
    userId: string,
    gateway: string,
    checkout: Checkout,
  ): Promise<void> {
    const { sessionId, url, expiresAt, customerReference: reference } = checkout
    await database.$transaction(async (tx) => {
      await tx.transaction.update({
        where: { id: transactionId },
        data: { gatewayReference: sessionId, checkoutUrl: url, expiresAt, customerReference: reference },
      })
      if (reference === null) return
      await tx.gatewayCustomer.upsert({
        where: { userId_gateway: { userId, gateway } },
        create: { userId, gateway, reference },
        update: { reference },
      })
    })
  }

  return {
    async create(userId, { planId, gateway: wanted, successUrl, cancelUrl }) {
      gateways.assertOn()
      await options.mayBuy?.(userId)
      const urls = {
        successUrl: returnAddress('success_url', successUrl ?? '/billing?checkout=done', publicUrl),
        cancelUrl: returnAddress('cancel_url', cancelUrl ?? '/plans?checkout=canceled', publicUrl),
      }
      const plan = await planFor(userId, planId)
      const gateway = gateways.choose(plan, wanted)
      const transactionId = newId()
      try {
        const checkout = await begin(transactionId, userId, plan, gateway, urls)
        await keep(transactionId, userId, gateway.id, checkout)
        return { sessionId: checkout.sessionId, url: checkout.url, gateway: gateway.id }
      } catch (error) {
        // Nobody has the address of the checkout; where this fails as well, reconciliation removes the row.
        await database.transaction.deleteMany({ where: { id: transactionId } }).catch(() => undefined)
        throw error
      }
    },
  }
}
