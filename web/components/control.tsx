import type { Field, FieldValue } from '~/forms/schema-fields'

export interface ControlProps {
  field: Field
  id: string
  describedBy: string | undefined
  invalid: boolean
  value: FieldValue | undefined
  onChange: (value: FieldValue) => void
}

export type ControlFor<Kind extends Field['kind']> = Omit<ControlProps, 'field'> & {
  field: Extract<Field, { kind: Kind }>
}

export function Label({ field, id }: { field: Field; id: string }) {
  return (
    <label className="field__label" htmlFor={id}>
      {field.label}
    </label>
  )
}
