import { useState } from 'react'
import {
  changeWebhook,
  readDeliveries,
  replayDelivery,
  rotateWebhook,
  testWebhook,
  type WebhookDelivery,
  type WebhookView,
} from '~/api/notifications'
import { LocalTime } from '~/components/local-time'

interface WebhookCardProps {
  webhook: WebhookView
  onSecret: (secret: string) => void
  onChanged: () => void
  onRemove: () => void
}

/** One receiver: its state, its log, and what can be done with it. */
export function WebhookCard({ webhook, onSecret, onChanged, onRemove }: WebhookCardProps) {
  const [log, setLog] = useState<WebhookDelivery[] | null>(null)
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState(false)
  const enabled = webhook.status === 'enabled'

  const act = async (action: () => Promise<unknown>) => {
    setBusy(true)
    setFailed(false)
    try {
      await action()
    } catch {
      setFailed(true)
    }
    setBusy(false)
    onChanged()
  }
  const showLog = async () => {
    setLog((await readDeliveries(webhook.id)).data)
  }
  return (
    <article className="card stack">
      <header>
        <h2 className="webhook__url">{webhook.url}</h2>
        {webhook.description && <p>{webhook.description}</p>}
        <p className="field__hint">
          {webhook.events.length === 0 ? 'All events' : webhook.events.join(', ')}
          {webhook.old_secret_until !== null && (
            <>
              {' · '}the replaced secret is valid until <LocalTime iso={webhook.old_secret_until} />
            </>
          )}
        </p>
        {!enabled && <p className="field__error">Disabled. {webhook.disabled_reason}</p>}
        {failed && (
          <p className="field__error" role="alert">
            That did not work. Try again.
          </p>
        )}
      </header>
      <div className="button-row">
        <button
          type="button"
          className="button button--small"
          disabled={busy || !enabled}
          onClick={() =>
            void act(async () => {
              await testWebhook(webhook.id)
              await showLog()
            })
          }
        >
          Send a test
        </button>
        <button
          type="button"
          className="button button--small"
          disabled={busy}
          aria-expanded={log !== null}
          onClick={() => void (log === null ? act(showLog) : setLog(null))}
        >
          {log === null ? 'Show the log' : 'Hide the log'}
        </button>
        <button
          type="button"
          className="button button--small"
          disabled={busy}
          onClick={() =>
            void act(async () => {
              onSecret((await rotateWebhook(webhook.id)).secret)
            })
          }
        >
          Replace the secret
        </button>
        <button
          type="button"
          className="button button--small"
          disabled={busy}
          onClick={() => void act(() => changeWebhook(webhook.id, { enabled: !enabled }))}
        >
          {enabled ? 'Disable' : 'Enable'}
        </button>
        <button type="button" className="button button--small button--danger" onClick={onRemove}>
          Delete
        </button>
      </div>
      {log !== null && (
        <DeliveryLog
          log={log}
          canReplay={enabled && !busy}
          onReplay={(id) =>
            void act(async () => {
              await replayDelivery(webhook.id, id)
              await showLog()
            })
          }
        />
      )}
    </article>
  )
}

const statusWords = { pending: 'On its way', sent: 'Taken', failed: 'Given up' }

interface DeliveryLogProps {
  log: WebhookDelivery[]
  canReplay: boolean
  onReplay: (id: string) => void
}

function DeliveryLog({ log, canReplay, onReplay }: DeliveryLogProps) {
  if (log.length === 0) return <p className="field__hint">Nothing was sent in the last 30 days.</p>
  return (
    <ul className="webhook__log" aria-label="Messages, newest first">
      {log.map((delivery) => (
        <li key={delivery.id}>
          <details>
            <summary>
              {delivery.event} · {statusWords[delivery.status]} · <LocalTime iso={delivery.created_at} />
            </summary>
            <ul className="webhook__attempts">
              {delivery.attempts.map((attempt) => (
                <li key={attempt.at}>
                  <LocalTime iso={attempt.at} />: {attempt.status ?? 'no answer'} in {attempt.duration_ms} ms
                  {attempt.detail && ` · ${attempt.detail}`}
                </li>
              ))}
            </ul>
            <pre className="webhook__payload">{JSON.stringify(delivery.payload, null, 2)}</pre>
            <button
              type="button"
              className="button button--small"
              disabled={!canReplay}
              onClick={() => {
                onReplay(delivery.id)
              }}
            >
              Send again
            </button>
          </details>
        </li>
      ))}
    </ul>
  )
}
