import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLoaderData, useNavigate } from '@remix-run/react'
import { useEffect, useState } from 'react'
import { ApiError, startJob } from '~/api/client'
import { CostEstimate } from '~/components/cost-estimate'
import { ProblemNotice } from '~/components/problem-notice'
import { type Settings, SettingsForm } from '~/components/settings-form'
import { SourceCard } from '~/components/source-card'
import { SourceKind } from '~/components/source-kind'
import { SourcePicker } from '~/components/source-picker'
import { TextSource } from '~/components/text-source'
import { requireLogIn } from '~/session'
import { type AudioSource, inspectSource, openSource, releaseSource } from '~/state/audio-source'
import { useTextEstimate } from '~/state/use-text-estimate'
import { useUpload } from '~/state/use-upload'

export const meta: MetaFunction = () => [{ title: 'Studio · Timbre' }]

export async function loader({ request, context }: LoaderFunctionArgs) {
  requireLogIn(request, context)
  const [capabilities, account] = await Promise.all([context.capabilities(), context.account()])
  const wanted = new URL(request.url).searchParams.get('capability')
  return {
    capabilities,
    initial: (capabilities.find(({ id }) => id === wanted) ?? capabilities[0])?.id ?? '',
    secondsRemaining: account?.secondsRemaining ?? 0,
    maxUploadBytes: context.maxUploadBytes,
  }
}

export default function Studio() {
  const { capabilities, initial, secondsRemaining, maxUploadBytes } = useLoaderData<typeof loader>()
  const navigate = useNavigate()
  const upload = useUpload()
  const { source, choose, remove } = useAudioSource()
  const [text, setText] = useState('')
  const [capabilityId, setCapabilityId] = useState(initial)
  const [wantsText, setWantsText] = useState(true)
  const [markup, setMarkup] = useState(false)
  const [starting, setStarting] = useState(false)
  const [problem, setProblem] = useState<ApiError | null>(null)
  const capability = capabilities.find(({ id }) => id === capabilityId)
  const takes = (kind: string) => capability?.inputs.includes(kind) ?? false
  const takesEither = takes('text') && takes('audio')
  const speaks = capability !== undefined && (takesEither ? wantsText : !takes('audio'))
  // What one of them takes may be sent; each checks it again.
  const recording = capabilities.filter(({ inputs }) => inputs.includes('audio'))
  const most = (limit: 'max_input_bytes' | 'max_input_seconds') =>
    Math.max(0, ...recording.map(({ limits }) => limits[limit] ?? Infinity))

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
      const input = speaks ? { text } : { uploadId: await upload.uploadId() }
      const { job_id } = await startJob({ input, ...settings })
      navigate(`/jobs/${job_id}`)
    } catch (error) {
      setStarting(false)
      // A stopped upload is no problem, and a failed one is told where it happens.
      if (error instanceof ApiError) setProblem(error)
    }
  }
  const textProblem = text.trim() === '' || text.length > (capability?.limits.max_text_characters ?? 0)
  const missing = speaks ? textProblem : source === null

  return (
    <main id="main" tabIndex={-1} className="page">
      <div className="page-head">
        <h1>Studio</h1>
      </div>
      <div className="columns studio">
        <section className="card source-panel" aria-label={speaks ? 'Text' : 'Your recording'}>
          {takesEither && <SourceKind text={wantsText} onChange={setWantsText} />}
          {speaks ? (
            <TextSource
              text={text}
              spoken={capability.sound?.speech !== false}
              maxCharacters={capability.limits.max_text_characters ?? 0}
              markup={capability.parameters.properties?.ssml ? markup : null}
              onChange={setText}
            />
          ) : source ? (
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
            initial={{ capability: initial, modelName: null, parameters: {} }}
            onChange={({ capability: chosen, parameters }) => {
              setCapabilityId(chosen)
              setMarkup(parameters.ssml === true)
              setProblem(null)
            }}
            fieldErrors={problem?.fieldErrors ?? []}
            submitLabel={submitLabel(
              missing && (speaks ? 'text' : 'recording'),
              starting,
              upload.state.phase,
            )}
            disabled={missing || starting || (!speaks && upload.state.phase === 'failed')}
            onSubmit={(settings) => void start(settings)}
          >
            {(settings, model) => (
              <>
                {speaks ? (
                  <TextCost
                    spoken={capability.sound?.speech !== false}
                    settings={settings}
                    characters={text.trim().length}
                    secondsRemaining={secondsRemaining}
                  />
                ) : (
                  <CostEstimate
                    durationSeconds={source?.durationSeconds ?? null}
                    secondsRemaining={secondsRemaining}
                    free={settings.parameters.dry_run === true}
                    realTimeFactor={model?.real_time_factor ?? null}
                  />
                )}
                {problem && (speaks || upload.state.phase !== 'failed') && (
                  <ProblemNotice problem={problem} />
                )}
              </>
            )}
          </SettingsForm>
        </section>
      </div>
    </main>
  )
}

interface TextCostProps {
  /** Whether the text is to be spoken; else it describes a sound. */
  spoken: boolean
  settings: Settings
  characters: number
  secondsRemaining: number
}

/** How long speech will be is the studio's guess; other sound is as long as the settings say. */
function TextCost({ spoken, settings, characters, secondsRemaining }: TextCostProps) {
  const { capability, modelName, parameters } = settings
  const speed = typeof parameters.speed === 'number' ? parameters.speed : undefined
  const estimate = useTextEstimate(capability, modelName, spoken ? characters : 0, speed)
  if (!spoken) {
    const { duration_seconds: seconds } = parameters
    return (
      <CostEstimate
        of="sound"
        durationSeconds={typeof seconds === 'number' ? seconds : null}
        secondsRemaining={secondsRemaining}
        free={false}
        realTimeFactor={null}
      />
    )
  }
  return (
    <CostEstimate
      of="speech"
      durationSeconds={estimate?.outputSeconds ?? null}
      secondsRemaining={secondsRemaining}
      free={false}
      realTimeFactor={estimate?.realTimeFactor ?? null}
    />
  )
}

function submitLabel(missing: 'text' | 'recording' | false, starting: boolean, phase: string): string {
  if (missing) return missing === 'text' ? 'Write a text to start' : 'Add a recording to start'
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
