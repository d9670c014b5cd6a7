import { Form } from '@remix-run/react'
import { LocalTime } from '~/components/local-time'
import { SecurityForm, type SecurityAnswer } from '~/components/security-form'
import type { SessionSummary } from '~/load-context'

interface SessionsCardProps {
  sessions: SessionSummary[]
  answer: SecurityAnswer | undefined
}

export function SessionsCard({ sessions, answer }: SessionsCardProps) {
  return (
    <section className="card stack" aria-label="Sessions">
      <div>
        <h2>Sessions</h2>
        <p className="field__hint">Where you are logged in.</p>
      </div>
      <ul className="session-list">
        {sessions.map((session) => (
          <li key={session.id}>
            <div>
              <strong>{nameOf(session)}</strong>
              <p className="field__hint">
                {session.ip_address} · <LocalTime iso={session.last_used_at} />
                {session.current && ' · this one'}
              </p>
            </div>
            {!session.current && (
              <Form method="post">
                <input type="hidden" name="intent" value="end-session" />
                <input type="hidden" name="session_id" value={session.id} />
                <button className="button" type="submit" aria-label={`End ${nameOf(session)}`}>
                  End
                </button>
              </Form>
            )}
          </li>
        ))}
      </ul>
      {sessions.length > 1 && <SecurityForm intent="end-others" submit="End all others" answer={answer} />}
    </section>
  )
}

/** `Firefox on Linux`, as far as the browser says so. */
function nameOf({ kind, user_agent: agent }: SessionSummary): string {
  if (kind === 'api') return 'API client'
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(agent ?? '')?.[1]
  const system = /(Windows|Android|iPhone|iPad|Mac OS|Linux)/.exec(agent ?? '')?.[1]
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS': 'macOS' }
  const name = browser ? (names[browser] ?? browser) : 'Browser'
  return system ? `${name} on ${names[system] ?? system}` : name
}
