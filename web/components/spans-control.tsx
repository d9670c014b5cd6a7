import type { ControlProps } from '~/components/control'
import { Icon } from '~/components/icon'
import { isEmptySpan, type SpanDraft } from '~/forms/schema-fields'
import { readTimecode } from '~/words/timecode'

const empty: SpanDraft = { start: '', end: '' }
/** What the browser itself refuses to send. */
const timecodePattern = String.raw`\s*(\d+:){0,2}(\d+([.,]\d*)?|[.,]\d+)\s*`

/** Rows of from–to, typed as 1:23.4 or in seconds. There is always one to type into. */
export function SpansControl({ field, describedBy, invalid, value, onChange }: ControlProps) {
  const spans = (value ?? []) as SpanDraft[]
  const rows = spans.length > 0 ? spans : [empty]
  const change = (index: number, next: Partial<SpanDraft>) => {
    onChange(rows.map((row, at) => (at === index ? { ...row, ...next } : row)))
  }
  return (
    <fieldset aria-describedby={describedBy}>
      <legend className="field__label field__label--legend">{field.label}</legend>
      <div className="stack stack--tight">
        {rows.map((row, index) => (
          <div className="span-row" key={index}>
            <TimeInput
              label={`Begin of ${index + 1}`}
              value={row.start}
              invalid={invalid}
              required={!isEmptySpan(row)}
              onChange={(start) => {
                change(index, { start })
              }}
            />
            <span aria-hidden="true">–</span>
            <TimeInput
              label={`End of ${index + 1}`}
              value={row.end}
              invalid={invalid || endsEarly(row)}
              required={!isEmptySpan(row)}
              onChange={(end) => {
                change(index, { end })
              }}
            />
            <button
              type="button"
              className="icon-button"
              aria-label={`Remove ${index + 1}`}
              disabled={rows.length === 1 && isEmptySpan(row)}
              onClick={() => {
                onChange(rows.filter((_, at) => at !== index))
              }}
            >
              <Icon name="close" size={18} />
            </button>
            {endsEarly(row) && <p className="field__error">The end must come after the begin.</p>}
          </div>
        ))}
        <button
          type="button"
          className="button button--small span-add"
          onClick={() => {
            onChange([...rows, empty])
          }}
        >
          <Icon name="plus" size={16} />
          Add another
        </button>
      </div>
    </fieldset>
  )
}

interface TimeInputProps {
  label: string
  value: string
  invalid: boolean
  required: boolean
  onChange: (value: string) => void
}

function TimeInput({ label, value, onChange, invalid, required }: TimeInputProps) {
  return (
    <input
      className="input numeric"
      inputMode="decimal"
      autoComplete="off"
      placeholder="0:00.0"
      title="A time such as 1:23.4, or seconds"
      pattern={timecodePattern}
      aria-label={label}
      aria-invalid={invalid || undefined}
      required={required}
      value={value}
      onChange={(event) => {
        onChange(event.target.value)
      }}
    />
  )
}

function endsEarly({ start, end }: SpanDraft): boolean {
  const [from, to] = [readTimecode(start), readTimecode(end)]
  return from !== null && to !== null && to <= from
}
