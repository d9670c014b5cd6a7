import { useId } from 'react'

interface TextSourceProps {
  text: string
  /** Whether it is to be spoken; else it describes a sound. */
  spoken: boolean
  maxCharacters: number
  /** Whether the chosen settings take the text for markup; null where there is no such choice. */
  markup: boolean | null
  onChange: (text: string) => void
}

/** The text that is to be worked on, with how much of it there is and may be. */
export function TextSource({ text, spoken, maxCharacters, markup, onChange }: TextSourceProps) {
  const id = useId()
  const tooLong = text.length > maxCharacters
  return (
    <div className="text-source">
      <label className="field__label" htmlFor={id}>
        {spoken ? 'Your text' : 'Your description'}
      </label>
      <textarea
        className="input text-source__text"
        id={id}
        value={text}
        placeholder={spoken ? 'Write or paste what is to be said.' : 'Describe what is to be heard.'}
        aria-describedby={`${id}-count ${id}-hint`}
        aria-invalid={tooLong || undefined}
        onChange={(event) => {
          onChange(event.target.value)
        }}
      />
      <p className={tooLong ? 'field__error numeric' : 'field__hint numeric'} id={`${id}-count`}>
        {text.length.toLocaleString('en')} of {maxCharacters.toLocaleString('en')} characters
        {tooLong ? ': shorten the text' : ''}
      </p>
      {markup !== null && (
        <p className="field__hint" id={`${id}-hint`}>
          {markup ? (
            <>
              SSML is on: <code>{'<break time="1s"/>'}</code>, <code>{'<emphasis>'}</code>,{' '}
              <code>{'<prosody rate="slow">'}</code>, <code>{'<say-as>'}</code>, <code>{'<sub>'}</code> and{' '}
              <code>{'<phoneme>'}</code> are understood.
            </>
          ) : (
            <>
              <code>[pause:1.5s]</code> makes a pause. For more say, switch on SSML in the settings.
            </>
          )}
        </p>
      )}
    </div>
  )
}
