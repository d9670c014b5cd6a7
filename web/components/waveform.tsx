import type { KeyboardEvent, PointerEvent, RefObject } from 'react'
import { useEffect, useId, useMemo, useRef, useState } from 'react'
import { waveHeight, wavePath, waveScale } from '~/components/wave-path'
import { formatDuration, speakDuration } from '~/words/format'

/** Drawn until the page knows how wide it is. */
const assumedWidth = 720
const stepSeconds = 1
const pageSeconds = 10

export interface WaveLayer {
  peaks: number[]
  tone: 'before' | 'after' | 'ghost'
}

interface WaveformProps {
  label: string
  /** From back to front. */
  layers: WaveLayer[]
  /** Length of what is drawn, in seconds. */
  duration: number
  /** How much of it can be played, in seconds. */
  playable: number
  time: number
  onSeek: (seconds: number) => void
  onToggle: () => void
}

/** A picture of the sound that is a slider: click, drag, or arrows, Home, End, Page keys and Space. */
export function Waveform({ label, layers, duration, playable, time, onSeek, onToggle }: WaveformProps) {
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const clipId = useId().replaceAll(':', '')
  const paths = useMemo(() => {
    const scale = waveScale(...layers.map((layer) => layer.peaks))
    return layers.map((layer) => ({ tone: layer.tone, path: wavePath(layer.peaks, width, scale) }))
  }, [layers, width])
  const toX = (seconds: number) => (duration > 0 ? Math.min(1, seconds / duration) * width : 0)

  const seekTo = (seconds: number) => {
    onSeek(Math.min(Math.max(0, seconds), playable))
  }
  const seekToPointer = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    seekTo(((event.clientX - box.left) / box.width) * duration)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const target = keyTarget(event.key, time, playable)
    if (event.key === ' ') onToggle()
    else if (target === null) return
    else seekTo(target)
    event.preventDefault()
  }

  return (
    <div
      ref={frame}
      className="waveform"
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.round(playable * 10) / 10}
      aria-valuenow={Math.round(time * 10) / 10}
      aria-valuetext={`${speakDuration(time)} of ${speakDuration(playable)}`}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        seekToPointer(event)
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) seekToPointer(event)
      }}
    >
      <svg viewBox={`0 0 ${width} ${waveHeight}`} preserveAspectRatio="none" aria-hidden="true">
        <defs>
          <clipPath id={clipId}>
            <rect x="0" y="0" width={toX(time)} height={waveHeight} />
          </clipPath>
        </defs>
        {paths.map(({ tone, path }) => (
          <g key={tone} className={`wave wave--${tone}`}>
            <path d={path} className="wave__ahead" />
            <path d={path} className="wave__played" clipPath={`url(#${clipId})`} />
          </g>
        ))}
        {playable < duration && (
          <rect className="waveform__beyond" x={toX(playable)} y="0" width={width} height={waveHeight} />
        )}
        <line className="waveform__head" x1={toX(time)} x2={toX(time)} y1="0" y2={waveHeight} />
      </svg>
    </div>
  )
}

/** Position and length, with the width of the longest text it will hold. */
export function PlayClock({ time, duration }: { time: number; duration: number }) {
  return (
    <span className="play-clock numeric">
      {formatDuration(time, Math.floor)} <span aria-hidden="true">/</span>
      <span className="visually-hidden">of</span> {formatDuration(duration, Math.round)}
    </span>
  )
}

function keyTarget(key: string, time: number, end: number): number | null {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return time - stepSeconds
    case 'ArrowRight':
    case 'ArrowUp':
      return time + stepSeconds
    case 'PageDown':
      return time - pageSeconds
    case 'PageUp':
      return time + pageSeconds
    case 'Home':
      return 0
    case 'End':
      return end
    default:
      return null
  }
}

function useWidth(frame: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(assumedWidth)
  useEffect(() => {
    const element = frame.current
    if (!element) return
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) setWidth(Math.round(entry.contentRect.width))
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
    }
  }, [frame])
  return width
}
