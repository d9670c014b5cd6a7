import { useNavigate } from '@remix-run/react'
import { useState } from 'react'
import { ApiError, startJob } from '~/api/client'
import { ownAddress } from '~/api/own-address'
import type { JobView } from '~/api/types'
import { Notice } from '~/components/notice'
import { ProblemNotice } from '~/components/problem-notice'
import { humanise, plural } from '~/words/format'

/** What a trial run of the voice editor found. */
export interface EditHit {
  id: string
  start: number
  end: number
  text: string
  kind: string
  action: string
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
  const [excluded, setExcluded] = useState<ReadonlySet<string>>(new Set())
  const [starting, setStarting] = useState(false)
  const [problem, setProblem] = useState<ApiError | null>(null)
  const navigate = useNavigate()
  const uploadId = job.input?.upload_id ?? null
  const chosen = hits.length - excluded.size

  const apply = async (from: string) => {
    setStarting(true)
    setProblem(null)
    try {
      const { job_id } = await startJob({
        uploadId: from,
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
        <p>Look for other words, or give the times yourself.</p>
      </Notice>
    )
  }
  return (
    <section className="stack" aria-label="What would be edited">
      <ul className="hits">
        {hits.map((hit) => (
          <HitRow
            key={hit.id}
            hit={hit}
            previewUrl={output.artifacts.find(({ name }) => name === hit.preview)?.url ?? null}
            chosen={!excluded.has(hit.id)}
            onChoose={(yes) => {
              const others = [...excluded].filter((id) => id !== hit.id)
              setExcluded(new Set(yes ? others : [...others, hit.id]))
            }}
          />
        ))}
      </ul>
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
          {starting ? 'Starting…' : `Edit ${plural(chosen, 'place')}`}
        </button>
      )}
    </section>
  )
}

interface HitRowProps {
  hit: EditHit
  previewUrl: string | null
  chosen: boolean
  onChoose: (chosen: boolean) => void
}

function HitRow({ hit, previewUrl, chosen, onChoose }: HitRowProps) {
  const label = hit.text || humanise(hit.kind)
  return (
    <li className="hits__row" data-off={!chosen || undefined}>
      <label className="hits__label">
        <input
          type="checkbox"
          checked={chosen}
          onChange={(event) => {
            onChoose(event.target.checked)
          }}
        />
        <span>
          <strong>{label}</strong>{' '}
          <span className="field__hint numeric">
            {humanise(hit.action)} · {hit.start.toFixed(2)}–{hit.end.toFixed(2)} s
          </span>
        </span>
      </label>
      {previewUrl && (
        <audio controls preload="none" src={ownAddress(previewUrl)} aria-label={`Listen to ${label}`} />
      )}
    </li>
  )
}
