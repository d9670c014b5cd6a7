import { useEffect, useRef, useState } from 'react'
import { cancelJob } from '~/api/client'
import type { JobView } from '~/api/types'
import { EarlyListening } from '~/components/early-listening'
import { humanise, formatDuration } from '~/words/format'

interface JobProgressProps {
  job: JobView
  onChanged: () => Promise<void>
}

/** What the studio is doing right now, with a way to stop it. */
export function JobProgress({ job, onChanged }: JobProgressProps) {
  const [canceling, setCanceling] = useState(false)
  const [failed, setFailed] = useState(false)
  const percent = Math.floor(job.progress.fraction * 100)
  const stage = stageInWords(job)
  const cancel = async () => {
    setCanceling(true)
    setFailed(false)
    try {
      await cancelJob(job.job_id)
      await onChanged()
    } catch {
      setFailed(true)
    }
    setCanceling(false)
  }
  return (
    <div className="job-progress">
      <ProgressArt fraction={job.progress.fraction} />
      <div className="job-progress__line">
        <span>{stage}</span>
        <span className="numeric">{job.status === 'processing' ? `${percent} %` : ''}</span>
      </div>
      <progress
        className="progress"
        max={1}
        value={job.status === 'processing' ? job.progress.fraction : 0}
        aria-label="Progress"
      />
      {/* Read out in quarters: every step would be noise of its own. */}
      <p className="visually-hidden" role="status">
        {stage}
        {percent >= 25 ? `, ${Math.floor(percent / 25) * 25} percent` : ''}
      </p>
      {job.stream_url && <EarlyListening src={job.stream_url} />}
      {job.progress.text && <LiveText text={job.progress.text} />}
      <div className="job-progress__foot">
        <Elapsed since={job.created_at} />
        <button
          type="button"
          className="button button--small"
          onClick={() => void cancel()}
          aria-disabled={canceling}
        >
          {canceling ? 'Canceling…' : 'Cancel'}
        </button>
      </div>
      {failed && (
        <p className="field__error" role="alert">
          It could not be canceled. Try again.
        </p>
      )}
    </div>
  )
}

/** Stages that handlers report, as people would say them; others are shown as they are named. */
const stages: Record<string, string> = {
  queued: 'Starting',
  denoise: 'Removing the noise',
  recognise: 'Listening',
  align: 'Finding every word',
  write: 'Writing the transcript',
  'extract-sound': 'Taking the sound out of the video',
  analyze: 'Measuring the recording',
  recognize: 'Looking for the words',
  edit: 'Editing',
  'write-video': 'Writing the video',
  speak: 'Speaking',
  synthesise: 'Speaking',
  done: 'Finishing',
}

/** What was understood so far, as far as it is free; the newest lines stay in sight. */
function LiveText({ text }: { text: string }) {
  const frame = useRef<HTMLDivElement>(null)
  useEffect(() => {
    frame.current?.scrollTo({ top: frame.current.scrollHeight })
  }, [text])
  return (
    <div className="live-text" ref={frame} tabIndex={0} role="log" aria-label="Text so far" aria-live="off">
      {text}
    </div>
  )
}

function stageInWords(job: JobView): string {
  if (job.progress.stage === 'waiting-for-upload') return 'Waiting for the upload'
  if (job.status === 'pending') return 'Waiting for a free worker'
  return stages[job.progress.stage] ?? humanise(job.progress.stage || 'starting')
}

function Elapsed({ since }: { since: string }) {
  const [seconds, setSeconds] = useState<number | null>(null)
  useEffect(() => {
    const read = () => {
      setSeconds((Date.now() - Date.parse(since)) / 1000)
    }
    read()
    const timer = setInterval(read, 1000)
    return () => {
      clearInterval(timer)
    }
  }, [since])
  return (
    <span className="field__hint numeric">
      {seconds === null ? '' : `${formatDuration(seconds, Math.floor)} so far`}
    </span>
  )
}

const artBars = 48

/** Rough bars that settle as the work goes on: the mark of the product, at work. */
function ProgressArt({ fraction }: { fraction: number }) {
  return (
    <svg
      className="progress-art"
      viewBox={`0 0 ${artBars * 10} 80`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {Array.from({ length: artBars }, (_, index) => {
        const done = index < fraction * artBars
        const shape = Math.abs(Math.sin(index * 0.55) * Math.cos(index * 0.17))
        const roughness = ((index * 7919) % 23) / 23
        const height = done ? 6 + shape * 62 : 14 + shape * 48 + roughness * 14
        return (
          <rect
            key={index}
            className={done ? 'brand__after' : 'progress-art__rough'}
            x={index * 10 + 2}
            y={40 - height / 2}
            width="5"
            height={height}
            rx="2.5"
          />
        )
      })}
    </svg>
  )
}
