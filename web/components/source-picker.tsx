import { useEffect, useId, useRef, useState } from 'react'
import { Icon } from '~/components/icon'
import { Notice } from '~/components/notice'
import { RecordingPanel } from '~/components/recording-panel'
import { useRecorder } from '~/state/use-recorder'
import { formatBytes, speakDuration } from '~/words/format'

interface SourcePickerProps {
  maxBytes: number
  maxSeconds: number | null
  onFile: (file: File, origin: 'file' | 'recording', knownSeconds: number | null) => void
}

/** Three ways in: drop a file anywhere on the page, choose one, or record. */
export function SourcePicker({ maxBytes, maxSeconds, onFile }: SourcePickerProps) {
  const [refusal, setRefusal] = useState<string | null>(null)
  const inputId = useId()
  const accept = (files: FileList | null) => {
    const file = files?.[0]
    if (!file) return
    const reason = refuse(file, maxBytes)
    setRefusal(reason)
    if (!reason) onFile(file, 'file', null)
  }
  const dragging = useDropAnywhere(accept)
  const recorder = useRecorder(maxSeconds, (file, seconds) => {
    onFile(file, 'recording', seconds)
  })

  if (recorder.state.phase === 'recording' || recorder.state.phase === 'asking') {
    return <RecordingPanel state={recorder.state} onFinish={recorder.finish} onDiscard={recorder.discard} />
  }
  return (
    <div className="source-picker">
      <div className={dragging ? 'drop-zone drop-zone--over' : 'drop-zone'}>
        <DropArt />
        <p className="drop-zone__title">{dragging ? 'Let go to add it' : 'Drop a recording here'}</p>
        <p className="field__hint">
          WAV, MP3, FLAC, OGG, M4A and most others, up to {formatBytes(maxBytes)}
          {maxSeconds ? ` or ${speakDuration(maxSeconds)}` : ''}
        </p>
        <div className="button-row drop-zone__actions">
          <input
            className="visually-hidden file-input"
            type="file"
            id={inputId}
            accept="audio/*,video/*,.flac,.opus,.ogg,.m4a,.mka,.aiff,.aif,.caf"
            onChange={(event) => {
              accept(event.target.files)
              event.target.value = ''
            }}
          />
          <label className="button" htmlFor={inputId}>
            <Icon name="file" />
            Choose a file
          </label>
          <button
            type="button"
            className="button"
            onClick={() => {
              setRefusal(null)
              void recorder.begin()
            }}
          >
            <Icon name="microphone" />
            Record
          </button>
        </div>
      </div>
      {refusal && (
        <Notice tone="danger" title="This file cannot be used">
          <p>{refusal}</p>
        </Notice>
      )}
      {recorder.state.phase === 'refused' && (
        <Notice tone="danger" title={recorder.state.reason.title}>
          <p>{recorder.state.reason.advice}</p>
        </Notice>
      )}
    </div>
  )
}

function refuse(file: File, maxBytes: number): string | null {
  if (file.size === 0) return `“${file.name}” is empty. Choose another file.`
  if (file.size > maxBytes) {
    return `“${file.name}” has ${formatBytes(file.size)}; the limit is ${formatBytes(maxBytes)}. Save it as FLAC or MP3, or cut it into parts.`
  }
  return null
}

/** A file that misses the zone must not replace the page, so the whole window takes it. */
function useDropAnywhere(onFiles: (files: FileList | null) => void): boolean {
  const [dragging, setDragging] = useState(false)
  const handler = useRef(onFiles)
  useEffect(() => {
    handler.current = onFiles
  })
  useEffect(() => {
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const onDragOver = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      event.preventDefault()
      setDragging(true)
    }
    const onDragLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setDragging(false)
    }
    const onDrop = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      event.preventDefault()
      setDragging(false)
      handler.current(event.dataTransfer?.files ?? null)
    }
    window.addEventListener('dragover', onDragOver)
    window.addEventListener('dragleave', onDragLeave)
    window.addEventListener('drop', onDrop)
    return () => {
      window.removeEventListener('dragover', onDragOver)
      window.removeEventListener('dragleave', onDragLeave)
      window.removeEventListener('drop', onDrop)
    }
  }, [])
  return dragging
}

function DropArt() {
  const heights = [10, 22, 36, 18, 48, 30, 56, 40, 24, 44, 16, 28, 12]
  return (
    <svg className="drop-art" width="130" height="60" viewBox="0 0 130 60" aria-hidden="true">
      {heights.map((height, index) => (
        <rect
          key={index}
          className={index < 5 ? 'brand__before' : 'brand__after'}
          x={index * 10 + 2}
          y={30 - height / 2}
          width="5"
          height={height}
          rx="2.5"
        />
      ))}
    </svg>
  )
}
