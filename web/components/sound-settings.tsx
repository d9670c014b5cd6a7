import { Disclosure } from '~/components/disclosure'
import { TextField } from '~/components/field'

/** As the form holds them; empty for what is left as it is. */
export interface SoundChoice {
  loudness: string
  level: boolean
  title: string
  artist: string
  album: string
}

export const usualSound: SoundChoice = { loudness: '', level: false, title: '', artist: '', album: '' }

/** Parameters of the download: only what was asked for. */
export function settingsOf({ level, ...texts }: SoundChoice): Record<string, string> {
  const given = Object.entries(texts).flatMap(([name, value]) =>
    value.trim() === '' ? [] : [[name, value.trim()]],
  )
  return { ...(Object.fromEntries(given) as Record<string, string>), ...(level && { level: 'true' }) }
}

interface SoundSettingsProps {
  sound: SoundChoice
  /** Only speech can be made evenly loud. */
  speech: boolean
  onChange: (sound: SoundChoice) => void
}

/** What is done to the sound on its way out, and what stands in the file. */
export function SoundSettings({ sound, speech, onChange }: SoundSettingsProps) {
  return (
    <div className="stack stack--tight sound-settings">
      <label className="field__row">
        <span>Loudness</span>
        <select
          className="input input--select"
          value={sound.loudness}
          onChange={(event) => {
            onChange({ ...sound, loudness: event.target.value })
          }}
        >
          <option value="">As it is</option>
          <option value="streaming">Streaming, −14 LUFS</option>
          <option value="podcast">Podcast, −16 LUFS</option>
          <option value="audiobook">Audiobook, −18 LUFS</option>
          <option value="broadcast">Broadcast, −23 LUFS</option>
        </select>
      </label>
      {speech && (
        <label className="field__row">
          <span>Make speech evenly loud</span>
          <input
            type="checkbox"
            checked={sound.level}
            onChange={(event) => {
              onChange({ ...sound, level: event.target.checked })
            }}
          />
        </label>
      )}
      <Disclosure title="Tags in the file">
        <div className="stack stack--tight">
          {(['title', 'artist', 'album'] as const).map((name) => (
            <TextField
              key={name}
              label={name.charAt(0).toUpperCase() + name.slice(1)}
              maxLength={200}
              value={sound[name]}
              onChange={(event) => {
                onChange({ ...sound, [name]: event.target.value })
              }}
            />
          ))}
        </div>
      </Disclosure>
    </div>
  )
}
