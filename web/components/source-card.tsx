import { useMemo } from 'react'
import { Icon } from '~/components/icon'
import { Notice } from '~/components/notice'
import { PlayClock, Waveform, type WaveLayer } from '~/components/waveform'
import type { AudioSource } from '~/state/audio-source'
import type { UploadState } from '~/state/use-upload'
import { useTracks } from '~/state/use-tracks'
import { explain } from '~/words/errors'
import { formatBytes, formatDuration } from '~/words/format'

interface SourceCardProps {
  source: AudioSource
  upload: UploadState
  onRemove: () => void
  onRetry: () => void
}

/** The recording that was chosen, to be heard before anything happens to it, and how far its upload is. */
export function SourceCard({ source, upload, onRemove, onRetry }: SourceCardProps) {
  const { file, durationSeconds } = source
  return (
    <div className="source-card">
      <div className="source-card__head">
        <div className="source-card__name">
          <h2 title={file.name}>{file.name}</h2>
          <p className="field__hint numeric">
            {[
              durationSeconds === null ? null : formatDuration(durationSeconds, Math.round),
              formatBytes(file.size),
            ]
              .filter(Boolean)
              .join(' · ')}
          </p>
        </div>
        <button type="button" className="button button--small" onClick={onRemove}>
          <Icon name="close" size={16} />
          {upload.phase === 'sending' ? 'Stop upload' : 'Remove'}
        </button>
      </div>
      {durationSeconds === null && source.inspected ? (
        <div className="source-card__unread">
          <Notice tone="warning" title="Your browser cannot play this file">
            <p>It may not be a recording. The studio checks it again after the upload.</p>
          </Notice>
        </div>
      ) : (
        <SourcePlayer source={source} duration={durationSeconds ?? 0} />
      )}
      <UploadProgress upload={upload} onRetry={onRetry} />
    </div>
  )
}

function SourcePlayer({ source, duration }: { source: AudioSource; duration: number }) {
  const tracks = useTracks(0)
  const layers = useMemo<WaveLayer[]>(() => [{ peaks: source.peaks, tone: 'before' }], [source.peaks])
  return (
    <div className="player">
      <audio ref={tracks.attach(0)} src={source.url} preload="auto" />
      <Waveform
        label="Position in your recording"
        layers={layers}
        duration={duration}
        playable={duration}
        time={tracks.time}
        onSeek={tracks.seek}
        onToggle={tracks.toggle}
      />
      <div className="transport">
        <button
          type="button"
          className="play-button play-button--quiet"
          onClick={tracks.toggle}
          aria-label={tracks.playing ? 'Pause' : 'Play your recording'}
        >
          <Icon name={tracks.playing ? 'pause' : 'play'} size={20} />
        </button>
        <PlayClock time={tracks.time} duration={duration} />
      </div>
    </div>
  )
}

function UploadProgress({ upload, onRetry }: { upload: UploadState; onRetry: () => void }) {
  if (upload.phase === 'failed') {
    const words = explain(upload.error.code, upload.error.message)
    return (
      <Notice tone="danger" title={words.title}>
        <p>{words.advice}</p>
        <p>
          <button type="button" className="text-button" onClick={onRetry}>
            Send it again
          </button>
        </p>
      </Notice>
    )
  }
  const fraction = upload.phase === 'sending' ? upload.fraction : upload.phase === 'sent' ? 1 : 0
  return (
    <div className="upload-progress">
      <progress className="progress" max={1} value={fraction} aria-label="Upload" />
      <p className="field__hint numeric" role="status">
        {upload.phase === 'sent' ? 'Uploaded' : `Uploading, ${Math.floor(fraction * 100)} %`}
      </p>
    </div>
  )
}
