import { useId } from 'react'

interface SourceKindProps {
  /** Whether a text is worked on, not a recording. */
  text: boolean
  onChange: (text: boolean) => void
}

const kinds = [
  { text: true, label: 'Words' },
  { text: false, label: 'A recording' },
] as const

/** For what takes either: whether to write or to record. */
export function SourceKind({ text, onChange }: SourceKindProps) {
  const name = useId()
  return (
    <fieldset>
      <legend className="field__label field__label--legend">Made of</legend>
      <div className="segments">
        {kinds.map((kind) => (
          <label className="segment" key={kind.label}>
            <input
              type="radio"
              name={name}
              checked={kind.text === text}
              onChange={() => {
                onChange(kind.text)
              }}
            />
            <span>{kind.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
