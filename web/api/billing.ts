import { send } from './client'

export interface Plan {
  id: string
  name: string
  description: string
  kind: 'pack' | 'subscription'
  /** What is charged, tax included, in the minor unit of the currency. */
  amount_minor: number
  tax_minor: number
  currency: string
  minutes: number
  expires_after_days: number | null
}

export interface PlanList {
  data: Plan[]
  tax: { name: string; percent: number; inclusive: boolean }
  /** None: payments are off. */
  gateways: { id: string; title: string; currencies: string[]; plan_kinds: string[] }[]
}

export interface Subscription {
  id: string
  plan: { id: string; name: string }
  gateway: string
  status: 'incomplete' | 'active' | 'past_due' | 'canceled'
  current_period_end: string | null
  renews: boolean
  created_at: string
}

export interface Transaction {
  id: string
  status: 'pending' | 'paid' | 'failed' | 'expired' | 'refunded' | 'disputed'
  gateway: string
  plan: { name: string } | null
  amount_minor: number
  refunded_minor: number
  currency: string
  seconds: number
  taken_back_seconds: number
  checkout_url: string | null
  receipt_url: string | null
  created_at: string
}

export interface LedgerEntry {
  id: string
  kind: 'purchase' | 'download' | 'grant' | 'refund' | 'expiry'
  seconds: number
  balance_after: number
  job_id: string | null
  note: string | null
  seconds_left: number | null
  expires_at: string | null
  created_at: string
}

export interface Page<Item> {
  data: Item[]
  has_more: boolean
}

/** Begins a payment. @returns where it is made. */
export async function startCheckout(planId: string): Promise<string> {
  const { url } = await send<{ url: string }>('/api/payment/create-checkout-session', {
    method: 'POST',
    body: { plan_id: planId, success_url: '/billing?paid=1', cancel_url: '/plans' },
  })
  return url
}

/** Has a subscription end with the period that is paid for, or go on after all. @throws ApiError */
export async function setRenewal(subscriptionId: string, renews: boolean): Promise<void> {
  const verb = renews ? 'resume' : 'cancel'
  await send(`/api/payment/subscriptions/${encodeURIComponent(subscriptionId)}/${verb}`, { method: 'POST' })
}
