import { useEffect, useRef, useState } from 'react'
import { Icon } from '~/components/icon'

interface SampleButtonProps {
  /** Fetched when it is played first. */
  src: string
  /** What is played, for people who do not see the button. */
  label: string
}

/** Plays and pauses one short recording; another one that begins silences it. */
export function SampleButton({ src, label }: SampleButtonProps) {
  const audio = useRef<HTMLAudioElement>(null)
  const [playing, setPlaying] = useState(false)
  useEffect(() => {
    const element = audio.current
    const onPlay = (event: Event) => {
      if (event.target !== element) element?.pause()
    }
    document.addEventListener('play', onPlay, true)
    return () => {
      document.removeEventListener('play', onPlay, true)
    }
  }, [])
  const toggle = () => {
    const element = audio.current
    if (!element) return
    if (element.paused) element.play().catch(() => undefined)
    else element.pause()
  }
  return (
    <>
      <audio
        ref={audio}
        src={src}
        preload="none"
        onPlay={() => {
          setPlaying(true)
        }}
        onPause={() => {
          setPlaying(false)
        }}
      />
      <button
        type="button"
        className="icon-button"
        onClick={toggle}
        aria-label={playing ? `Pause ${label}` : `Play ${label}`}
        title={playing ? 'Pause' : 'Play'}
      >
        <Icon name={playing ? 'pause' : 'play'} />
      </button>
    </>
  )
}
