import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLoaderData, useNavigate } from '@remix-run/react'
import { useEffect, useState } from 'react'
import { ApiError, startJob } from '~/api/client'
import { CostEstimate } from '~/components/cost-estimate'
import { ProblemNotice } from '~/components/problem-notice'
import { type Settings, SettingsForm } from '~/components/settings-form'
import { SourceCard } from '~/components/source-card'
import { SourcePicker } from '~/components/source-picker'
import { requireLogIn } from '~/session'
import { type AudioSource, inspectSource, openSource, releaseSource } from '~/state/audio-source'
import { useUpload } from '~/state/use-upload'

export const meta: MetaFunction = () => [{ title: 'Studio · Timbre' }]

export async function loader({ request, context }: LoaderFunctionArgs) {
  requireLogIn(request, context)
  const [capabilities, account] = await Promise.all([context.capabilities(), context.account()])
  return {
    capabilities: capabilities.filter((capability) => capability.inputs.includes('audio')),
    secondsRemaining: account?.secondsRemaining ?? 0,
    maxUploadBytes: context.maxUploadBytes,
  }
}

export default function Studio() {
  const { capabilities, secondsRemaining, maxUploadBytes } = useLoaderData<typeof loader>()
  const navigate = useNavigate()
  const upload = useUpload()
  const { source, choose, remove } = useAudioSource()
  const [starting, setStarting] = useState(false)
  const [problem, setProblem] = useState<ApiError | null>(null)
  // What one of them takes may be sent; each checks it again.
  const most = (limit: 'max_input_bytes' | 'max_input_seconds') =>
    Math.max(0, ...capabilities.map(({ limits }) => limits[limit] ?? Infinity))

  const takeFile = (file: File, origin: AudioSource['origin'], knownSeconds: number | null) => {
    setProblem(null)
    upload.start(file)
    choose(file, origin, knownSeconds)
  }
  const removeSource = () => {
    upload.stop()
    remove()
    setProblem(null)
  }
  const start = async (settings: Settings) => {
    setStarting(true)
    setProblem(null)
    try {
      const uploadId = await upload.uploadId()
      const { job_id } = await startJob({ uploadId, ...settings })
      navigate(`/jobs/${job_id}`)
    } catch (error) {
      setStarting(false)
      // A stopped upload is no problem, and a failed one is told where it happens.
      if (error instanceof ApiError) setProblem(error)
    }
  }

  return (
    <main id="main" tabIndex={-1} className="page">
      <div className="page-head">
        <h1>Studio</h1>
      </div>
      <div className="columns studio">
        <section className="card source-panel" aria-label="Your recording">
          {source ? (
            <SourceCard
              source={source}
              upload={upload.state}
              onRemove={removeSource}
              onRetry={() => {
                upload.start(source.file)
              }}
            />
          ) : (
            <SourcePicker
              maxBytes={Math.min(maxUploadBytes, most('max_input_bytes'))}
              maxSeconds={most('max_input_seconds')}
              onFile={takeFile}
            />
          )}
        </section>
        <section className="card" aria-label="Settings">
          <SettingsForm
            capabilities={capabilities}
            fieldErrors={problem?.fieldErrors ?? []}
            submitLabel={submitLabel(source !== null, starting, upload.state.phase)}
            disabled={source === null || starting || upload.state.phase === 'failed'}
            onSubmit={(settings) => void start(settings)}
          >
            {({ parameters }, model) => (
              <>
                <CostEstimate
                  durationSeconds={source?.durationSeconds ?? null}
                  secondsRemaining={secondsRemaining}
                  free={parameters.dry_run === true}
                  realTimeFactor={model?.real_time_factor ?? null}
                />
                {problem && upload.state.phase !== 'failed' && <ProblemNotice problem={problem} />}
              </>
            )}
          </SettingsForm>
        </section>
      </div>
    </main>
  )
}

function submitLabel(hasSource: boolean, starting: boolean, phase: string): string {
  if (!hasSource) return 'Add a recording to start'
  if (!starting) return 'Start'
  return phase === 'sending' ? 'Starts after the upload…' : 'Starting…'
}

/** The chosen recording; the latest choice wins, and object URLs are given back. */
function useAudioSource() {
  const [source, setSource] = useState<AudioSource | null>(null)
  const url = source?.url

  useEffect(
    () => () => {
      if (url) releaseSource(url)
    },
    [url],
  )

  return {
    source,
    choose: (file: File, origin: AudioSource['origin'], knownSeconds: number | null) => {
      const opened = openSource(file, origin, knownSeconds)
      setSource(opened)
      void inspectSource(opened).then((inspected) => {
        setSource((current) => (current?.url === opened.url ? inspected : current))
      })
    },
    remove: () => {
      setSource(null)
    },
  }
}
