import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { Link, useLoaderData, useNavigate } from '@remix-run/react'
import { useState } from 'react'
import { ApiError, startJob } from '~/api/client'
import { ownAddress } from '~/api/own-address'
import { type CapabilityDescription, isFinished, type JobView, type OutputKind } from '~/api/types'
import { ComparisonPlayer } from '~/components/comparison-player'
import { DownloadPanel } from '~/components/download-panel'
import { DubEditor } from '~/components/dub-editor'
import { HitsView, hitsOf } from '~/components/hits-view'
import { Icon } from '~/components/icon'
import { JobFacts } from '~/components/job-facts'
import { JobProgress } from '~/components/job-progress'
import { Notice } from '~/components/notice'
import { ProblemNotice } from '~/components/problem-notice'
import { type Settings, SettingsForm } from '~/components/settings-form'
import { StatusPill } from '~/components/status-pill'
import { TranscriptView } from '~/components/transcript-view'
import { againWith, dubOf } from '~/dubbing/dub-lines'
import { requireLogIn } from '~/session'
import { useJob } from '~/state/use-job'
import { explain } from '~/words/errors'

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: `${data ? titleOf(data.job) : 'Not found'} · Timbre` },
]

export async function loader({ request, params, context }: LoaderFunctionArgs) {
  requireLogIn(request, context)
  const [job, capabilities, account] = await Promise.all([
    context.getJob(params.jobId ?? ''),
    context.capabilities(),
    context.account(),
  ])
  if (!job) throw new Response(null, { status: 404 })
  return { job, capabilities, secondsRemaining: account?.secondsRemaining ?? 0 }
}

export default function JobPage() {
  const { job: initial, capabilities, secondsRemaining } = useLoaderData<typeof loader>()
  // Another job is another page: no state of the one before may stay.
  return (
    <JobDetail
      key={initial.job_id}
      initial={initial}
      capabilities={capabilities}
      secondsRemaining={secondsRemaining}
    />
  )
}

interface JobDetailProps {
  initial: JobView
  capabilities: CapabilityDescription[]
  secondsRemaining: number
}

function JobDetail({ initial, capabilities, secondsRemaining }: JobDetailProps) {
  const { job, refresh } = useJob(initial)
  const capability = capabilities.find(({ id }) => id === job.capability)
  const uploadId = job.input?.upload_id ?? null
  const facts = (
    <section className="card" aria-label="Settings of this result">
      <JobFacts job={job} capability={capability} />
    </section>
  )
  return (
    <main id="main" tabIndex={-1} className="page">
      <div className="page-head job-head">
        <div className="job-head__name">
          <p className="field__hint">{capability?.title ?? job.capability}</p>
          <h1 title={titleOf(job)}>{titleOf(job)}</h1>
        </div>
        <StatusPill status={job.status} />
      </div>
      {/* Two columns where there is room; on a phone in this order, with the download next to the result. */}
      <div className="columns">
        <section className={`card stage stage--${expectedKind(job)}`} aria-label="Result">
          <Stage job={job} refresh={refresh} />
          <p className="visually-hidden" role="status">
            {job.status === 'completed' ? finishedInWords(job) : ''}
          </p>
        </section>
        {hasNoResult(job) ? (
          facts
        ) : (
          <DownloadPanel
            jobId={job.job_id}
            kind={expectedKind(job)}
            output={job.status === 'completed' ? job.output : null}
            speech={capability?.sound?.speech === true}
            secondsRemaining={secondsRemaining}
            onDownloaded={refresh}
          />
        )}
        <div className="stack">
          {uploadId && isFinished(job.status) && !isInputUnusable(job) && (
            <RunAgain job={job} uploadId={uploadId} capabilities={capabilities} />
          )}
          <Link
            className={isInputUnusable(job) ? 'button button--primary' : 'button'}
            to={job.input_text === null ? '/studio' : `/studio?capability=${job.capability}`}
          >
            <Icon name={job.input_text === null ? 'upload' : 'file'} />
            {job.input_text === null ? 'Another recording' : 'Another text'}
          </Link>
        </div>
        {!hasNoResult(job) && facts}
      </div>
    </main>
  )
}

function Stage({ job, refresh }: { job: JobView; refresh: () => Promise<void> }) {
  if (!isFinished(job.status)) return <JobProgress job={job} onChanged={refresh} />
  if (job.status === 'completed' && job.output)
    return <Result job={job} output={job.output} refresh={refresh} />
  if (job.status === 'canceled') {
    return (
      <div className="empty">
        <h2>Canceled</h2>
        <p>Nothing was charged.</p>
      </div>
    )
  }
  const words = explain(job.error?.code ?? 'internal', job.error?.message)
  const dub = isInputUnusable(job) ? null : dubOf(job)
  return (
    <>
      <div className="empty" role="alert">
        <Icon className="empty__alert" name="alert" size={36} />
        <h2>{words.title}</h2>
        <p className="empty__text">{words.advice}</p>
        {!words.advice.includes('charged') && <p>Nothing was charged.</p>}
      </div>
      {dub && <DubEditor job={job} dub={dub} />}
    </>
  )
}

interface ResultProps {
  job: JobView
  output: NonNullable<JobView['output']>
  refresh: () => Promise<void>
}

function Result({ job, output, refresh }: ResultProps) {
  if (output.kind === 'transcript') return <TranscriptView job={job} output={output} />
  const hits = output.kind === 'data' ? hitsOf(output) : null
  if (hits) return <HitsView job={job} output={output} hits={hits} />
  const dub = dubOf(job)
  if (!dub) return <Player job={job} output={output} refresh={refresh} />
  return (
    <div className="stack">
      {!dub.review && <Player job={job} output={output} refresh={refresh} />}
      <DubEditor job={job} dub={dub} />
    </div>
  )
}

function Player({ job, output, refresh }: ResultProps) {
  if (!output.preview_url) {
    return (
      <Notice tone="info" title="There is no preview of this result">
        <p>You can still download it.</p>
      </Notice>
    )
  }
  const before = job.input?.preview_url
  return (
    <ComparisonPlayer
      beforeUrl={before ? ownAddress(before) : null}
      afterUrl={ownAddress(output.preview_url)}
      waveform={output.waveform}
      durationSeconds={output.duration_seconds}
      onExpired={() => void refresh()}
    />
  )
}

interface RunAgainProps {
  job: JobView
  uploadId: string
  capabilities: CapabilityDescription[]
}

function RunAgain({ job, uploadId, capabilities }: RunAgainProps) {
  const navigate = useNavigate()
  const [starting, setStarting] = useState(false)
  const [problem, setProblem] = useState<ApiError | null>(null)
  const start = async (settings: Settings) => {
    setStarting(true)
    setProblem(null)
    try {
      const { job_id } = await startJob({ input: { uploadId }, ...againWith(job, settings) })
      navigate(`/jobs/${job_id}`)
    } catch (error) {
      setStarting(false)
      if (error instanceof ApiError) setProblem(error)
    }
  }
  return (
    <details className="card disclosure">
      <summary>
        <Icon name="repeat" />
        Run again with other settings
      </summary>
      <SettingsForm
        capabilities={capabilities.filter(({ inputs }) => inputs.includes('audio'))}
        initial={{ capability: job.capability, modelName: job.model_name, parameters: job.parameters }}
        fieldErrors={problem?.fieldErrors ?? []}
        submitLabel={starting ? 'Starting…' : 'Run again'}
        disabled={starting}
        onSubmit={(settings) => void start(settings)}
      >
        <p className="field__hint">The recording is not uploaded again. This result stays in your history.</p>
        {problem && <ProblemNotice problem={problem} />}
      </SettingsForm>
    </details>
  )
}

function hasNoResult(job: JobView): boolean {
  return job.status === 'failed' || job.status === 'canceled'
}

/** What the output will be, as far as it can be told before there is one. */
function expectedKind(job: JobView): OutputKind {
  if (job.capability === 'speech-to-text') return 'transcript'
  return job.parameters.dry_run === true || job.parameters.review === true ? 'data' : 'audio'
}

function finishedInWords({ output }: JobView): string {
  if (output?.kind === 'transcript') return 'Finished. You can read the transcript now.'
  if (output?.kind === 'data') return 'Finished. You can check what was found now.'
  return 'Finished. You can listen and compare now.'
}

/** No settings will make something else of such a file. */
function isInputUnusable(job: JobView): boolean {
  return ['invalid_media', 'unsupported_media', 'media_too_long', 'upload_expired'].includes(
    job.error?.code ?? '',
  )
}

function titleOf(job: JobView): string {
  return job.input?.filename ?? job.input_text ?? job.output?.filename ?? 'Recording'
}
