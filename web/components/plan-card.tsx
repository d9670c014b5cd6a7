import { Link } from '@remix-run/react'
import type { Plan, PlanList } from '~/api/billing'
import { plural } from '~/words/format'
import { formatMoney } from '~/words/money'

interface PlanCardProps {
  plan: Plan
  tax: PlanList['tax']
  /** Why it cannot be bought now, or null. */
  obstacle: 'signed-out' | 'off' | null
  busy: boolean
  onBuy: () => void
}

export function PlanCard({ plan, tax, obstacle, busy, onBuy }: PlanCardProps) {
  const monthly = plan.kind === 'subscription'
  return (
    <li className="card plan">
      <h2 className="plan__name">{plan.name}</h2>
      <p className="plan__price numeric">
        {formatMoney(plan.amount_minor, plan.currency)}
        {monthly && <span className="plan__period"> a month</span>}
      </p>
      <p>
        {plural(plan.minutes, 'minute')} of downloads{monthly && ' every month'}
      </p>
      {plan.description && <p className="field__hint">{plan.description}</p>}
      <p className="field__hint">
        {plan.expires_after_days === null
          ? 'The minutes do not expire.'
          : `The minutes last ${plural(plan.expires_after_days, 'day')}.`}
        {plan.tax_minor > 0 &&
          ` ${formatMoney(plan.tax_minor, plan.currency)} of the price is ${tax.name} (${tax.percent} %).`}
      </p>
      {obstacle === 'signed-out' && (
        <Link className="button button--primary button--wide" to="/login?next=/plans">
          Log in to buy
        </Link>
      )}
      {obstacle === null && (
        <button
          type="button"
          className="button button--primary button--wide"
          disabled={busy}
          onClick={onBuy}
          aria-label={`${monthly ? 'Subscribe to' : 'Buy'} ${plan.name}, ${formatMoney(plan.amount_minor, plan.currency)}`}
        >
          {monthly ? 'Subscribe' : 'Buy'}
        </button>
      )}
    </li>
  )
}
