import { Link } from '@remix-run/react'
import { useContext, useEffect, useState } from 'react'
import type { VoiceView } from '~/api/types'
import { readVoices, samplePath } from '~/api/voices'
import { type ControlProps, Label } from '~/components/control'
import { SampleButton } from '~/components/sample-button'
import { ModelVoicesContext } from '~/state/voice-choices'

/** A menu of the voices that come with the model, of the presets and of the person's own; others can be heard first. */
export function VoiceControl({ field, id, describedBy, invalid, value, onChange }: ControlProps) {
  const ofModel = useContext(ModelVoicesContext)
  const voices = useVoices()
  const groups = [
    { label: 'Voices of the model', voices: ofModel },
    { label: 'Your voices', voices: voices.filter(({ kind }) => kind === 'library') },
    { label: 'Presets', voices: voices.filter(({ kind }) => kind === 'preset') },
  ]
  const chosen = typeof value === 'string' ? value : ''
  const playable = voices.find((voice) => voice.id === chosen)
  const known = groups.some((group) => group.voices.some((voice) => voice.id === chosen))
  return (
    <>
      <Label field={field} id={id} />
      <div className="voice-choice">
        <select
          className="input"
          id={id}
          aria-describedby={describedBy}
          aria-invalid={invalid || undefined}
          value={chosen}
          onChange={(event) => {
            onChange(event.target.value)
          }}
        >
          <option value="">{ofModel.length > 0 ? 'The model’s own choice' : 'No other voice'}</option>
          {chosen !== '' && !known && <option value={chosen}>{chosen}</option>}
          {groups.map(
            (group) =>
              group.voices.length > 0 && (
                <optgroup label={group.label} key={group.label}>
                  {group.voices.map((voice) => (
                    <option value={voice.id} key={voice.id}>
                      {voiceInWords(voice)}
                    </option>
                  ))}
                </optgroup>
              ),
          )}
        </select>
        {playable && (
          <SampleButton
            key={playable.id}
            src={samplePath(playable.id)}
            label={`a sample of ${playable.name}`}
          />
        )}
      </div>
      <p className="field__hint">
        <Link to="/voices">Add or hear voices</Link>
      </p>
    </>
  )
}

function voiceInWords({
  name,
  language,
  gender,
}: {
  name: string
  language: string | null
  gender: string | null
}) {
  return [name, [gender, language].filter(Boolean).join(', ')].filter(Boolean).join(' – ')
}

/** None until they are read, and none where they cannot be: the model's own are always there. */
function useVoices(): VoiceView[] {
  const [voices, setVoices] = useState<VoiceView[]>([])
  useEffect(() => {
    const controller = new AbortController()
    readVoices(controller.signal).then(setVoices, () => undefined)
    return () => {
      controller.abort()
    }
  }, [])
  return voices
}
