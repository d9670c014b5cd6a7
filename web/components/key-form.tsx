import { useState, type SyntheticEvent } from 'react'
import { ApiError, type FieldError } from '~/api/client'
import { makeKey, type ApiKey } from '~/api/keys'
import { TextField } from '~/components/field'
import { ProblemNotice } from '~/components/problem-notice'
import { explainScope } from '~/words/scopes'

interface KeyFormProps {
  scopes: string[]
  onMade: (key: ApiKey & { key: string }) => void
}

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
      <fieldset className="key-scopes">
        <legend className="field__label">May do</legend>
        {scopes
          .filter((scope) => !scope.endsWith(':*'))
          .map((scope) => (
            <label key={scope} className="key-scopes__choice">
              <input type="checkbox" name="scope" value={scope} />
              <span>{explainScope(scope)}</span>
            </label>
          ))}
        {errorOf('scopes') && <p className="field__error">Choose at least one.</p>}
      </fieldset>
      <TextField
        label="Minutes a month"
        name="minutes"
        type="number"
        min={0}
        max={1_000_000}
        hint="What the key may spend at most. Empty for no limit of its own."
        error={errorOf('minutes_per_month')}
      />
      <button className="button button--primary" type="submit" aria-disabled={busy}>
        Make the key
      </button>
    </form>
  )
}

function text(fields: FormData, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value : ''
}
