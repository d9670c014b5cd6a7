import { useState } from 'react'
import { ApiError } from '~/api/client'
import { addVoice } from '~/api/voices'
import { TextField } from '~/components/field'
import { Icon } from '~/components/icon'
import { ProblemNotice } from '~/components/problem-notice'
import { SourcePicker } from '~/components/source-picker'
import { splitTags } from '~/components/voice-row'
import { formatBytes, formatDuration } from '~/words/format'

interface VoiceAdderProps {
  maxBytes: number
  /** What is agreed to. */
  statement: string
  onAdded: () => void
}

interface Sample {
  file: File
  seconds: number | null
}

const longestRecordingSeconds = 300

/** A sample, whose voice it is, and the consent: nothing is sent before all three are there. */
export function VoiceAdder({ maxBytes, statement, onAdded }: VoiceAdderProps) {
  const [sample, setSample] = useState<Sample | null>(null)
  return (
    <div className="stack">
      <div>
        <h2>Add a voice</h2>
        <p className="field__hint">
          15 to 30 seconds of one person who speaks, in a quiet room. The sample is checked before it can be
          used.
        </p>
      </div>
      {sample ? (
        <SampleForm
          sample={sample}
          statement={statement}
          onRemove={() => {
            setSample(null)
          }}
          onAdded={() => {
            setSample(null)
            onAdded()
          }}
        />
      ) : (
        <SourcePicker
          maxBytes={maxBytes}
          maxSeconds={longestRecordingSeconds}
          onFile={(file, _, seconds) => {
            setSample({ file, seconds })
          }}
        />
      )}
    </div>
  )
}

interface SampleFormProps {
  sample: Sample
  statement: string
  onRemove: () => void
  onAdded: () => void
}

function SampleForm({ sample, statement, onRemove, onAdded }: SampleFormProps) {
  const [sending, setSending] = useState<number | null>(null)
  const [problem, setProblem] = useState<ApiError | null>(null)
  const errorAt = (field: string) => problem?.fieldErrors.find((error) => error.field === field)?.message

  const submit = async (form: FormData) => {
    const text = (name: string) => {
      const value = form.get(name)
      return typeof value === 'string' ? value.trim() : ''
    }
    setSending(0)
    setProblem(null)
    try {
      await addVoice(
        sample.file,
        {
          name: text('name'),
          tags: splitTags(text('tags')),
          consent: { statement, given_by: text('given_by') },
        },
        { signal: new AbortController().signal, onProgress: setSending },
      )
      onAdded()
    } catch (error) {
      setSending(null)
      setProblem(error instanceof ApiError ? error : new ApiError(0, 'network', 'The sample was not sent'))
    }
  }

  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (sending === null) void submit(new FormData(event.currentTarget))
      }}
    >
      <div className="sample-file">
        <Icon name="file" />
        <span className="sample-file__name" title={sample.file.name}>
          {sample.file.name}
        </span>
        <span className="field__hint numeric">
          {sample.seconds === null
            ? formatBytes(sample.file.size)
            : formatDuration(sample.seconds, Math.round)}
        </span>
        <button type="button" className="icon-button" onClick={onRemove} aria-label="Remove the sample">
          <Icon name="close" />
        </button>
      </div>
      <TextField
        label="Name of the voice"
        name="name"
        maxLength={80}
        required
        error={errorAt('voice_name')}
      />
      <TextField label="Tags" name="tags" hint="With commas between them, such as: warm, narrator" />
      <TextField
        label="Whose voice it is"
        name="given_by"
        maxLength={200}
        autoComplete="name"
        required
        hint="Full name. It is kept with the consent and shown to nobody but administrators."
      />
      <label className="consent">
        <input type="checkbox" name="agreed" required />
        <span>{statement}</span>
      </label>
      {sending !== null && <progress className="progress" max={1} value={sending} aria-label="Upload" />}
      {problem && <ProblemNotice problem={problem} />}
      <button
        type="submit"
        className="button button--primary button--large button--wide"
        aria-disabled={sending !== null}
      >
        {sending === null ? 'Add the voice' : 'Sending…'}
      </button>
    </form>
  )
}
