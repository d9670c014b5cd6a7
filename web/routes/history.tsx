import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { Form, Link, useLoaderData, useRevalidator, useSearchParams, useSubmit } from '@remix-run/react'
import { useEffect, useState } from 'react'
import { cancelJob, deleteJob } from '~/api/client'
import { isFinished, type JobStatus, type JobView } from '~/api/types'
import { ConfirmDialog } from '~/components/confirm-dialog'
import { HistoryRow } from '~/components/history-row'
import { Notice } from '~/components/notice'
import { jobStatuses } from '~/components/status-pill'
import { requireLogIn } from '~/session'

const pageSize = 20
const refreshMs = 3000

export const meta: MetaFunction = () => [{ title: 'History · Timbre' }]

export async function loader({ request, context }: LoaderFunctionArgs) {
  requireLogIn(request, context)
  const query = new URL(request.url).searchParams
  const status = jobStatuses.find(([id]) => id === query.get('status'))?.[0]
  const capability = filled(query.get('capability'))
  const startingAfter = filled(query.get('after'))
  const [page, capabilities] = await Promise.all([
    context.listJobs({ limit: pageSize, startingAfter, capability, status }),
    context.capabilities(),
  ])
  return {
    jobs: page.data,
    hasMore: page.has_more,
    capabilities: capabilities.map(({ id, title }) => ({ id, title })),
    filter: { status: status ?? null, capability: capability ?? null },
    first: startingAfter === undefined,
  }
}

/** Forms send what was left empty. */
function filled(value: string | null): string | undefined {
  return value === null || value === '' ? undefined : value
}

export default function History() {
  const { jobs, hasMore, capabilities, filter, first } = useLoaderData<typeof loader>()
  const { revalidate } = useRevalidator()
  const [doomed, setDoomed] = useState<JobView | null>(null)
  const [failed, setFailed] = useState(false)
  useFreshWhile(jobs.some((job) => !isFinished(job.status)))

  const act = async (action: Promise<void>) => {
    setFailed(false)
    await action.catch(() => {
      setFailed(true)
    })
    revalidate()
  }
  const filtered = filter.status !== null || filter.capability !== null
  return (
    <main id="main" tabIndex={-1} className="page">
      <div className="page-head">
        <h1>History</h1>
        <Filters capabilities={capabilities} filter={filter} />
      </div>
      {failed && (
        <Notice tone="danger" title="That did not work">
          <p>Reload the page and try again.</p>
        </Notice>
      )}
      {jobs.length === 0 ? (
        <EmptyHistory filtered={filtered || !first} />
      ) : (
        <ul className="card history" aria-label="Jobs, newest first">
          {jobs.map((job) => (
            <HistoryRow
              key={job.job_id}
              job={job}
              capability={capabilities.find(({ id }) => id === job.capability)?.title ?? job.capability}
              onCancel={() => void act(cancelJob(job.job_id))}
              onDelete={() => {
                setDoomed(job)
              }}
            />
          ))}
        </ul>
      )}
      <Pages first={first} hasMore={hasMore} lastId={jobs.at(-1)?.job_id} />
      {doomed && (
        <ConfirmDialog
          title="Delete this recording and its result?"
          confirm="Delete"
          onClose={() => {
            setDoomed(null)
          }}
          onConfirm={() => {
            setDoomed(null)
            void act(deleteJob(doomed.job_id))
          }}
        >
          <p>
            “{doomed.input?.filename ?? doomed.capability}” cannot be brought back. Minutes that were paid
            stay paid.
          </p>
        </ConfirmDialog>
      )}
    </main>
  )
}

interface FiltersProps {
  capabilities: { id: string; title: string }[]
  filter: { status: JobStatus | null; capability: string | null }
}

/** A plain GET form: the address says what is shown. */
function Filters({ capabilities, filter }: FiltersProps) {
  const submit = useSubmit()
  return (
    <Form
      method="get"
      className="button-row"
      onChange={(event) => {
        submit(event.currentTarget)
      }}
    >
      <label>
        <span className="visually-hidden">Status</span>
        <select name="status" className="input input--select" defaultValue={filter.status ?? ''}>
          <option value="">Any status</option>
          {jobStatuses.map(([id, label]) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span className="visually-hidden">Capability</span>
        <select name="capability" className="input input--select" defaultValue={filter.capability ?? ''}>
          <option value="">Any capability</option>
          {capabilities.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <noscript>
        <button className="button button--small" type="submit">
          Show
        </button>
      </noscript>
    </Form>
  )
}

function EmptyHistory({ filtered }: { filtered: boolean }) {
  return (
    <div className="card empty">
      <h2>{filtered ? 'Nothing matches' : 'Nothing here yet'}</h2>
      <p>
        {filtered ? 'Choose another status or capability.' : 'What you process in the studio is listed here.'}
      </p>
      <Link className={filtered ? 'button' : 'button button--primary'} to={filtered ? '/history' : '/studio'}>
        {filtered ? 'Show everything' : 'Go to the studio'}
      </Link>
    </div>
  )
}

function Pages({ first, hasMore, lastId }: { first: boolean; hasMore: boolean; lastId: string | undefined }) {
  const [search] = useSearchParams()
  const withCursor = (after: string | null) => {
    const next = new URLSearchParams(search)
    if (after) next.set('after', after)
    else next.delete('after')
    return `?${next.toString()}`
  }
  if (first && !hasMore) return null
  return (
    <nav className="pages" aria-label="Pages">
      {!first && (
        <Link className="button button--small" to={withCursor(null)}>
          Newest
        </Link>
      )}
      {hasMore && lastId && (
        <Link className="button button--small" to={withCursor(lastId)}>
          Older
        </Link>
      )}
    </nav>
  )
}

/** Keeps the list up to date while something on it moves and somebody looks. */
function useFreshWhile(active: boolean): void {
  const { revalidate } = useRevalidator()
  useEffect(() => {
    if (!active) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') revalidate()
    }, refreshMs)
    return () => {
      clearInterval(timer)
    }
  }, [active, revalidate])
}
