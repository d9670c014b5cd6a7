import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { useCallback, useEffect, useState } from 'react'
import { readKeys, revokeKey, rotateKey, withdrawGrant, type ApiKey } from '~/api/keys'
import { ConfirmDialog } from '~/components/confirm-dialog'
import { KeyForm } from '~/components/key-form'
import { KeyRow } from '~/components/key-row'
import { Notice } from '~/components/notice'
import { requireLogIn } from '~/session'
import { explainScope } from '~/words/scopes'

export const meta: MetaFunction = () => [{ title: 'API keys · Timbre' }]

export async function loader({ request, context }: LoaderFunctionArgs) {
  requireLogIn(request, context)
  const account = await context.account()
  return { mayHaveKeys: account?.paid === true || account?.role === 'admin' }
}

type Shown = Awaited<ReturnType<typeof readKeys>>

export default function Keys() {
  const { mayHaveKeys } = useLoaderData<typeof loader>()
  const { shown, failed, act, reload } = useKeys()
  const [fresh, setFresh] = useState<(ApiKey & { key: string }) | null>(null)
  const [doomed, setDoomed] = useState<ApiKey | null>(null)
  const show = (key: ApiKey & { key: string }) => {
    setFresh(key)
    reload()
  }
  return (
    <main id="main" tabIndex={-1} className="page">
      <div className="page-head">
        <h1>API keys</h1>
      </div>
      {failed && (
        <Notice tone="danger" title="That did not work">
          <p>Reload the page and try again.</p>
        </Notice>
      )}
      {fresh && (
        <Notice tone="info" title={`The key “${fresh.name}”`}>
          <p>Copy it now: it is not shown again.</p>
          <p>
            <code className="key-secret">{fresh.key}</code>
          </p>
        </Notice>
      )}
      <div className="columns">
        <section className="stack" aria-label="Keys">
          {shown?.keys.length === 0 && (
            <div className="card empty">
              <h2>No keys yet</h2>
              <p>With a key, programs of yours start jobs, or use the OpenAI-compatible API at /v1.</p>
            </div>
          )}
          {shown && shown.keys.length > 0 && (
            <ul className="card key-list" aria-label="Keys, newest first">
              {shown.keys.map((key) => (
                <KeyRow
                  key={key.id}
                  apiKey={key}
                  onRotate={() => void act(async () => show(await rotateKey(key.id)))}
                  onRevoke={() => {
                    setDoomed(key)
                  }}
                />
              ))}
            </ul>
          )}
          {shown && shown.grants.length > 0 && (
            <Apps grants={shown.grants} onWithdraw={(id) => void act(() => withdrawGrant(id))} />
          )}
        </section>
        <section className="card" aria-label="Make a key">
          {mayHaveKeys ? (
            <KeyForm scopes={shown?.scopes ?? []} onMade={show} />
          ) : (
            <div className="stack">
              <h2>Keys come with minutes</h2>
              <p>Accounts that have bought minutes once can make API keys.</p>
              <Link className="button" to="/plans">
                See the plans
              </Link>
            </div>
          )}
        </section>
      </div>
      {doomed && (
        <ConfirmDialog
          title={`Revoke the key “${doomed.name}”?`}
          confirm="Revoke"
          onClose={() => {
            setDoomed(null)
          }}
          onConfirm={() => {
            setDoomed(null)
            void act(() => revokeKey(doomed.id))
          }}
        >
          <p>Programs that use it are refused from then on. This cannot be taken back.</p>
        </ConfirmDialog>
      )}
    </main>
  )
}

function Apps({ grants, onWithdraw }: { grants: Shown['grants']; onWithdraw: (id: string) => void }) {
  return (
    <section className="stack" aria-label="Apps">
      <h2>Apps that you let in</h2>
      <ul className="card key-list">
        {grants.map(({ id, client_name: name, scopes }) => (
          <li key={id} className="key-row">
            <div>
              <strong>{name}</strong>
              <p className="field__hint">{scopes.map(explainScope).join(' · ')}</p>
            </div>
            <button
              className="button button--small"
              type="button"
              aria-label={`Shut out ${name}`}
              onClick={() => {
                onWithdraw(id)
              }}
            >
              Shut out
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Keys and apps as they are, read again after every change. */
function useKeys() {
  const [shown, setShown] = useState<Shown | null>(null)
  const [failed, setFailed] = useState(false)
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const gone = new AbortController()
    readKeys(gone.signal).then(setShown, () => {
      if (!gone.signal.aborted) setFailed(true)
    })
    return () => {
      gone.abort()
    }
  }, [turn])
  const reload = useCallback(() => {
    setTurn((before) => before + 1)
  }, [])
  const act = async (action: () => Promise<void>) => {
    setFailed(false)
    await action().catch(() => {
      setFailed(true)
    })
    reload()
  }
  return { shown, failed, act, reload }
}
