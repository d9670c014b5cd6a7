import { useRevalidator } from '@remix-run/react'
import { useState } from 'react'
import { ApiError, downloadPath, prepareDownload } from '~/api/client'
import type { JobOutput, OutputKind } from '~/api/types'
import { Icon } from '~/components/icon'
import { ProblemNotice } from '~/components/problem-notice'
import { settingsOf, SoundSettings, usualSound, type SoundChoice } from '~/components/sound-settings'
import { formatDuration } from '~/words/format'

interface Format {
  /** On the wire; null for the output as it is. */
  id: string | null
  label: string
  hint: string
}

const audioFormats: Format[] = [
  { id: 'wav', label: 'WAV', hint: 'Exact, large. For further editing.' },
  { id: 'flac', label: 'FLAC', hint: 'Exact, about half of the size.' },
  { id: 'mp3', label: 'MP3', hint: 'Small, plays everywhere.' },
  { id: 'opus', label: 'Opus', hint: 'Smallest at the same quality.' },
  { id: 'm4a', label: 'M4A', hint: 'Small, at home on Apple devices.' },
]

const formatsOf: Record<OutputKind, Format[]> = {
  audio: audioFormats,
  video: [{ id: null, label: 'Video', hint: 'The picture with the edited sound.' }, ...audioFormats],
  transcript: [
    { id: 'txt', label: 'Text', hint: 'Plain text, a paragraph for every turn.' },
    { id: 'srt', label: 'SRT', hint: 'Captions, for most video players and editors.' },
    { id: 'vtt', label: 'VTT', hint: 'Captions for the web, with speakers.' },
    { id: 'docx', label: 'Word', hint: 'A document with times and speakers.' },
    { id: 'pdf', label: 'PDF', hint: 'Pages with times and speakers.' },
    { id: 'json', label: 'JSON', hint: 'Everything, with the times of every word.' },
  ],
  data: [{ id: null, label: 'JSON', hint: 'The data as it is.' }],
}

/** Captions that fit a video; what the studio takes where nothing is said. */
const usualLayout = { lineLength: 42, lines: 2 }
const captionFormats = ['srt', 'vtt']

interface DownloadPanelProps {
  jobId: string
  /** What the output will be, known before it is there. */
  kind: OutputKind
  output: JobOutput | null
  /** Whether its sound is speech. */
  speech: boolean
  secondsRemaining: number
  onDownloaded: () => Promise<void>
}

/** Choice of format, the price, and the one button that spends minutes. */
export function DownloadPanel(props: DownloadPanelProps) {
  const { jobId, kind, output, speech, secondsRemaining, onDownloaded } = props
  const formats = formatsOf[output?.kind ?? kind]
  const [chosen, setFormat] = useState<Format | null>(null)
  const format = chosen && formats.includes(chosen) ? chosen : formats[0]!
  const [layout, setLayout] = useState(usualLayout)
  const [sound, setSound] = useState<SoundChoice>(usualSound)
  const hasLayout = captionFormats.includes(format.id ?? '')
  const isSound = audioFormats.includes(format)
  const path = downloadPath(jobId, format.id, {
    ...(hasLayout && { max_line_length: String(layout.lineLength), max_lines: String(layout.lines) }),
    ...(isSound && settingsOf(sound)),
  })
  const [phase, setPhase] = useState<'ready' | 'preparing' | 'started'>('ready')
  const [problem, setProblem] = useState<ApiError | null>(null)
  const { revalidate } = useRevalidator()

  const download = async () => {
    setPhase('preparing')
    setProblem(null)
    try {
      await prepareDownload(path)
      saveFrom(path)
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
            <label key={option.label} className="segment">
              <input
                type="radio"
                name="format"
                value={option.label}
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
        {hasLayout && <CaptionLayout layout={layout} onChange={setLayout} />}
        {isSound && <SoundSettings sound={sound} speech={speech} onChange={setSound} />}
      </fieldset>
      <a
        className={`button button--large button--wide${isFound(output?.kind ?? kind) ? '' : ' button--primary'}`}
        href={output ? path : undefined}
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

/** What was only found is not what people are after: the button that goes on from there leads. */
function isFound(kind: OutputKind): boolean {
  return kind === 'data'
}

interface CaptionLayoutProps {
  layout: typeof usualLayout
  onChange: (layout: typeof usualLayout) => void
}

function CaptionLayout({ layout, onChange }: CaptionLayoutProps) {
  return (
    <div className="caption-layout">
      <label className="field__row">
        <span>Letters in a line</span>
        <select
          className="input input--select"
          value={layout.lineLength}
          onChange={(event) => {
            onChange({ ...layout, lineLength: Number(event.target.value) })
          }}
        >
          {[24, 32, 37, 42, 60, 80].map((length) => (
            <option key={length}>{length}</option>
          ))}
        </select>
      </label>
      <label className="field__row">
        <span>Lines at a time</span>
        <select
          className="input input--select"
          value={layout.lines}
          onChange={(event) => {
            onChange({ ...layout, lines: Number(event.target.value) })
          }}
        >
          {[1, 2, 3].map((lines) => (
            <option key={lines}>{lines}</option>
          ))}
        </select>
      </label>
    </div>
  )
}

export function priceInWords(output: JobOutput | null, secondsRemaining: number): string {
  if (output === null) return 'Ready when the processing is.'
  if (output.cost_seconds === 0) return 'This costs nothing.'
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
