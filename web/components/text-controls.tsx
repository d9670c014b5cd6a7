import { type ControlFor, type ControlProps, Label } from '~/components/control'

export function ListControl({ field, id, describedBy, invalid, value, onChange }: ControlProps) {
  return (
    <>
      <Label field={field} id={id} />
      <textarea
        className="input input--list"
        id={id}
        rows={2}
        placeholder="One on each line"
        spellCheck={false}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        value={((value ?? []) as string[]).join('\n')}
        onChange={(event) => {
          onChange(event.target.value === '' ? [] : event.target.value.split('\n'))
        }}
      />
    </>
  )
}

export function TextControl({ field, id, describedBy, invalid, value, onChange }: ControlFor<'text'>) {
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
