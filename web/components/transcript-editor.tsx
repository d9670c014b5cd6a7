import { useState } from 'react'
import type { TranscriptCorrection, TranscriptVersion } from '~/api/types'
import { TextField } from '~/components/field'
import { formatDuration } from '~/words/format'

export type TranscriptDraft = TranscriptCorrection['transcript']

interface TranscriptEditorProps {
  version: TranscriptVersion
  onSave: (draft: TranscriptDraft) => Promise<void>
  onCancel: () => void
}

/** Names of speakers, and the text of every segment. Times are kept; an emptied segment goes. */
export function TranscriptEditor({ version, onSave, onCancel }: TranscriptEditorProps) {
  const { transcript } = version
  const [speakers, setSpeakers] = useState(transcript.speakers)
  const [texts, setTexts] = useState(() => transcript.segments.map(({ text }) => text))
  const [owners, setOwners] = useState(() => transcript.segments.map(({ speaker }) => speaker))
  const [saving, setSaving] = useState(false)
  const nameless = speakers.some(({ name }) => name.trim() === '')

  const save = async () => {
    setSaving(true)
    await onSave({
      speakers: speakers.map(({ id, name }) => ({ id, name: name.trim() })),
      segments: transcript.segments.flatMap(({ start, end }, index) => {
        const text = texts[index]!.trim()
        return text === '' ? [] : [{ start, end, text, speaker: owners[index]! }]
      }),
    })
    setSaving(false)
  }
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (!saving && !nameless) void save()
      }}
    >
      {speakers.length > 0 && (
        <fieldset className="transcript-editor__speakers">
          <legend className="field__label field__label--legend">Speakers</legend>
          {speakers.map(({ id, name }, index) => (
            <TextField
              key={id}
              label={`Speaker ${index + 1}`}
              value={name}
              maxLength={80}
              error={name.trim() === '' ? 'Give a name' : undefined}
              onChange={(event) => {
                setSpeakers(
                  speakers.map((speaker) =>
                    speaker.id === id ? { ...speaker, name: event.target.value } : speaker,
                  ),
                )
              }}
            />
          ))}
        </fieldset>
      )}
      <ol className="transcript">
        {transcript.segments.map(({ start }, index) => (
          <li className="transcript__row" key={index}>
            <span className="transcript__time numeric">{formatDuration(start, Math.floor)}</span>
            <div className="transcript__text stack">
              {speakers.length > 1 && (
                <select
                  className="input input--select"
                  aria-label={`Speaker at ${formatDuration(start, Math.floor)}`}
                  value={owners[index] ?? ''}
                  onChange={(event) => {
                    setOwners(owners.with(index, event.target.value || null))
                  }}
                >
                  {speakers.map(({ id, name }) => (
                    <option key={id} value={id}>
                      {name}
                    </option>
                  ))}
                </select>
              )}
              <textarea
                className="input input--segment"
                aria-label={`Text at ${formatDuration(start, Math.floor)}`}
                value={texts[index]}
                rows={Math.max(1, Math.ceil((texts[index]?.length ?? 0) / 60))}
                onChange={(event) => {
                  setTexts(texts.with(index, event.target.value))
                }}
              />
            </div>
          </li>
        ))}
      </ol>
      <div className="transcript__foot">
        <button type="submit" className="button button--primary" aria-disabled={saving || nameless}>
          {saving ? 'Saving…' : 'Save the correction'}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          Discard
        </button>
      </div>
    </form>
  )
}
