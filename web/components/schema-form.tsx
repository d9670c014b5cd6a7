import { useId } from 'react'
import type { FieldError as FieldErrorShape } from '~/api/client'
import { ChecksControl, ChoiceControl, SwitchControl } from '~/components/choice-controls'
import type { ControlProps } from '~/components/control'
import { DictionaryControl } from '~/components/dictionary-control'
import { Disclosure } from '~/components/disclosure'
import { FieldError } from '~/components/field'
import { NumberControl, RangeControl } from '~/components/number-controls'
import { SpansControl } from '~/components/spans-control'
import { ListControl, TextControl } from '~/components/text-controls'
import { VoiceControl } from '~/components/voice-control'
import type { Field, FieldValue, FieldValues } from '~/forms/schema-fields'

interface SchemaFormProps {
  fields: Field[]
  values: FieldValues
  errors: FieldErrorShape[]
  onChange: (name: string, value: FieldValue) => void
}

/** Controls for the parameters of a capability, whatever they are. */
export function SchemaForm({ fields, ...rest }: SchemaFormProps) {
  const advanced = fields.filter((field) => field.advanced)
  return (
    <div className="stack">
      <FieldStack fields={fields.filter((field) => !field.advanced)} {...rest} />
      {advanced.length > 0 && (
        <Disclosure title="More settings" open={hasError(advanced, rest.errors)}>
          <FieldStack fields={advanced} {...rest} />
        </Disclosure>
      )}
    </div>
  )
}

function hasError(fields: Field[], errors: FieldErrorShape[]): boolean {
  return errors.some((error) => fields.some(({ name }) => name === error.field))
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
    case 'spans':
      return <SpansControl {...props} />
    case 'dictionary':
      return <DictionaryControl {...props} />
    case 'voice':
      return <VoiceControl {...props} />
    case 'text':
      return <TextControl {...props} field={props.field} />
  }
}
