import { useId } from 'react'
import type { FieldError as FieldErrorShape } from '~/api/client'
import { FieldError } from '~/components/field'
import type { Field, FieldValue, FieldValues } from '~/forms/schema-fields'

interface SchemaFormProps {
  fields: Field[]
  values: FieldValues
  errors: FieldErrorShape[]
  onChange: (name: string, value: FieldValue) => void
}

interface ControlProps {
  field: Field
  id: string
  describedBy: string | undefined
  invalid: boolean
  value: FieldValue | undefined
  onChange: (value: FieldValue) => void
}

/** Controls for the parameters of a capability, whatever they are. */
export function SchemaForm({ fields, ...rest }: SchemaFormProps) {
  const advanced = fields.filter((field) => field.advanced)
  return (
    <div className="stack">
      <FieldStack fields={fields.filter((field) => !field.advanced)} {...rest} />
      {advanced.length > 0 && (
        <details className="disclosure" open={rest.errors.length > 0 || undefined}>
          <summary>More settings</summary>
          <FieldStack fields={advanced} {...rest} />
        </details>
      )}
    </div>
  )
}

function FieldStack({ fields, values, errors, onChange }: SchemaFormProps) {
  const formId = useId()
  return (
    <div className="stack">
      {fields.map((field) => {
        const id = `${formId}-${field.name}`
        const error = errors.find((candidate) => candidate.field === field.name)?.message
        const described = [field.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
        return (
          <div className="field" key={field.name}>
            <Control
              field={field}
              id={id}
              describedBy={described || undefined}
              invalid={error !== undefined}
              value={values[field.name]}
              onChange={(value) => {
                onChange(field.name, value)
              }}
            />
            {field.hint && (
              <p className="field__hint" id={`${id}-hint`}>
                {field.hint}
              </p>
            )}
            {error && <FieldError id={`${id}-error`} message={error} />}
          </div>
        )
      })}
    </div>
  )
}

function Control(props: ControlProps) {
  switch (props.field.kind) {
    case 'range':
      return <RangeControl {...props} field={props.field} />
    case 'number':
      return <NumberControl {...props} field={props.field} />
    case 'choice':
      return <ChoiceControl {...props} field={props.field} />
    case 'switch':
      return <SwitchControl {...props} />
    case 'checks':
      return <ChecksControl {...props} field={props.field} />
    case 'list':
      return <ListControl {...props} />
    case 'text':
      return <TextControl {...props} field={props.field} />
  }
}

type ControlFor<Kind extends Field['kind']> = Omit<ControlProps, 'field'> & {
  field: Extract<Field, { kind: Kind }>
}

/** A slider for the feeling and a number for the value. Shares of one are shown in percent. */
function RangeControl({ field, id, describedBy, invalid, value, onChange }: ControlFor<'range'>) {
  const factor = field.percent ? 100 : 1
  const bounds = { min: field.minimum * factor, max: field.maximum * factor, step: field.step * factor }
  const shown =
    typeof value === 'number' && !Number.isNaN(value) ? Number((value * factor).toPrecision(6)) : ''
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
        {...bounds}
        value={shown === '' ? bounds.min : shown}
        onChange={(event) => {
          change(event.target.value)
        }}
      />
    </>
  )
}

function NumberControl({ field, id, describedBy, invalid, value, onChange }: ControlFor<'number'>) {
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

/** As many buttons as fit on two lines; a menu beyond that. */
const maxSegments = 6

function ChoiceControl(props: ControlFor<'choice'>) {
  return props.field.choices.length > maxSegments ? (
    <MenuControl {...props} />
  ) : (
    <SegmentsControl {...props} />
  )
}

function MenuControl({ field, id, describedBy, value, onChange }: ControlFor<'choice'>) {
  return (
    <div className="field__row">
      <Label field={field} id={id} />
      <select
        className="input input--select"
        id={id}
        aria-describedby={describedBy}
        value={String(value)}
        onChange={(event) => {
          const chosen = field.choices.find((choice) => String(choice.value) === event.target.value)
          if (chosen) onChange(chosen.value)
        }}
      >
        {field.choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  )
}

function ChecksControl({ field, id, describedBy, value, onChange }: ControlFor<'checks'>) {
  const chosen = Array.isArray(value) ? value : []
  return (
    <fieldset aria-describedby={describedBy}>
      <legend className="field__label field__label--legend">{field.label}</legend>
      <div className="segments">
        {field.choices.map((choice) => (
          <label className="segment" key={choice.value}>
            <input
              type="checkbox"
              name={id}
              value={choice.value}
              checked={chosen.includes(choice.value)}
              onChange={(event) => {
                const others = chosen.filter((entry) => entry !== choice.value)
                onChange(event.target.checked ? [...others, choice.value] : others)
              }}
            />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

function ListControl({ field, id, describedBy, invalid, value, onChange }: ControlProps) {
  return (
    <>
      <Label field={field} id={id} />
      <textarea
        className="input input--list"
        id={id}
        rows={2}
        placeholder="One a line"
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        value={Array.isArray(value) ? value.join('\n') : ''}
        onChange={(event) => {
          onChange(event.target.value === '' ? [] : event.target.value.split('\n'))
        }}
      />
    </>
  )
}

function SegmentsControl({ field, id, describedBy, value, onChange }: ControlFor<'choice'>) {
  return (
    <fieldset aria-describedby={describedBy}>
      <legend className="field__label field__label--legend">{field.label}</legend>
      <div className="segments">
        {field.choices.map((choice) => (
          <label className="segment" key={choice.value} title={choice.hint ?? undefined}>
            <input
              type="radio"
              name={id}
              value={choice.value}
              checked={choice.value === value}
              onChange={() => {
                onChange(choice.value)
              }}
            />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

function SwitchControl({ field, id, describedBy, value, onChange }: ControlProps) {
  return (
    <div className="switch">
      <Label field={field} id={id} />
      <input
        className="switch__input"
        type="checkbox"
        role="switch"
        id={id}
        aria-describedby={describedBy}
        checked={value === true}
        onChange={(event) => {
          onChange(event.target.checked)
        }}
      />
    </div>
  )
}

function TextControl({ field, id, describedBy, invalid, value, onChange }: ControlFor<'text'>) {
  const Element = field.long ? 'textarea' : 'input'
  return (
    <>
      <Label field={field} id={id} />
      <Element
        className="input"
        id={id}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        maxLength={field.maxLength ?? undefined}
        required={field.required}
        value={typeof value === 'string' ? value : ''}
        onChange={(event) => {
          onChange(event.target.value)
        }}
      />
    </>
  )
}

function Label({ field, id }: { field: Field; id: string }) {
  return (
    <label className="field__label" htmlFor={id}>
      {field.label}
    </label>
  )
}
