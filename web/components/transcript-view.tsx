import { useNavigate } from '@remix-run/react'
import { memo, useEffect, useRef, useState } from 'react'
import { alignTranscript, ApiError, correctTranscript, readTranscript, uploadPath } from '~/api/client'
import type { JobView, TranscriptSegment, TranscriptVersion } from '~/api/types'
import { Icon } from '~/components/icon'
import { Notice } from '~/components/notice'
import { ProblemNotice } from '~/components/problem-notice'
import { TranscriptEditor, type TranscriptDraft } from '~/components/transcript-editor'
import { PlayClock, Waveform } from '~/components/waveform'
import { useTracks } from '~/state/use-tracks'
import { formatDuration } from '~/words/format'

interface TranscriptViewProps {
  job: JobView
  output: NonNullable<JobView['output']>
}

/** A transcript beside its recording: a click on a word plays it, and the word that is heard is marked. */
export function TranscriptView({ job, output }: TranscriptViewProps) {
  const [version, setVersion] = useState<TranscriptVersion | null>(null)
  const [editing, setEditing] = useState(false)
  const [problem, setProblem] = useState<ApiError | null>(null)
  const navigate = useNavigate()
  const tracks = useTracks(0)
  const uploadId = job.input?.upload_id ?? null

  useEffect(() => {
    const abort = new AbortController()
    readTranscript(job.job_id, abort.signal).then(setVersion, (error: unknown) => {
      if (error instanceof ApiError) setProblem(error)
    })
    return () => {
      abort.abort()
    }
    // What is free grows to the whole with the first download.
  }, [job.job_id, output.downloaded])

  const attempt = async (work: () => Promise<void>) => {
    setProblem(null)
    try {
      await work()
    } catch (error) {
      if (error instanceof ApiError) setProblem(error)
    }
  }
  const save = (draft: TranscriptDraft) =>
    attempt(async () => {
      if (!version) return
      setVersion(await correctTranscript(job.job_id, { version: version.version, transcript: draft }))
      setEditing(false)
    })
  const align = () =>
    attempt(async () => {
      const { job_id } = await alignTranscript(job.job_id)
      navigate(`/jobs/${job_id}`)
    })

  return (
    <section className="stack" aria-label="Transcript">
      {uploadId && (
        <div className="player player--transcript">
          <audio ref={tracks.attach(0)} src={uploadPath(uploadId)} preload="metadata" />
          <Waveform
            label="Position"
            layers={[{ peaks: output.waveform?.input ?? [], tone: 'before' }]}
            duration={output.duration_seconds}
            playable={output.duration_seconds}
            time={tracks.time}
            onSeek={tracks.seek}
            onToggle={tracks.toggle}
          />
          <div className="transport">
            <button
              type="button"
              className="play-button"
              onClick={tracks.toggle}
              aria-label={tracks.playing ? 'Pause' : 'Play'}
            >
              <Icon name={tracks.playing ? 'pause' : 'play'} size={22} />
            </button>
            <PlayClock time={tracks.time} duration={output.duration_seconds} />
          </div>
        </div>
      )}
      {problem && <ProblemNotice problem={problem} />}
      {!version && !problem && <p className="field__hint">Loading the transcript…</p>}
      {version && editing && (
        <TranscriptEditor
          version={version}
          onSave={save}
          onCancel={() => {
            setEditing(false)
          }}
        />
      )}
      {version && !editing && (
        <>
          <TranscriptText version={version} time={tracks.time} onSeek={tracks.seek} />
          <TranscriptFoot
            version={version}
            onEdit={() => {
              setEditing(true)
            }}
            onAlign={() => void align()}
          />
        </>
      )}
    </section>
  )
}

interface TranscriptTextProps {
  version: TranscriptVersion
  time: number
  onSeek: (seconds: number) => void
}

function TranscriptText({ version, time, onSeek }: TranscriptTextProps) {
  const { segments, speakers } = version.transcript
  if (segments.length === 0) {
    return (
      <Notice tone="info" title="No speech was found">
        <p>The recording seems to hold no words, or none that this model understands.</p>
      </Notice>
    )
  }
  const names = new Map(speakers.map(({ id, name }) => [id, name]))
  return (
    <ol className="transcript">
      {segments.map((segment, index) => (
        <SegmentRow
          key={`${segment.start}-${index}`}
          segment={segment}
          speaker={newSpeaker(segments, index, names)}
          // Only the segment that is heard is drawn again while the recording plays.
          time={time >= segment.start && time < segment.end + 0.3 ? time : null}
          onSeek={onSeek}
        />
      ))}
    </ol>
  )
}

function newSpeaker(segments: TranscriptSegment[], index: number, names: Map<string, string>): string | null {
  const { speaker } = segments[index]!
  if (speaker === null || segments[index - 1]?.speaker === speaker) return null
  return names.get(speaker) ?? speaker
}

interface SegmentRowProps {
  segment: TranscriptSegment
  speaker: string | null
  time: number | null
  onSeek: (seconds: number) => void
}

const SegmentRow = memo(function SegmentRow({ segment, speaker, time, onSeek }: SegmentRowProps) {
  const row = useRef<HTMLLIElement>(null)
  const heard = time !== null
  useEffect(() => {
    if (heard) row.current?.scrollIntoView({ block: 'nearest' })
  }, [heard])
  return (
    <li className="transcript__row" ref={row} data-heard={heard || undefined}>
      <button
        type="button"
        className="transcript__time numeric"
        aria-label={`Play from ${formatDuration(segment.start, Math.floor)}`}
        onClick={() => {
          onSeek(segment.start)
        }}
      >
        {formatDuration(segment.start, Math.floor)}
      </button>
      <p className="transcript__text">
        {speaker && <strong className="transcript__speaker">{speaker}</strong>}
        {segment.words.length === 0
          ? segment.text
          : segment.words.map((word, index) => (
              // The row's button does the same for the keyboard.
              <span
                key={index}
                className="transcript__word"
                data-heard={(time !== null && time >= word.start && time < word.end) || undefined}
                data-unsure={word.confidence < 0.5 || undefined}
                onClick={() => {
                  onSeek(word.start)
                }}
              >
                {word.text}{' '}
              </span>
            ))}
      </p>
    </li>
  )
})

interface TranscriptFootProps {
  version: TranscriptVersion
  onEdit: () => void
  onAlign: () => void
}

function TranscriptFoot({ version, onEdit, onAlign }: TranscriptFootProps) {
  if (!version.complete) {
    return (
      <p className="field__hint">
        This is the free beginning. The first download opens the whole transcript, here and as a file.
      </p>
    )
  }
  return (
    <div className="transcript__foot">
      <button type="button" className="button button--small" onClick={onEdit}>
        Correct the text
      </button>
      {version.version > 1 && (
        <button type="button" className="button button--small" onClick={onAlign}>
          Align to the recording again
        </button>
      )}
      <span className="field__hint">
        {version.version > 1
          ? `Correction ${version.version - 1}. Downloads hold it.`
          : 'As it was recognised.'}
      </span>
    </div>
  )
}
