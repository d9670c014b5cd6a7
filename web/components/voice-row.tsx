import { useState } from 'react'
import type { VoiceStatus, VoiceView } from '~/api/types'
import { samplePath } from '~/api/voices'
import { Icon } from '~/components/icon'
import { SampleButton } from '~/components/sample-button'
import { humanise, plural } from '~/words/format'

interface VoiceRowProps {
  voice: VoiceView
  onChange: (changes: { name: string; tags: string[] }) => void
  onDelete: () => void
}

const statuses: Record<VoiceStatus, { label: string; pill: string } | null> = {
  ready: null,
  checking: { label: 'Checking', pill: 'processing' },
  awaiting_moderation: { label: 'Waits for approval', pill: 'pending' },
  rejected: { label: 'Not accepted', pill: 'failed' },
}

/** One voice: who it is, how its check went, and what its owner may do with it. */
export function VoiceRow({ voice, onChange, onDelete }: VoiceRowProps) {
  const [editing, setEditing] = useState(false)
  const status = statuses[voice.status]
  const own = voice.kind === 'library'
  if (editing) {
    return (
      <li className="voice-row voice-row--editing">
        <VoiceEditor
          voice={voice}
          onSave={(changes) => {
            setEditing(false)
            onChange(changes)
          }}
          onClose={() => {
            setEditing(false)
          }}
        />
      </li>
    )
  }
  return (
    <li className={own ? 'voice-row voice-row--own' : 'voice-row'}>
      <div className="voice-row__main">
        <h2 className="voice-row__name">
          {voice.name}
          {status && <span className={`pill pill--${status.pill}`}>{status.label}</span>}
        </h2>
        <p className="field__hint">{factsInWords(voice)}</p>
        {voice.tags.length > 0 && (
          <ul className="tags" aria-label="Tags">
            {voice.tags.map((tag) => (
              <li className="tag" key={tag}>
                {tag}
              </li>
            ))}
          </ul>
        )}
        {voice.status === 'rejected' && <Advice voice={voice} />}
      </div>
      <div className="voice-row__actions">
        {voice.status === 'ready' && (
          <SampleButton src={samplePath(voice.id)} label={`the sample of ${voice.name}`} />
        )}
        {own && (
          <>
            <button
              type="button"
              className="button button--small"
              onClick={() => {
                setEditing(true)
              }}
              aria-label={`Rename ${voice.name}`}
            >
              Rename
            </button>
            <button
              type="button"
              className="icon-button"
              onClick={onDelete}
              aria-label={`Delete ${voice.name}`}
              title="Delete"
            >
              <Icon name="trash" />
            </button>
          </>
        )}
      </div>
    </li>
  )
}

/** Each check that did not pass, with what to do about it. */
function Advice({ voice: { findings, reason } }: { voice: VoiceView }) {
  const advice = findings.flatMap((finding) => (finding.advice ? [finding.advice] : []))
  const sentences = advice.length > 0 ? advice : [reason ?? 'Record another sample.']
  return (
    <ul className="voice-row__advice">
      {sentences.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  )
}

function factsInWords(voice: VoiceView): string {
  const facts = [
    voice.kind === 'preset' ? 'Preset' : 'Your voice',
    voice.gender && humanise(voice.gender),
    voice.language,
    voice.pitch_hz !== null && `${voice.pitch_hz} Hz`,
    voice.kind === 'library' &&
      voice.speech_seconds !== null &&
      `${plural(Math.round(voice.speech_seconds), 'second')} of speech`,
  ]
  return facts.filter(Boolean).join(' · ')
}

interface VoiceEditorProps {
  voice: VoiceView
  onSave: (changes: { name: string; tags: string[] }) => void
  onClose: () => void
}

function VoiceEditor({ voice, onSave, onClose }: VoiceEditorProps) {
  const [name, setName] = useState(voice.name)
  const [tags, setTags] = useState(voice.tags.join(', '))
  return (
    <form
      className="voice-editor"
      onSubmit={(event) => {
        event.preventDefault()
        onSave({ name: name.trim(), tags: splitTags(tags) })
      }}
    >
      <label className="field">
        <span className="field__label">Name</span>
        <input
          className="input"
          value={name}
          maxLength={80}
          required
          autoFocus
          onChange={(event) => {
            setName(event.target.value)
          }}
        />
      </label>
      <label className="field">
        <span className="field__label">Tags</span>
        <input
          className="input"
          value={tags}
          placeholder="warm, narrator"
          onChange={(event) => {
            setTags(event.target.value)
          }}
        />
      </label>
      <div className="button-row">
        <button type="submit" className="button button--primary button--small">
          Save
        </button>
        <button type="button" className="button button--small" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  )
}

export function splitTags(text: string): string[] {
  return [...new Set(text.split(',').map((tag) => tag.trim().toLowerCase()))].filter(Boolean).slice(0, 20)
}
