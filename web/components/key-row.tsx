import type { ApiKey } from '~/api/keys'
import { LocalTime } from '~/components/local-time'
import { formatDuration } from '~/words/format'
import { explainScope } from '~/words/scopes'

interface KeyRowProps {
  apiKey: ApiKey
  onRotate: () => void
  onRevoke: () => void
}

export function KeyRow({ apiKey, onRotate, onRevoke }: KeyRowProps) {
  const { name, prefix, scopes, last_used_at: lastUsed, previous_until: overlap } = apiKey
  return (
    <li className="key-row">
      <div>
        <strong>{name}</strong> <code>{prefix}…</code>
        <p className="field__hint">{scopes.map(explainScope).join(' · ')}</p>
        <p className="field__hint">
          Made <LocalTime iso={apiKey.created_at} />
          {lastUsed ? (
            <>
              , last used <LocalTime iso={lastUsed} />
            </>
          ) : (
            ', never used'
          )}
          {apiKey.minutes_per_month !== null &&
            `, ${formatDuration(apiKey.seconds_this_month)} of ${apiKey.minutes_per_month} minutes spent this month`}
          {apiKey.expires_at && (
            <>
              , until <LocalTime iso={apiKey.expires_at} />
            </>
          )}
          {overlap && (
            <>
              . The secret before it is taken until <LocalTime iso={overlap} />
            </>
          )}
        </p>
      </div>
      <div className="button-row">
        <button
          className="button button--small"
          type="button"
          onClick={onRotate}
          aria-label={`Renew ${name}`}
        >
          Renew
        </button>
        <button
          className="button button--small"
          type="button"
          onClick={onRevoke}
          aria-label={`Revoke ${name}`}
        >
          Revoke
        </button>
      </div>
    </li>
  )
}
