import { type ControlFor, type ControlProps, Label } from '~/components/control'

/** As many buttons as fit on two lines; a menu beyond that. */
const maxSegments = 6

export function ChoiceControl(props: ControlFor<'choice'>) {
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
        value={value as string | number}
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

export function ChecksControl({ field, id, describedBy, value, onChange }: ControlFor<'checks'>) {
  const chosen = (value ?? []) as string[]
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

export function SwitchControl({ field, id, describedBy, value, onChange }: ControlProps) {
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
