import { useRevalidator } from '@remix-run/react'
import { useState } from 'react'
import { ApiError, downloadPath, prepareDownload } from '~/api/client'
import type { JobOutput } from '~/api/types'
import { Icon } from '~/components/icon'
import { ProblemNotice } from '~/components/problem-notice'
import { formatDuration } from '~/words/format'

const formats = [
  { id: 'wav', label: 'WAV', hint: 'Exact, large. For further editing.' },
  { id: 'flac', label: 'FLAC', hint: 'Exact, about half of the size.' },
  { id: 'mp3', label: 'MP3', hint: 'Small, plays everywhere.' },
  { id: 'opus', label: 'Opus', hint: 'Smallest at the same quality.' },
  { id: 'm4a', label: 'M4A', hint: 'Small, at home on Apple devices.' },
] as const

interface DownloadPanelProps {
  jobId: string
  output: JobOutput | null
  secondsRemaining: number
  onDownloaded: () => Promise<void>
}

/** Choice of format, the price, and the one button that spends minutes. */
export function DownloadPanel({ jobId, output, secondsRemaining, onDownloaded }: DownloadPanelProps) {
  const [format, setFormat] = useState<(typeof formats)[number]>(formats[0])
  const [phase, setPhase] = useState<'ready' | 'preparing' | 'started'>('ready')
  const [problem, setProblem] = useState<ApiError | null>(null)
  const { revalidate } = useRevalidator()

  const download = async () => {
    setPhase('preparing')
    setProblem(null)
    try {
      await prepareDownload(jobId, format.id)
      saveFrom(downloadPath(jobId, format.id))
      setPhase('started')
      await onDownloaded()
      revalidate()
    } catch (error) {
      setPhase('ready')
      setProblem(error instanceof ApiError ? error : new ApiError(0, 'internal', 'The download failed'))
    }
  }

  return (
    <section className="card stack" aria-label="Download">
      <fieldset disabled={output === null}>
        <legend className="card__title card__title--legend">Download</legend>
        <div className="segments">
          {formats.map((option) => (
            <label key={option.id} className="segment">
              <input
                type="radio"
                name="format"
                value={option.id}
                checked={option.id === format.id}
                onChange={() => {
                  setFormat(option)
                  setPhase('ready')
                }}
              />
              <span>{option.label}</span>
            </label>
          ))}
        </div>
        <p className="field__hint">{format.hint}</p>
      </fieldset>
      <a
        className="button button--primary button--large button--wide"
        href={output ? downloadPath(jobId, format.id) : undefined}
        role={output ? undefined : 'link'}
        aria-disabled={output === null || phase === 'preparing'}
        onClick={(event) => {
          event.preventDefault()
          if (output && phase !== 'preparing') void download()
        }}
      >
        <Icon name="download" />
        {phase === 'preparing' ? 'Preparing…' : `Download ${format.label}`}
      </a>
      <p className="field__hint" role="status">
        {phase === 'started' ? 'Your download has begun.' : priceInWords(output, secondsRemaining)}
      </p>
      {problem && <ProblemNotice problem={problem} />}
    </section>
  )
}

export function priceInWords(output: JobOutput | null, secondsRemaining: number): string {
  if (output === null) return 'Ready when the processing is.'
  if (output.downloaded) return 'Paid already: every further download is free, in any format.'
  const left = formatDuration(secondsRemaining, Math.floor)
  return `Takes ${formatDuration(output.cost_seconds)} of your ${left}, once. Further downloads are free, in any format.`
}

function saveFrom(path: string): void {
  const link = document.createElement('a')
  link.href = path
  link.download = ''
  document.body.append(link)
  link.click()
  link.remove()
}
