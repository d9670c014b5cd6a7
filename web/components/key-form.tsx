import { useState, type SyntheticEvent } from 'react'
import { ApiError, type FieldError } from '~/api/client'
import { makeKey, type ApiKey } from '~/api/keys'
import { Disclosure } from '~/components/disclosure'
import { TextField } from '~/components/field'
import { ProblemNotice } from '~/components/problem-notice'
import { explainScope, groupScopes } from '~/words/scopes'

interface KeyFormProps {
  scopes: readonly string[]
  onMade: (key: ApiKey & { key: string }) => void
}

const lifetimes = [
  { days: '30', label: '30 days' },
  { days: '90', label: '90 days' },
  { days: '365', label: 'A year' },
  { days: '', label: 'Until it is revoked' },
]

/** Asks for what a new key may do. */
export function KeyForm({ scopes, onMade }: KeyFormProps) {
  const [problem, setProblem] = useState<ApiError | null>(null)
  const [busy, setBusy] = useState(false)
  const errorOf = (name: string) =>
    problem?.fieldErrors.find(({ field }: FieldError) => field === name)?.message

  async function submit(event: SyntheticEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    const fields = new FormData(form)
    const minutes = text(fields, 'minutes').trim()
    setBusy(true)
    setProblem(null)
    try {
      const key = await makeKey({
        name: text(fields, 'name'),
        scopes: fields.getAll('scope').map(String),
        minutes_per_month: minutes === '' ? null : Number(minutes),
        expires_at: inDays(text(fields, 'lifetime')),
      })
      form.reset()
      onMade(key)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }

  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <h2>New key</h2>
      {problem && <ProblemNotice problem={problem} />}
      <TextField label="Name" name="name" required maxLength={80} error={errorOf('name')} />
      <ScopeChoice scopes={scopes} missing={errorOf('scopes') !== undefined} />
      <TextField
        label="Minutes a month"
        name="minutes"
        type="number"
        min={0}
        max={1_000_000}
        hint="What the key may spend at most. Empty for no limit of its own."
        error={errorOf('minutes_per_month')}
      />
      <label className="field__row">
        <span>Good for</span>
        <select className="input input--select" name="lifetime" defaultValue="90">
          {lifetimes.map(({ days, label }) => (
            <option key={days} value={days}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <button className="button button--primary" type="submit" aria-disabled={busy}>
        Make the key
      </button>
    </form>
  )
}

function ScopeChoice({ scopes, missing }: { scopes: readonly string[]; missing: boolean }) {
  const [everything, setEverything] = useState(false)
  const { jobs, rest } = groupScopes(scopes)
  return (
    <fieldset className="key-scopes">
      <legend className="field__label">May do</legend>
      <label className="key-scopes__choice">
        <input
          type="checkbox"
          name="scope"
          value="*"
          checked={everything}
          onChange={(event) => {
            setEverything(event.target.checked)
          }}
        />
        <span>{explainScope('*')}</span>
      </label>
      {!everything && (
        <>
          <ScopeGroup title="Start jobs" scopes={jobs} />
          <ScopeGroup title="Everything else" scopes={rest} />
        </>
      )}
      {missing && <p className="field__error">Choose at least one.</p>}
    </fieldset>
  )
}

function ScopeGroup({ title, scopes }: { title: string; scopes: string[] }) {
  return (
    <Disclosure title={title}>
      <div className="key-scopes__group">
        {scopes.map((scope) => (
          <label key={scope} className="key-scopes__choice">
            <input type="checkbox" name="scope" value={scope} />
            <span>{explainScope(scope)}</span>
          </label>
        ))}
      </div>
    </Disclosure>
  )
}

function inDays(days: string): string | null {
  return days === '' ? null : new Date(Date.now() + Number(days) * 86_400_000).toISOString()
}

function text(fields: FormData, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value : ''
}
