import { useNavigate } from '@remix-run/react'
import { useState } from 'react'
import { ApiError, startJob } from '~/api/client'
import { ownAddress } from '~/api/own-address'
import type { JobView } from '~/api/types'
import { Icon } from '~/components/icon'
import { Notice } from '~/components/notice'
import { ProblemNotice } from '~/components/problem-notice'
import { humanise, plural } from '~/words/format'
import { writeTimecode } from '~/words/timecode'

/** What a trial run of the voice editor found. */
export interface EditHit {
  id: string
  start: number
  end: number
  text: string
  kind: string
  action: string
  /** False where the settings leave it as it is. */
  enabled: boolean
  /** Name of the artifact that holds its sound. */
  preview: string | null
}

/** Reads the hits out of a job's details; null where there are none to show. */
export function hitsOf(output: NonNullable<JobView['output']>): EditHit[] | null {
  const hits = output.details?.hits
  return Array.isArray(hits) ? (hits as EditHit[]) : null
}

interface HitsViewProps {
  job: JobView
  output: NonNullable<JobView['output']>
  hits: EditHit[]
}

/** The places that would be edited, each to be heard and switched off, and the button that does the rest. */
export function HitsView({ job, output, hits }: HitsViewProps) {
  const [excluded, setExcluded] = useState<ReadonlySet<string>>(
    () => new Set(hits.filter(({ enabled }) => !enabled).map(({ id }) => id)),
  )
  const [starting, setStarting] = useState(false)
  const [problem, setProblem] = useState<ApiError | null>(null)
  const navigate = useNavigate()
  /** One sound at a time. */
  const [playing, setPlaying] = useState<{ id: string; url: string } | null>(null)
  const uploadId = job.input?.upload_id ?? null
  const total = Number(output.details?.hit_count ?? hits.length)
  const chosen = total - excluded.size

  const apply = async (from: string) => {
    setStarting(true)
    setProblem(null)
    try {
      const { job_id } = await startJob({
        input: { uploadId: from },
        capability: job.capability,
        modelName: job.model_name,
        parameters: { ...job.parameters, dry_run: false, exclude: [...excluded] },
      })
      navigate(`/jobs/${job_id}`)
    } catch (error) {
      setStarting(false)
      if (error instanceof ApiError) setProblem(error)
    }
  }
  if (hits.length === 0) {
    return (
      <Notice tone="info" title="Nothing was found to edit">
        <p>Look for other words, or give the times yourself: open “Run again with other settings”.</p>
      </Notice>
    )
  }
  const stop = () => {
    setPlaying(null)
  }
  const choose = (id: string, yes: boolean) => {
    const others = [...excluded].filter((other) => other !== id)
    setExcluded(new Set(yes ? others : [...others, id]))
  }
  return (
    <section className="stack" aria-label="What would be edited">
      <div className="hits-head">
        <div>
          <h2>{plural(total, 'place')} found</h2>
          <p className="field__hint">Listen to each as it would become. Switch off what is to stay.</p>
        </div>
        {hits.length > 1 && (
          <button
            type="button"
            className="button button--small"
            onClick={() => {
              setExcluded(new Set(excluded.size > 0 ? [] : hits.map(({ id }) => id)))
            }}
          >
            {excluded.size > 0 ? 'Switch all on' : 'Switch all off'}
          </button>
        )}
      </div>
      {playing && <audio key={playing.id} src={playing.url} autoPlay onEnded={stop} onError={stop} />}
      <ul className="hits">
        {hits.map((hit) => (
          <HitRow
            key={hit.id}
            hit={hit}
            chosen={!excluded.has(hit.id)}
            playing={playing?.id === hit.id}
            onPlay={clipOf(output, hit, (url) => {
              setPlaying(playing?.id === hit.id ? null : { id: hit.id, url })
            })}
            onChoose={(yes) => {
              choose(hit.id, yes)
            }}
          />
        ))}
      </ul>
      {total > hits.length && (
        <p className="field__hint">{plural(total - hits.length, 'more place')} are in the downloaded list.</p>
      )}
      {problem && <ProblemNotice problem={problem} />}
      {uploadId && (
        <button
          type="button"
          className="button button--primary button--large button--wide"
          aria-disabled={starting || chosen === 0}
          onClick={() => {
            if (!starting && chosen > 0) void apply(uploadId)
          }}
        >
          {starting
            ? 'Starting…'
            : chosen === 0
              ? 'Nothing is switched on'
              : `Edit ${plural(chosen, 'place')}`}
        </button>
      )}
    </section>
  )
}

/** Null where there is no clip of it. */
function clipOf(output: HitsViewProps['output'], hit: EditHit, play: (url: string) => void) {
  const url = output.artifacts.find(({ name }) => name === hit.preview)?.url
  return url
    ? () => {
        play(ownAddress(url))
      }
    : null
}

interface HitRowProps {
  hit: EditHit
  chosen: boolean
  playing: boolean
  onPlay: (() => void) | null
  onChoose: (chosen: boolean) => void
}

function HitRow({ hit, chosen, playing, onPlay, onChoose }: HitRowProps) {
  const label = hit.text || humanise(hit.kind)
  const times = `${writeTimecode(round(hit.start))} – ${writeTimecode(round(hit.end))}`
  return (
    <li className="hits__row" data-off={!chosen || undefined}>
      {onPlay && (
        <button
          type="button"
          className="play-button play-button--quiet play-button--small"
          aria-label={playing ? `Stop ${label}` : `Listen to ${label} at ${writeTimecode(round(hit.start))}`}
          onClick={onPlay}
        >
          <Icon name={playing ? 'pause' : 'play'} size={16} />
        </button>
      )}
      <label className="hits__label">
        <span className="hits__text">
          <strong>{label}</strong>
          <span className="field__hint numeric">
            {humanise(hit.action)} · {times}
          </span>
        </span>
        <input
          className="switch__input"
          type="checkbox"
          role="switch"
          checked={chosen}
          onChange={(event) => {
            onChoose(event.target.checked)
          }}
        />
      </label>
    </li>
  )
}

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100
}
