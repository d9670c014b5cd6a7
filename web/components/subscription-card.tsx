import { useRevalidator } from '@remix-run/react'
import { useState } from 'react'
import { setRenewal, type Subscription } from '~/api/billing'
import { ApiError } from '~/api/client'
import { ConfirmDialog } from '~/components/confirm-dialog'
import { LocalTime } from '~/components/local-time'
import { ProblemNotice } from '~/components/problem-notice'

/** A subscription that runs: until when, and the way out of it. */
export function SubscriptionCard({ subscription }: { subscription: Subscription }) {
  const { id, plan, status, renews, current_period_end: end } = subscription
  const { revalidate } = useRevalidator()
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiError | null>(null)
  const change = async (goesOn: boolean) => {
    setAsking(false)
    setBusy(true)
    setProblem(null)
    try {
      await setRenewal(id, goesOn)
      revalidate()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <section className="card stack stack--tight" aria-label={`Subscription ${plan.name}`}>
      <div className="bills__head">
        <h2 className="card__title">{plan.name}, every month</h2>
        <button
          type="button"
          className="button button--small"
          disabled={busy}
          onClick={() => {
            if (renews) setAsking(true)
            else void change(true)
          }}
        >
          {renews ? 'Cancel' : 'Resume'}
        </button>
      </div>
      <p className="field__hint">
        {status === 'past_due' ? 'The last payment failed; it is tried again.' : renews ? 'Renewed' : 'Ends'}
        {end && (
          <>
            {status === 'past_due' ? ' The period ends ' : ' '}
            <LocalTime iso={end} />
          </>
        )}
      </p>
      {problem && <ProblemNotice problem={problem} />}
      {asking && (
        <ConfirmDialog
          title={`Cancel ${plan.name}?`}
          confirm="Cancel the subscription"
          onClose={() => {
            setAsking(false)
          }}
          onConfirm={() => void change(false)}
        >
          <p>
            It ends with the period that is paid for. The minutes that you have stay yours as long as they
            last.
          </p>
        </ConfirmDialog>
      )}
    </section>
  )
}
