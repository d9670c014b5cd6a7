import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { Form, useLoaderData, useSubmit } from '@remix-run/react'
import { useState } from 'react'
import { startCheckout } from '~/api/billing'
import { ApiError } from '~/api/client'
import { Notice } from '~/components/notice'
import { PlanCard } from '~/components/plan-card'
import { ProblemNotice } from '~/components/problem-notice'
import { currencyOfRegion } from '~/words/money'

export const meta: MetaFunction = () => [{ title: 'Plans · Timbre' }]

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { data, tax, gateways } = await context.plans()
  const currencies = [...new Set(data.map((plan) => plan.currency))]
  const wanted = new URL(request.url).searchParams.get('currency')
  const currency = currencies.find((code) => code === wanted) ?? usualCurrency(request, currencies)
  return {
    plans: data.filter((plan) => plan.currency === currency),
    tax,
    gateways,
    currencies,
    currency,
    signedIn: context.principal !== null,
  }
}

/** What is paid with where the reader's language is spoken; else dollars, which most cards can pay. */
function usualCurrency(request: Request, currencies: string[]): string | null {
  const [language = ''] = (request.headers.get('accept-language') ?? '').split(',')
  const local = currencyOfRegion(language)
  return (
    currencies.find((code) => code === local) ??
    currencies.find((code) => code === 'USD') ??
    currencies[0] ??
    null
  )
}

export default function Plans() {
  const { plans, tax, gateways, currencies, currency, signedIn } = useLoaderData<typeof loader>()
  const [buying, setBuying] = useState<string | null>(null)
  const [problem, setProblem] = useState<ApiError | null>(null)

  const buy = async (planId: string) => {
    setBuying(planId)
    setProblem(null)
    try {
      window.location.assign(await startCheckout(planId))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setProblem(error)
      setBuying(null)
    }
  }
  const payable = (plan: { currency: string; kind: string }) =>
    gateways.some((way) => way.currencies.includes(plan.currency) && way.plan_kinds.includes(plan.kind))

  return (
    <main id="main" tabIndex={-1} className="page">
      <div className="page-head">
        <div>
          <h1>Plans</h1>
          <p>Previews are free. Minutes are spent when a result is downloaded for the first time.</p>
        </div>
        {currencies.length > 1 && <CurrencyChoice currencies={currencies} current={currency} />}
      </div>
      <div className="stack">
        {gateways.length === 0 && (
          <Notice tone="info" title="Payments are off here">
            <p>The operator of this studio has set up no way to pay. Everything else works.</p>
          </Notice>
        )}
        {problem && <ProblemNotice problem={problem} />}
        {plans.length === 0 ? (
          <div className="card empty">
            <h2>Nothing is on sale</h2>
            <p>Ask the operator of this studio for minutes.</p>
          </div>
        ) : (
          <ul className="plans" aria-label="Plans">
            {plans.map((plan) => (
              <PlanCard
                key={plan.id}
                plan={plan}
                tax={tax}
                obstacle={!payable(plan) ? 'off' : signedIn ? null : 'signed-out'}
                busy={buying !== null}
                onBuy={() => void buy(plan.id)}
              />
            ))}
          </ul>
        )}
      </div>
    </main>
  )
}

/** A plain GET form: the address says what is shown. */
function CurrencyChoice({ currencies, current }: { currencies: string[]; current: string | null }) {
  const submit = useSubmit()
  return (
    <Form
      method="get"
      className="button-row"
      onChange={(event) => {
        submit(event.currentTarget)
      }}
    >
      <label>
        <span className="visually-hidden">Currency</span>
        <select name="currency" className="input input--select" defaultValue={current ?? ''}>
          {currencies.map((code) => (
            <option key={code}>{code}</option>
          ))}
        </select>
      </label>
      <noscript>
        <button className="button button--small" type="submit">
          Show
        </button>
      </noscript>
    </Form>
  )
}
