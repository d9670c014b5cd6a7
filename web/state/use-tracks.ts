import { useCallback, useEffect, useRef, useState } from 'react'

/** Beyond this the silent track jumps to the heard one, in seconds; below, its speed closes the gap unheard. */
const jumpAtDrift = 0.25
const strongestCorrection = 0.05

export interface Tracks {
  playing: boolean
  /** Position in seconds. */
  time: number
  /** Length of the heard track in seconds; 0 until it is known. */
  duration: number
  failed: boolean
  toggle: () => void
  seek: (seconds: number) => void
  /** For the `<audio>` of each track. */
  attach: (index: number) => (element: HTMLAudioElement | null) => void
}

/**
 * Plays several versions of one recording in step, of which one is heard. Switching happens at the same instant of
 * the sound, because all of them run and only `muted` changes.
 *
 * @param heard index of the track that is not muted
 */
export function useTracks(heard: number): Tracks {
  const elements = useRef<(HTMLAudioElement | null)[]>([])
  const attachers = useRef(new Map<number, (element: HTMLAudioElement | null) => void>())
  const [playing, setPlaying] = useState(false)
  const [time, setTime] = useState(0)
  const [duration, setDuration] = useState(0)
  const [failed, setFailed] = useState(false)

  const all = useCallback(() => elements.current.filter((element) => element !== null), [])

  const attach = useCallback((index: number) => {
    const known = attachers.current.get(index)
    if (known) return known
    const attacher = (element: HTMLAudioElement | null) => {
      elements.current[index] = element
    }
    attachers.current.set(index, attacher)
    return attacher
  }, [])

  useEffect(() => {
    elements.current.forEach((element, index) => {
      if (element) element.muted = index !== heard
    })
    const lead = elements.current[heard]
    if (!lead) return
    lead.playbackRate = 1
    const readLength = () => {
      if (Number.isFinite(lead.duration)) setDuration(lead.duration)
    }
    const onEnded = () => {
      for (const element of all()) element.pause()
      setPlaying(false)
      setTime(lead.duration)
    }
    const onError = () => {
      setPlaying(false)
      setFailed(true)
    }
    const onReady = () => {
      setFailed(false)
      readLength()
    }
    readLength()
    lead.addEventListener('durationchange', onReady)
    lead.addEventListener('ended', onEnded)
    lead.addEventListener('error', onError)
    return () => {
      lead.removeEventListener('durationchange', onReady)
      lead.removeEventListener('ended', onEnded)
      lead.removeEventListener('error', onError)
    }
  }, [heard, all])

  useEffect(() => {
    if (!playing) return
    let frame = requestAnimationFrame(function follow() {
      const lead = elements.current[heard]
      if (lead) {
        setTime(lead.currentTime)
        for (const element of all()) if (element !== lead) keepInStep(element, lead)
      }
      frame = requestAnimationFrame(follow)
    })
    return () => {
      cancelAnimationFrame(frame)
    }
  }, [playing, heard, all])

  const seek = useCallback(
    (seconds: number) => {
      const target = Math.max(0, seconds)
      for (const element of all()) element.currentTime = target
      setTime(target)
    },
    [all],
  )

  const toggle = useCallback(() => {
    const lead = elements.current[heard]
    if (!lead) return
    if (!lead.paused) {
      for (const element of all()) element.pause()
      setPlaying(false)
      return
    }
    if (lead.ended || lead.currentTime >= lead.duration) seek(0)
    Promise.all(all().map((element) => element.play())).then(
      () => {
        setPlaying(true)
      },
      () => {
        for (const element of all()) element.pause()
        setPlaying(false)
      },
    )
  }, [all, heard, seek])

  return { playing, time, duration, failed, toggle, seek, attach }
}

function keepInStep(follower: HTMLAudioElement, lead: HTMLAudioElement): void {
  if (follower.seeking || lead.seeking || follower.ended) return
  const drift = follower.currentTime - lead.currentTime
  if (Math.abs(drift) > jumpAtDrift) follower.currentTime = lead.currentTime
  else follower.playbackRate = 1 - Math.max(-strongestCorrection, Math.min(strongestCorrection, drift))
}
