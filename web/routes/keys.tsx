import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { Link, useLoaderData, useRevalidator } from '@remix-run/react'
import { useState } from 'react'
import { revokeKey, rotateKey, withdrawGrant, type ApiKey, type AppGrant } from '~/api/keys'
import { ConfirmDialog } from '~/components/confirm-dialog'
import { KeyForm } from '~/components/key-form'
import { KeyRow } from '~/components/key-row'
import { Notice } from '~/components/notice'
import { requireLogIn } from '~/session'
import { explainScope } from '~/words/scopes'

export const meta: MetaFunction = () => [{ title: 'API keys · Timbre' }]

export async function loader({ request, context }: LoaderFunctionArgs) {
  requireLogIn(request, context)
  const [account, overview] = await Promise.all([context.account(), context.keys()])
  return { ...overview, mayHaveKeys: account?.paid === true || account?.role === 'admin' }
}

export default function Keys() {
  const { keys, grants, scopes, mayHaveKeys } = useLoaderData<typeof loader>()
  const { revalidate } = useRevalidator()
  const [failed, setFailed] = useState(false)
  const [fresh, setFresh] = useState<(ApiKey & { key: string }) | null>(null)
  const [doomed, setDoomed] = useState<ApiKey | null>(null)
  const show = (key: ApiKey & { key: string }) => {
    setFresh(key)
    revalidate()
  }
  const act = async (action: () => Promise<void>) => {
    setFailed(false)
    await action().catch(() => {
      setFailed(true)
    })
    revalidate()
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
          {keys.length === 0 ? (
            <div className="card empty">
              <h2>No keys yet</h2>
              <p>With a key, programs of yours start jobs, or use the OpenAI-compatible API at /v1.</p>
            </div>
          ) : (
            <ul className="card key-list" aria-label="Keys, newest first">
              {keys.map((key) => (
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
          {grants.length > 0 && (
            <Apps grants={grants} onWithdraw={(id) => void act(() => withdrawGrant(id))} />
          )}
        </section>
        <section className="card" aria-label="Make a key">
          {mayHaveKeys ? (
            <KeyForm scopes={scopes} onMade={show} />
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

function Apps({ grants, onWithdraw }: { grants: AppGrant[]; onWithdraw: (id: string) => void }) {
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
