import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { Link, useLoaderData, useSearchParams } from '@remix-run/react'
import type { LedgerEntry, Transaction } from '~/api/billing'
import { LocalTime } from '~/components/local-time'
import { Notice } from '~/components/notice'
import { SubscriptionCard } from '~/components/subscription-card'
import { requireLogIn } from '~/session'
import { formatDuration } from '~/words/format'
import { formatMoney } from '~/words/money'

export const meta: MetaFunction = () => [{ title: 'Billing · Timbre' }]

const pageSize = 10

export async function loader({ request, context }: LoaderFunctionArgs) {
  requireLogIn(request, context)
  const query = new URL(request.url).searchParams
  const [account, subscriptions, payments, entries] = await Promise.all([
    context.account(),
    context.listSubscriptions(),
    context.listTransactions({ limit: pageSize, startingAfter: query.get('payments') ?? undefined }),
    context.listMinutes({ limit: pageSize, startingAfter: query.get('minutes') ?? undefined }),
  ])
  return {
    secondsRemaining: account?.secondsRemaining ?? 0,
    subscriptions: subscriptions.filter(({ status }) => status === 'active' || status === 'past_due'),
    payments: { items: payments.data, hasMore: payments.has_more },
    entries: { items: entries.data, hasMore: entries.has_more },
    returned: query.has('paid'),
  }
}

export default function Billing() {
  const { secondsRemaining, subscriptions, payments, entries, returned } = useLoaderData<typeof loader>()
  return (
    <main id="main" tabIndex={-1} className="page">
      <div className="page-head">
        <h1>Billing</h1>
        <Link className="button button--primary" to="/plans">
          Get more minutes
        </Link>
      </div>
      <div className="stack">
        {returned && (
          <Notice tone="info" title="Thank you">
            <p>Minutes are added as soon as the payment is confirmed, mostly within seconds.</p>
          </Notice>
        )}
        <section className="card balance" aria-label="Minutes">
          <p className="balance__label">Left for downloads</p>
          <p className="balance__value">{formatDuration(secondsRemaining, Math.floor)}</p>
        </section>
        {subscriptions.map((subscription) => (
          <SubscriptionCard key={subscription.id} subscription={subscription} />
        ))}
        <section className="card" aria-labelledby="payments-title">
          <SectionHead id="payments-title" title="Payments" csv="/api/payment/transactions?format=csv" />
          {payments.items.length === 0 ? (
            <p className="field__hint">Nothing was paid yet.</p>
          ) : (
            <ul className="bills">
              {payments.items.map((payment) => (
                <PaymentRow key={payment.id} payment={payment} />
              ))}
            </ul>
          )}
          <Older name="payments" hasMore={payments.hasMore} lastId={payments.items.at(-1)?.id} />
        </section>
        <section className="card" aria-labelledby="minutes-title">
          <SectionHead id="minutes-title" title="Minutes" csv="/api/payment/ledger?format=csv" />
          {entries.items.length === 0 ? (
            <p className="field__hint">Your balance has not changed yet.</p>
          ) : (
            <ul className="bills">
              {entries.items.map((entry) => (
                <EntryRow key={entry.id} entry={entry} />
              ))}
            </ul>
          )}
          <Older name="minutes" hasMore={entries.hasMore} lastId={entries.items.at(-1)?.id} />
        </section>
      </div>
    </main>
  )
}

function SectionHead({ id, title, csv }: { id: string; title: string; csv: string }) {
  return (
    <div className="bills__head">
      <h2 className="card__title" id={id}>
        {title}
      </h2>
      <a href={csv} download>
        As CSV
      </a>
    </div>
  )
}

const statusWords: Record<Transaction['status'], [label: string, pill: string]> = {
  pending: ['Not paid yet', 'processing'],
  paid: ['Paid', 'completed'],
  failed: ['Failed', 'failed'],
  expired: ['Expired', 'pending'],
  refunded: ['Refunded', 'pending'],
  disputed: ['Disputed', 'failed'],
}

function PaymentRow({ payment }: { payment: Transaction }) {
  const [label, pill] = statusWords[payment.status]
  const { currency, refunded_minor: refunded } = payment
  return (
    <li className="bills__row">
      <div>
        <p className="bills__what">{payment.plan?.name ?? 'Minutes'}</p>
        <p className="field__hint">
          <LocalTime iso={payment.created_at} /> · {payment.gateway}
          {refunded > 0 && ` · ${formatMoney(refunded, currency)} refunded`}
        </p>
      </div>
      <span className={`pill pill--${pill}`}>{label}</span>
      <span className="bills__amount numeric">{formatMoney(payment.amount_minor, currency)}</span>
      <span className="bills__action">
        {payment.receipt_url && <a href={`${payment.receipt_url}?format=pdf`}>Receipt</a>}
        {payment.checkout_url && <a href={payment.checkout_url}>Pay</a>}
      </span>
    </li>
  )
}

const kindWords: Record<LedgerEntry['kind'], string> = {
  purchase: 'Bought',
  download: 'Download',
  grant: 'Given',
  refund: 'Refund',
  expiry: 'Expired',
}

function EntryRow({ entry }: { entry: LedgerEntry }) {
  const taken = entry.seconds < 0
  const what = entry.kind === 'grant' && taken ? 'Taken back' : kindWords[entry.kind]
  return (
    <li className="bills__row">
      <div>
        <p className="bills__what">
          {entry.job_id ? <Link to={`/jobs/${entry.job_id}`}>{what}</Link> : what}
          {entry.note && <span className="field__hint"> {entry.note}</span>}
        </p>
        <p className="field__hint">
          <LocalTime iso={entry.created_at} />
          {entry.expires_at && (entry.seconds_left ?? 0) > 0 && (
            <>
              {' '}
              · {formatDuration(entry.seconds_left ?? 0)} of it until <LocalTime iso={entry.expires_at} />
            </>
          )}
        </p>
      </div>
      <span className="bills__amount numeric">
        {taken ? '−' : '+'}
        {formatDuration(Math.abs(entry.seconds))}
      </span>
      <span className="bills__action field__hint numeric">
        <span className="visually-hidden">Balance after it: </span>
        {formatDuration(entry.balance_after)}
      </span>
    </li>
  )
}

function Older({ name, hasMore, lastId }: { name: string; hasMore: boolean; lastId: string | undefined }) {
  const [search] = useSearchParams()
  const withCursor = (after: string | null) => {
    const next = new URLSearchParams(search)
    next.delete('paid')
    if (after) next.set(name, after)
    else next.delete(name)
    return `?${next.toString()}`
  }
  if (!search.has(name) && !hasMore) return null
  return (
    <nav className="pages" aria-label={`Pages of ${name}`}>
      {search.has(name) && (
        <Link className="button button--small" to={withCursor(null)}>
          Newest
        </Link>
      )}
      {hasMore && lastId && (
        <Link className="button button--small" to={withCursor(lastId)}>
          Older
        </Link>
      )}
    </nav>
  )
}
