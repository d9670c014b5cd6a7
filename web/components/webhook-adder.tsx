import { useId, useState, type FormEvent } from 'react'
import { addWebhook } from '~/api/notifications'
import { ApiError } from '~/api/client'

interface WebhookAdderProps {
  events: readonly string[]
  onAdded: (secret: string) => void
}

/** Asks for an address and for what is to be sent to it. */
export function WebhookAdder({ events, onAdded }: WebhookAdderProps) {
  const id = useId()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const fields = new FormData(form)
    setBusy(true)
    setProblem(null)
    try {
      const { secret } = await addWebhook({
        url: textOf(fields, 'url'),
        description: textOf(fields, 'description'),
        events: fields.getAll('events').map(String),
      })
      form.reset()
      onAdded(secret)
    } catch (error) {
      setProblem(
        error instanceof ApiError
          ? (error.fieldErrors[0]?.message ?? error.message)
          : 'The webhook could not be added.',
      )
    }
    setBusy(false)
  }

  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <h2>Add a webhook</h2>
      <div className="field">
        <label className="field__label" htmlFor={`${id}url`}>
          Address
        </label>
        <input
          id={`${id}url`}
          className="input"
          type="url"
          name="url"
          required
          maxLength={2048}
          placeholder="https://example.org/timbre"
          aria-invalid={problem !== null || undefined}
          aria-describedby={problem === null ? undefined : `${id}problem`}
        />
        {problem !== null && (
          <p className="field__error" id={`${id}problem`} role="alert">
            {problem}
          </p>
        )}
      </div>
      <div className="field">
        <label className="field__label" htmlFor={`${id}description`}>
          What it is for
        </label>
        <input id={`${id}description`} className="input" name="description" maxLength={200} />
      </div>
      <fieldset>
        <legend className="field__label field__label--legend">Events</legend>
        <p className="field__hint">None chosen: all of them.</p>
        <ul className="webhook__events">
          {events.map((name) => (
            <li key={name}>
              <label>
                <input type="checkbox" name="events" value={name} /> {name}
              </label>
            </li>
          ))}
        </ul>
      </fieldset>
      <button className="button button--primary button--wide" type="submit" disabled={busy}>
        Add
      </button>
    </form>
  )
}

function textOf(fields: FormData, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value.trim() : ''
}
