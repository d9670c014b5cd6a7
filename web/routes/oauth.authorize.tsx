import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLocation } from '@remix-run/react'
import { useEffect, useState } from 'react'
import { ApiError } from '~/api/client'
import { decideConsent, readConsent, type Consent } from '~/api/keys'
import { Notice } from '~/components/notice'
import { requireLogIn } from '~/session'
import { explainScope } from '~/words/scopes'

export const meta: MetaFunction = () => [{ title: 'Let an app in · Timbre' }]

export function loader({ request, context }: LoaderFunctionArgs) {
  requireLogIn(request, context)
  return null
}

/** Leaves by script: a form's answer may not redirect to another site (Content-Security-Policy `form-action`). */
function leaveFor(address: string): void {
  window.location.assign(address)
}

/** Where apps send people to be let in (RFC 6749, 4.1.1). */
export default function Authorize() {
  const { search } = useLocation()
  const { consent, refusal, fail } = useConsent(search)
  const [leaving, setLeaving] = useState(false)
  const decide = (approve: boolean) => {
    setLeaving(true)
    decideConsent(search, approve).then(leaveFor, (error: unknown) => {
      setLeaving(false)
      fail(error)
    })
  }
  return (
    <main id="main" tabIndex={-1} className="page page--narrow">
      {refusal !== null && (
        <Notice tone="danger" title="This app cannot be let in">
          <p>{refusal}</p>
        </Notice>
      )}
      {consent?.redirect_to === null && (
        <section className="card stack" aria-label="An app asks">
          <div>
            <h1>Let “{consent.client_name}” in?</h1>
            <p className="field__hint">
              It is not a part of Timbre. You go on to {consent.redirect_host} afterwards.
            </p>
          </div>
          <p>It asks to:</p>
          <ul>
            {consent.scopes.map((scope) => (
              <li key={scope}>{explainScope(scope)}</li>
            ))}
          </ul>
          <p className="field__hint">You can shut it out at any time, on the page API keys.</p>
          <div className="button-row">
            <button
              className="button"
              type="button"
              disabled={leaving}
              onClick={() => {
                decide(false)
              }}
            >
              No
            </button>
            <button
              className="button button--primary"
              type="button"
              disabled={leaving}
              onClick={() => {
                decide(true)
              }}
            >
              Let it in
            </button>
          </div>
        </section>
      )}
    </main>
  )
}

function useConsent(search: string) {
  const [consent, setConsent] = useState<Consent | null>(null)
  const [refusal, setRefusal] = useState<string | null>(null)
  const fail = (error: unknown) => {
    setRefusal(error instanceof ApiError ? error.message : 'Reload the page and try again.')
  }
  useEffect(() => {
    const gone = new AbortController()
    readConsent(search, gone.signal).then(
      (answer) => {
        setConsent(answer)
        if (answer.redirect_to !== null) leaveFor(answer.redirect_to)
      },
      (error: unknown) => {
        if (!gone.signal.aborted) fail(error)
      },
    )
    return () => {
      gone.abort()
    }
  }, [search])
  return { consent, refusal, fail }
}
