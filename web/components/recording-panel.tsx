import { Icon } from '~/components/icon'
import type { RecorderState } from '~/state/use-recorder'
import { formatDuration } from '~/words/format'

const meterBars = 24
/** Above this the recording is close to being cut off. */
const loudFrom = 0.92

interface RecordingPanelProps {
  state: Extract<RecorderState, { phase: 'asking' | 'recording' }>
  onFinish: () => void
  onDiscard: () => void
}

export function RecordingPanel({ state, onFinish, onDiscard }: RecordingPanelProps) {
  const recording = state.phase === 'recording'
  const level = recording ? state.level : 0
  return (
    <div className="drop-zone drop-zone--recording">
      <p className="recording-clock numeric" role="timer">
        {formatDuration(recording ? state.seconds : 0, Math.floor)}
      </p>
      <LevelMeter level={level} />
      <p className="field__hint" role="status">
        {recording ? 'Recording. Your browser’s own noise filter is off.' : 'Allow the microphone to begin.'}
      </p>
      <div className="button-row drop-zone__actions">
        <button
          type="button"
          className="button button--primary"
          onClick={onFinish}
          disabled={!recording}
          autoFocus
        >
          <Icon name="check" />
          Finish
        </button>
        <button type="button" className="button" onClick={onDiscard} disabled={!recording}>
          Discard
        </button>
      </div>
    </div>
  )
}

function LevelMeter({ level }: { level: number }) {
  const lit = Math.round(level * meterBars)
  return (
    <svg
      className="level-meter"
      viewBox={`0 0 ${meterBars * 10} 24`}
      role="meter"
      aria-label="Level"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(level * 100)}
    >
      {Array.from({ length: meterBars }, (_, index) => (
        <rect
          key={index}
          className={levelClass(index, lit)}
          x={index * 10 + 2}
          y="2"
          width="6"
          height="20"
          rx="3"
        />
      ))}
    </svg>
  )
}

function levelClass(index: number, lit: number): string {
  if (index >= lit) return 'level'
  return index >= meterBars * loudFrom ? 'level level--loud' : 'level level--lit'
}
