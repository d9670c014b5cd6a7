import { useNavigate } from '@remix-run/react'
import { useCallback, useMemo, useState } from 'react'
import { alignTranscript, uploadPath } from '~/api/client'
import type { JobView, TranscriptVersion } from '~/api/types'
import { Icon } from '~/components/icon'
import { Notice } from '~/components/notice'
import { ProblemNotice } from '~/components/problem-notice'
import { TranscriptEditor } from '~/components/transcript-editor'
import { type RowProps, TranscriptText, Words } from '~/components/transcript-text'
import { PlayClock, Waveform, type WaveLayer } from '~/components/waveform'
import { type Tracks, useTracks } from '~/state/use-tracks'
import { useTranscript } from '~/state/use-transcript'
import { speakerChanges } from '~/transcript/speakers'

interface TranscriptViewProps {
  job: JobView
  output: NonNullable<JobView['output']>
}

const longSeconds = 180

/** A transcript beside its recording: a click on a word plays it, and the word that is heard is marked. */
export function TranscriptView({ job, output }: TranscriptViewProps) {
  // What is free grows to the whole with the first download.
  const transcript = useTranscript(job.job_id, output.downloaded)
  const { version, problem, attempt } = transcript
  const [editing, setEditing] = useState(false)
  const navigate = useNavigate()
  const tracks = useTracks(0)
  const uploadId = job.input?.upload_id ?? null

  return (
    <section
      className="stack transcript-view"
      aria-label="Transcript"
      data-long={output.duration_seconds > longSeconds || undefined}
    >
      {uploadId && <RecordingPlayer uploadId={uploadId} output={output} tracks={tracks} />}
      {problem && <ProblemNotice problem={problem} />}
      {!version && !problem && <TranscriptWaits />}
      {version && editing && (
        <TranscriptEditor
          version={version}
          tracks={tracks}
          onSave={async (draft) => {
            if (await transcript.correct(draft)) setEditing(false)
          }}
          onDiscard={() => {
            setEditing(false)
          }}
        />
      )}
      {version && !editing && (
        <>
          <ReadTranscript version={version} tracks={tracks} />
          <TranscriptFoot
            version={version}
            paid={output.downloaded}
            newest={transcript.newest}
            onVersion={(number) => void transcript.show(number)}
            onEdit={() => {
              setEditing(true)
            }}
            onAlign={() =>
              void attempt(async () => {
                const { job_id } = await alignTranscript(job.job_id)
                navigate(`/jobs/${job_id}`)
              })
            }
          />
        </>
      )}
    </section>
  )
}

interface RecordingPlayerProps {
  uploadId: string
  output: NonNullable<JobView['output']>
  tracks: Tracks
}

function RecordingPlayer({ uploadId, output, tracks }: RecordingPlayerProps) {
  const peaks = output.waveform?.input
  const layers = useMemo<WaveLayer[]>(() => (peaks ? [{ peaks, tone: 'before' }] : []), [peaks])
  return (
    <div className="player player--transcript">
      <audio ref={tracks.attach(0)} src={uploadPath(uploadId)} preload="metadata" />
      <Waveform
        label="Position"
        layers={layers}
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
      {tracks.failed && (
        <Notice tone="warning" title="The recording could not be played">
          <p>It may no longer be kept. The transcript is not affected.</p>
        </Notice>
      )}
    </div>
  )
}

/** Takes the room that the text will have. */
function TranscriptWaits() {
  return (
    <>
      <p className="transcript-waits field__hint" role="status">
        Loading the transcript…
      </p>
      <div className="transcript__foot" />
    </>
  )
}

function ReadTranscript({ version, tracks }: { version: TranscriptVersion; tracks: Tracks }) {
  const { segments, speakers } = version.transcript
  const { seek } = tracks
  const names = useMemo(
    () =>
      speakerChanges(
        segments.map(({ speaker }) => speaker),
        speakers,
      ),
    [segments, speakers],
  )
  const renderRow = useCallback(
    ({ index, segment, heard }: RowProps) => (
      <p className="transcript__text">
        {names[index] && <strong className="transcript__speaker">{names[index]}</strong>}
        <Words segment={segment} heardWord={heard?.word ?? null} onSeek={seek} />
      </p>
    ),
    [names, seek],
  )
  if (segments.length === 0) {
    return (
      <Notice tone="info" title="No speech was found">
        <p>The recording seems to hold no words, or none that this model understands.</p>
      </Notice>
    )
  }
  return (
    <TranscriptText
      segments={segments}
      time={tracks.time}
      playing={tracks.playing}
      onSeek={seek}
      renderRow={renderRow}
    />
  )
}

interface TranscriptFootProps {
  version: TranscriptVersion
  paid: boolean
  /** Number of the newest version. */
  newest: number
  onVersion: (version: number) => void
  onEdit: () => void
  onAlign: () => void
}

function TranscriptFoot({ version, paid, newest, onVersion, onEdit, onAlign }: TranscriptFootProps) {
  if (!version.complete) {
    return (
      <Notice tone="info" title="This is the free beginning">
        <p>The first download opens the whole transcript, here and as a file. Then you can correct it.</p>
      </Notice>
    )
  }
  if (!paid) {
    return (
      <p className="transcript__foot field__hint">Once you have downloaded it, you can correct it here.</p>
    )
  }
  const isNewest = version.version === newest
  return (
    <div className="transcript__foot">
      {isNewest && (
        <button type="button" className="button button--small" onClick={onEdit}>
          Correct the text
        </button>
      )}
      {isNewest && newest > 1 && (
        <button
          type="button"
          className="button button--small"
          title="Finds the times of the corrected words, as a new result"
          onClick={onAlign}
        >
          Align to the recording again
        </button>
      )}
      {newest > 1 ? (
        <select
          className="input input--select transcript__version"
          aria-label="Version"
          value={version.version}
          onChange={(event) => {
            onVersion(Number(event.target.value))
          }}
        >
          {Array.from({ length: newest }, (_, index) => newest - index).map((number) => (
            <option key={number} value={number}>
              {`Version ${number}${number === 1 ? ', as recognised' : number === newest ? ', newest' : ''}`}
            </option>
          ))}
        </select>
      ) : (
        <span className="field__hint">As it was recognised.</span>
      )}
    </div>
  )
}
