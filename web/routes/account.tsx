import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { Form, Link, useFetcher, useLoaderData, useRouteLoaderData } from '@remix-run/react'
import { requireLogIn } from '~/session'
import type { loader as rootLoader } from '~/root'
import type { Theme } from '~/theme'
import { formatDuration, plural } from '~/words/format'

export const meta: MetaFunction = () => [{ title: 'Account · Timbre' }]

export async function loader({ request, context }: LoaderFunctionArgs) {
  requireLogIn(request, context)
  const account = await context.account()
  if (!account) throw new Response(null, { status: 404 })
  return { account, freeMinutes: context.freeMinutes }
}

export default function Account() {
  const { account, freeMinutes } = useLoaderData<typeof loader>()
  return (
    <main id="main" tabIndex={-1} className="page">
      <div className="page-head">
        <h1>Account</h1>
      </div>
      <div className="columns">
        <section className="card balance" aria-label="Minutes">
          <p className="balance__label">Left for downloads</p>
          <p className="balance__value">{formatDuration(account.secondsRemaining, Math.floor)}</p>
          <p className="field__hint">
            A download takes the length of its result from this, once. Uploading, processing and previews are
            free, and a failed job costs nothing.
            {!account.paid &&
              freeMinutes > 0 &&
              ` Every account starts with ${plural(freeMinutes, 'free minute')}.`}
          </p>
          <p>
            <Link to="/billing">Payments and minutes</Link> · <Link to="/notifications">Notifications</Link> ·{' '}
            <Link to="/keys">API keys</Link>
          </p>
        </section>
        <div className="stack">
          <section className="card" aria-label="Details">
            <dl className="facts">
              <dt>User name</dt>
              <dd>{account.username}</dd>
              <dt>E-mail</dt>
              <dd>{account.email}</dd>
              <dt>Plan</dt>
              <dd>{account.paid ? 'Paid' : 'Free'}</dd>
              {account.role === 'admin' && (
                <>
                  <dt>Role</dt>
                  <dd>Administrator</dd>
                </>
              )}
            </dl>
          </section>
          <Link className="button button--wide" to="/account/security">
            Security and data
          </Link>
          <Appearance />
          <Form method="post" action="/logout">
            <button className="button button--wide" type="submit">
              Log out
            </button>
          </Form>
        </div>
      </div>
    </main>
  )
}

const themes: { id: Theme; label: string }[] = [
  { id: 'system', label: 'As the device' },
  { id: 'light', label: 'Light' },
  { id: 'dark', label: 'Dark' },
]

function Appearance() {
  const fetcher = useFetcher()
  const theme = useRouteLoaderData<typeof rootLoader>('root')?.theme ?? 'system'
  return (
    <section className="card">
      <fieldset>
        <legend className="field__label field__label--legend">Appearance</legend>
        <div className="segments">
          {themes.map(({ id, label }) => (
            <label className="segment" key={id}>
              <input
                type="radio"
                name="theme"
                value={id}
                checked={theme === id}
                onChange={() => {
                  fetcher.submit({ theme: id }, { method: 'post', action: '/theme' })
                }}
              />
              <span>{label}</span>
            </label>
          ))}
        </div>
      </fieldset>
    </section>
  )
}
