import { useEffect, useMemo, useRef, useState } from 'react'
import { Icon } from '~/components/icon'
import { Notice } from '~/components/notice'
import { PlayClock, Waveform, type WaveLayer } from '~/components/waveform'
import { useTracks } from '~/state/use-tracks'
import { formatDuration } from '~/words/format'

export type Side = 'before' | 'after'

const sides: { side: Side; label: string }[] = [
  { side: 'before', label: 'Before' },
  { side: 'after', label: 'After' },
]

interface ComparisonPlayerProps {
  beforeUrl: string | null
  afterUrl: string
  waveform: { input: number[]; output: number[] } | null
  /** Length of the whole result, in seconds. */
  durationSeconds: number
  /** Called when the signed addresses no longer work. */
  onExpired: () => void
}

/** One transport for the recording as it came and as it is now. */
export function ComparisonPlayer({
  beforeUrl,
  afterUrl,
  waveform,
  durationSeconds,
  onExpired,
}: ComparisonPlayerProps) {
  const [side, setSide] = useState<Side>('after')
  const heard = side === 'before' && beforeUrl ? 'before' : 'after'
  const tracks = useTracks(heard === 'before' ? 0 : 1)
  useSwitchKey(beforeUrl !== null, () => {
    setSide((current) => (current === 'after' ? 'before' : 'after'))
  })
  useRenewal(tracks.failed, onExpired)

  const playable = tracks.duration > 0 ? Math.min(tracks.duration, durationSeconds) : durationSeconds
  const shortened = durationSeconds - playable > 1
  const layers = useMemo(() => layersFor(heard, waveform), [heard, waveform])

  return (
    <section className="player" aria-label="Listen">
      {beforeUrl && <audio ref={tracks.attach(0)} src={beforeUrl} preload="auto" />}
      <audio ref={tracks.attach(1)} src={afterUrl} preload="auto" />
      <Waveform
        label="Position"
        layers={layers}
        duration={durationSeconds}
        playable={playable}
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
        <PlayClock time={tracks.time} duration={durationSeconds} />
        {beforeUrl && <SideSwitch side={heard} onChange={setSide} />}
      </div>
      <p className="player__hint">
        {shortened
          ? `The free preview plays the first ${formatDuration(playable, Math.round)}; the download holds all of it.`
          : 'The preview is a light copy; the download has the full quality.'}
        {beforeUrl && (
          <span className="key-hint">
            {' '}
            Press <kbd>B</kbd> to switch.
          </span>
        )}
      </p>
      {tracks.failed && (
        <Notice tone="warning" title="The preview could not be played">
          <p>Reload the page. The download is not affected.</p>
        </Notice>
      )}
    </section>
  )
}

function SideSwitch({ side, onChange }: { side: Side; onChange: (side: Side) => void }) {
  return (
    <fieldset className="side-switch">
      <legend className="visually-hidden">Which version plays</legend>
      <div className="segments">
        {sides.map((option) => (
          <label key={option.side} className={`segment segment--${option.side}`}>
            <input
              type="radio"
              name="side"
              value={option.side}
              checked={option.side === side}
              onChange={() => {
                onChange(option.side)
              }}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

/** What was taken away stays visible behind what is left. */
function layersFor(side: Side, waveform: ComparisonPlayerProps['waveform']): WaveLayer[] {
  if (!waveform) return []
  if (side === 'before') return [{ peaks: waveform.input, tone: 'before' }]
  return [
    { peaks: waveform.input, tone: 'ghost' },
    { peaks: waveform.output, tone: 'after' },
  ]
}

function useSwitchKey(enabled: boolean, onSwitch: () => void): void {
  const handler = useRef(onSwitch)
  useEffect(() => {
    handler.current = onSwitch
  })
  useEffect(() => {
    if (!enabled) return
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'b' || event.ctrlKey || event.metaKey || event.altKey) return
      if (isTyping(event.target)) return
      handler.current()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => {
      window.removeEventListener('keydown', onKeyDown)
    }
  }, [enabled])
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  const writesText =
    target instanceof HTMLInputElement && !['radio', 'checkbox', 'range'].includes(target.type)
  return writesText || target.isContentEditable || ['TEXTAREA', 'SELECT'].includes(target.tagName)
}

/** Signed addresses expire while a page stays open: new ones are asked for once. */
function useRenewal(failed: boolean, onExpired: () => void): void {
  const asked = useRef(false)
  useEffect(() => {
    if (!failed || asked.current) return
    asked.current = true
    onExpired()
  }, [failed, onExpired])
}
