import type { Config } from '../../../config'
import type { PlanKind } from '../../../platform/database'
import { AppError } from '../../../platform/errors'
import type { PaymentGateway } from './gateway'
import { createRazorpayGateway } from './razorpay'
import { createStripeGateway } from './stripe'

export type * from './gateway'

/** The gateways that this installation has keys for. */
export interface PaymentGateways {
  list: readonly PaymentGateway[]
  /** @throws AppError `payments_off` when there is none. */
  assertOn(): void
  /** @throws AppError `payments_off` when it is not configured. */
  get(id: string): PaymentGateway
  /**
   * The gateway for a plan: the named one, else the most specialised that takes its currency.
   * @throws AppError `payments_off`, `gateway_unsuitable`.
   */
  choose(plan: { currency: string; kind: PlanKind }, id?: string): PaymentGateway
}

type GatewaySettings = Pick<
  Config,
  | 'STRIPE_SECRET_KEY'
  | 'STRIPE_WEBHOOK_SECRET'
  | 'STRIPE_API_BASE'
  | 'RAZORPAY_KEY_ID'
  | 'RAZORPAY_KEY_SECRET'
  | 'RAZORPAY_WEBHOOK_SECRET'
  | 'RAZORPAY_API_BASE'
>

/** Another gateway is one file beside these and one entry here. */
export function configuredGateways(config: GatewaySettings): PaymentGateway[] {
  const gateways: PaymentGateway[] = []
  if (config.STRIPE_SECRET_KEY) {
    gateways.push(
      createStripeGateway({
        secretKey: config.STRIPE_SECRET_KEY,
        webhookSecrets: config.STRIPE_WEBHOOK_SECRET ?? [],
        apiBase: config.STRIPE_API_BASE,
      }),
    )
  }
  if (config.RAZORPAY_KEY_ID && config.RAZORPAY_KEY_SECRET) {
    gateways.push(
      createRazorpayGateway({
        keyId: config.RAZORPAY_KEY_ID,
        keySecret: config.RAZORPAY_KEY_SECRET,
        webhookSecrets: config.RAZORPAY_WEBHOOK_SECRET ?? [],
        apiBase: config.RAZORPAY_API_BASE,
      }),
    )
  }
  return gateways
}

export function createPaymentGateways(list: readonly PaymentGateway[]): PaymentGateways {
  function get(id: string): PaymentGateway {
    const found = list.find((gateway) => gateway.id === id)
    if (found) return found
    throw new AppError('payments_off', {
      message: `Payments by ${id} are off: the operator has set no keys for it.`,
    })
  }
  function assertOn(): void {
    if (list.length > 0) return
    throw new AppError('payments_off', {
      message: 'Payments are off: the operator has set no keys of a payment gateway.',
    })
  }
  return {
    list,
    assertOn,
    get,
    choose(plan, id) {
      assertOn()
      const suits = ({ currencies, planKinds }: PaymentGateway) =>
        currencies.includes(plan.currency) && planKinds.includes(plan.kind)
      const candidates = id === undefined ? list : [get(id)]
      const [chosen] = candidates
        .filter(suits)
        .sort((left, right) => left.currencies.length - right.currencies.length)
      if (chosen) return chosen
      const kind = plan.kind === 'subscription' ? 'subscriptions' : 'packs'
      const who = id === undefined ? 'None of the payment gateways' : get(id).title
      throw new AppError('gateway_unsuitable', {
        message: `${who} ${id === undefined ? 'takes' : 'does not take'} ${kind} in ${plan.currency}.`,
        details: { gateways: list.filter(suits).map((gateway) => gateway.id) },
      })
    },
  }
}
