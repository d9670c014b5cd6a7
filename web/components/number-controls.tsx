import { type ControlFor, Label } from '~/components/control'

/**
 * A slider for the feeling and a number for the value. Shares of one are shown in percent. Where nothing is chosen, the
 * slider rests, faint, at the value that changes nothing, or in the middle.
 */
export function RangeControl({ field, id, describedBy, invalid, value, onChange }: ControlFor<'range'>) {
  const factor = field.percent ? 100 : 1
  const bounds = { min: field.minimum * factor, max: field.maximum * factor, step: field.step * factor }
  const shown =
    typeof value === 'number' && !Number.isNaN(value) ? Number((value * factor).toPrecision(6)) : ''
  const isEmpty = shown === ''
  const atRest = bounds.min < 0 && bounds.max > 0 ? 0 : (bounds.min + bounds.max) / 2
  const change = (text: string) => {
    onChange(text === '' ? Number.NaN : Number((Number(text) / factor).toPrecision(6)))
  }
  return (
    <>
      <div className="field__row">
        <label className="field__label" htmlFor={id}>
          {field.label}
        </label>
        <span className="input-with-unit">
          <input
            className="input input--number numeric"
            type="number"
            aria-label={field.percent ? `${field.label}, in percent` : `${field.label}, number`}
            aria-invalid={invalid || undefined}
            placeholder={field.required ? undefined : 'Auto'}
            {...bounds}
            value={shown}
            onChange={(event) => {
              change(event.target.value)
            }}
          />
          {field.percent && <span aria-hidden="true">%</span>}
        </span>
      </div>
      <input
        className="slider"
        type="range"
        id={id}
        aria-describedby={describedBy}
        aria-valuetext={isEmpty ? 'Automatic' : undefined}
        data-empty={isEmpty || undefined}
        {...bounds}
        value={isEmpty ? atRest : shown}
        onChange={(event) => {
          change(event.target.value)
        }}
      />
    </>
  )
}

export function NumberControl({ field, id, describedBy, invalid, value, onChange }: ControlFor<'number'>) {
  return (
    <>
      <Label field={field} id={id} />
      <input
        className="input numeric"
        type="number"
        id={id}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        min={field.minimum ?? undefined}
        max={field.maximum ?? undefined}
        step={field.step ?? 'any'}
        required={field.required}
        value={typeof value === 'number' && !Number.isNaN(value) ? value : ''}
        onChange={(event) => {
          onChange(event.target.value === '' ? Number.NaN : Number(event.target.value))
        }}
      />
    </>
  )
}
