import type { KeyboardEvent } from 'react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { TranscriptVersion } from '~/api/types'
import { ConfirmDialog } from '~/components/confirm-dialog'
import { TextField } from '~/components/field'
import { Icon } from '~/components/icon'
import { type RowProps, TranscriptText } from '~/components/transcript-text'
import type { Tracks } from '~/state/use-tracks'
import type { TranscriptDraft } from '~/state/use-transcript'
import { type Speaker, withAnotherSpeaker } from '~/transcript/speakers'
import { formatDuration } from '~/words/format'

interface TranscriptEditorProps {
  version: TranscriptVersion
  tracks: Tracks
  onSave: (draft: TranscriptDraft) => Promise<void>
  onDiscard: () => void
}

/** Names of speakers, and the text of every segment. Times are kept; an emptied segment goes. */
export function TranscriptEditor({ version, tracks, onSave, onDiscard }: TranscriptEditorProps) {
  const { segments } = version.transcript
  const [speakers, setSpeakers] = useState<Speaker[]>(version.transcript.speakers)
  const [owners, setOwners] = useState(() => segments.map(({ speaker }) => speaker))
  /** Texts that were changed, by segment; the rows themselves hold what is typed. */
  const texts = useRef(new Map<number, string>())
  const [changed, setChanged] = useState(false)
  const [leaving, setLeaving] = useState(false)
  const [saving, setSaving] = useState(false)
  const nameless = speakers.some(({ name }) => name.trim() === '')
  useUnsavedWarning(changed)

  const save = async () => {
    setSaving(true)
    await onSave({
      speakers: speakers.map(({ id, name }) => ({ id, name: name.trim() })),
      segments: segments.flatMap((segment, index) => {
        const text = (texts.current.get(index) ?? segment.text).trim()
        const speaker = owners[index] ?? null
        if (text === segment.text) return [{ ...segment, speaker }]
        // Without words: the server finds their times.
        return text === '' ? [] : [{ start: segment.start, end: segment.end, text, speaker }]
      }),
    })
    setSaving(false)
  }
  const type = useCallback((index: number, text: string) => {
    texts.current.set(index, text)
    setChanged(true)
  }, [])
  const assign = useCallback((index: number, speaker: string | null) => {
    setOwners((known) => known.map((owner, at) => (at === index ? speaker : owner)))
    setChanged(true)
  }, [])
  const renderRow = useCallback(
    ({ index, segment }: RowProps) => (
      <EditableRow
        start={segment.start}
        text={texts.current.get(index) ?? segment.text}
        speakers={speakers}
        owner={owners[index] ?? null}
        onType={(text) => {
          type(index, text)
        }}
        onAssign={(speaker) => {
          assign(index, speaker)
        }}
      />
    ),
    [speakers, owners, type, assign],
  )
  const toggleOnEscape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || leaving) return
    event.preventDefault()
    tracks.toggle()
  }

  return (
    <form
      className="stack"
      onKeyDown={toggleOnEscape}
      onSubmit={(event) => {
        event.preventDefault()
        if (!saving && !nameless) void save()
      }}
    >
      <SpeakerNames
        speakers={speakers}
        onChange={(next) => {
          setSpeakers(next)
          setChanged(true)
        }}
      />
      <TranscriptText
        segments={segments}
        time={tracks.time}
        playing={tracks.playing}
        onSeek={tracks.seek}
        renderRow={renderRow}
      />
      <div className="transcript__foot">
        <button type="submit" className="button button--primary" aria-disabled={saving || nameless}>
          {saving ? 'Saving…' : 'Save the correction'}
        </button>
        <button
          type="button"
          className="button"
          onClick={() => {
            if (changed) setLeaving(true)
            else onDiscard()
          }}
        >
          Discard
        </button>
        <span className="field__hint key-hint">
          <kbd>Enter</kbd> goes to the next line, <kbd>Esc</kbd> plays and pauses.
        </span>
      </div>
      {leaving && (
        <ConfirmDialog
          title="Discard your corrections?"
          confirm="Discard"
          onConfirm={onDiscard}
          onClose={() => {
            setLeaving(false)
          }}
        >
          <p>What you changed in this transcript is lost.</p>
        </ConfirmDialog>
      )}
    </form>
  )
}

interface SpeakerNamesProps {
  speakers: Speaker[]
  onChange: (speakers: Speaker[]) => void
}

function SpeakerNames({ speakers, onChange }: SpeakerNamesProps) {
  return (
    <fieldset className="transcript-editor__speakers">
      <legend className="field__label field__label--legend">Speakers</legend>
      {speakers.map(({ id, name }, index) => (
        <TextField
          key={id}
          label={`Name of speaker ${index + 1}`}
          value={name}
          maxLength={80}
          error={name.trim() === '' ? 'Give a name' : undefined}
          onChange={(event) => {
            onChange(
              speakers.map((speaker) =>
                speaker.id === id ? { ...speaker, name: event.target.value } : speaker,
              ),
            )
          }}
        />
      ))}
      <button
        type="button"
        className="button button--small"
        onClick={() => {
          onChange(withAnotherSpeaker(speakers))
        }}
      >
        <Icon name="plus" size={16} />
        Add a speaker
      </button>
    </fieldset>
  )
}

interface EditableRowProps {
  start: number
  text: string
  speakers: Speaker[]
  owner: string | null
  onType: (text: string) => void
  onAssign: (speaker: string | null) => void
}

function EditableRow({ start, text, speakers, owner, onType, onAssign }: EditableRowProps) {
  // The browser keeps the text from now on; drawing it again would move the cursor.
  const [initial] = useState(text)
  const at = formatDuration(start, Math.floor)
  const options = useMemo(
    () =>
      speakers.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      )),
    [speakers],
  )
  return (
    <div className="transcript__text">
      {speakers.length > 0 && (
        <select
          className="transcript__owner"
          aria-label={`Speaker at ${at}`}
          value={owner ?? ''}
          onChange={(event) => {
            onAssign(event.target.value || null)
          }}
        >
          <option value="">Nobody</option>
          {options}
        </select>
      )}
      <p
        className="transcript__edit"
        contentEditable="plaintext-only"
        suppressContentEditableWarning
        role="textbox"
        aria-multiline
        aria-label={`Text at ${at}`}
        spellCheck
        onInput={(event) => {
          onType(event.currentTarget.textContent)
        }}
        onKeyDown={goToNextOnEnter}
      >
        {initial}
      </p>
    </div>
  )
}

function goToNextOnEnter(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
  event.preventDefault()
  const all = [
    ...(event.currentTarget.closest('form')?.querySelectorAll<HTMLElement>('[role="textbox"]') ?? []),
  ]
  all[all.indexOf(event.currentTarget) + (event.shiftKey ? -1 : 1)]?.focus()
}

/** The browser asks before it closes or reloads the page. */
function useUnsavedWarning(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return
    const ask = (event: BeforeUnloadEvent) => {
      event.preventDefault()
    }
    window.addEventListener('beforeunload', ask)
    return () => {
      window.removeEventListener('beforeunload', ask)
    }
  }, [unsaved])
}
