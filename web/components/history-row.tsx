import { Link } from '@remix-run/react'
import { isFinished, type JobView } from '~/api/types'
import { Icon } from '~/components/icon'
import { LocalTime } from '~/components/local-time'
import { StatusPill } from '~/components/status-pill'
import { explain } from '~/words/errors'
import { formatDuration } from '~/words/format'

interface HistoryRowProps {
  job: JobView
  /** Title of the job's capability. */
  capability: string
  onCancel: () => void
  onDelete: () => void
}

export function HistoryRow({ job, capability, onCancel, onDelete }: HistoryRowProps) {
  const name = job.input?.filename ?? job.input_text ?? 'Text'
  const seconds = job.output?.duration_seconds ?? job.input?.duration_seconds ?? null
  return (
    <li className="history__row">
      <div className="history__main">
        <Link className="history__name" to={`/jobs/${job.job_id}`} title={name}>
          {name}
        </Link>
        <p className="field__hint">
          {capability}
          {seconds !== null && (
            <span className="numeric"> · {formatDuration(seconds, Math.round)}</span>
          )} · <LocalTime iso={job.created_at} />
        </p>
        {job.error && job.status === 'failed' && (
          <p className="history__error">{explain(job.error.code, job.error.message).title}</p>
        )}
      </div>
      <div className="history__status">
        <StatusPill status={job.status} />
        {job.status === 'processing' && (
          <span className="field__hint numeric">{Math.floor(job.progress.fraction * 100)} %</span>
        )}
      </div>
      {isFinished(job.status) ? (
        <button
          type="button"
          className="icon-button"
          onClick={onDelete}
          aria-label={`Delete ${name}`}
          title="Delete"
        >
          <Icon name="trash" />
        </button>
      ) : (
        <button
          type="button"
          className="icon-button"
          onClick={onCancel}
          aria-label={`Cancel ${name}`}
          title="Cancel"
        >
          <Icon name="close" />
        </button>
      )}
    </li>
  )
}
