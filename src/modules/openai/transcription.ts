import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Ffmpeg } from '../../audio/ffmpeg'
import type { Principal } from '../../platform/http'
import type { ObjectStore } from '../../platform/objects'
import { transcriptFormatTable } from '../../transcript/formats'
import { toDiarizedJson, toVerboseJson } from '../../transcript/openai-formats'
import type { Transcript } from '../../transcript/transcript'
import type { JobsModule } from '../jobs'
import type { StoredFile } from '../storage'
import type { TranscriptsModule } from '../transcripts'
import { refused } from './errors'
import type { OpenAiModels } from './models'
import type { Caller, StartOnce } from './once'
import type { Quota } from './quota'
import { completion, eventOf, untilCompleted } from './run-job'
import type { TranscriptionRequest } from './schemas'

export interface TranscriptionOptions {
  jobs: JobsModule
  transcripts: Pick<TranscriptsModule, 'get'>
  models: OpenAiModels
  quota: Quota
  startOnce: StartOnce
  objects: ObjectStore
  ffmpeg: Pick<Ffmpeg, 'probe'>
  workDir: string
}

/** A request to write down a recording, or to do so in English. */
export interface ListenRequest {
  task: 'transcribe' | 'translate'
  /** Id of a model of ours. */
  model: string
  format: TranscriptionRequest['response_format']
  parameters: Record<string, unknown>
  granularities: readonly ('word' | 'segment')[]
}

/** An answer in full. */
export interface TranscriptAnswer {
  contentType: string
  content: string
}

const diarizing = 'gpt-4o-transcribe-diarize'
/** Of speech in the thriftiest formats: a recording is not longer than its file allows. */
const fewestBytesPerSecond = 500

/**
 * What a request asks of our models.
 * @throws AppError that names the field which cannot be honoured.
 */
export function readTranscriptionRequest(body: TranscriptionRequest, models: OpenAiModels): ListenRequest {
  const model = models.chosen('speech-to-text', body.model)
  if (body.include?.length) throw refused('include', 'Log probabilities of tokens are not known here.')
  if (body.known_speaker_names?.length || body.known_speaker_references?.length) {
    const param = body.known_speaker_names?.length ? 'known_speaker_names' : 'known_speaker_references'
    throw refused(param, 'Speakers are told apart, but not recognised: they are named A, B and so on.')
  }
  if (body.chunking_strategy !== undefined && body.chunking_strategy !== 'auto') {
    throw refused('chunking_strategy', 'Recordings are cut where nobody speaks: only “auto” can be chosen.')
  }
  const languages = body.languages ?? []
  if (languages.length > 1 || (body.language !== undefined && languages.length > 0)) {
    throw refused('languages', 'One language can be given, or none to find it out.')
  }
  if (body.timestamp_granularities?.length && body.response_format !== 'verbose_json') {
    throw refused('timestamp_granularities', 'Timestamp granularities need response_format verbose_json.')
  }
  if (body.stream && !['json', 'text', 'diarized_json'].includes(body.response_format)) {
    throw refused('stream', `A stream cannot be had as ${body.response_format}.`)
  }
  const diarize = body.model === diarizing || body.response_format === 'diarized_json'
  return {
    task: 'transcribe',
    model: model.id,
    format: body.response_format,
    parameters: {
      language: body.language ?? languages[0] ?? 'auto',
      diarize,
      temperature: body.temperature,
      ...(body.prompt === undefined ? {} : { prompt: body.prompt }),
      ...(body.keywords === undefined ? {} : { keyterms: body.keywords }),
    },
    granularities: body.timestamp_granularities ?? ['segment'],
  }
}

export type Transcription = ReturnType<typeof createTranscription>

/** `POST /v1/audio/transcriptions` and `…/translations`: a job like any other, waited for and paid for when it is done. */
export function createTranscription(options: TranscriptionOptions) {
  const { jobs, quota, objects } = options

  /** Probes only where the size of the file does not say already that the minutes suffice. */
  async function requireMinutes(principal: Principal, file: StoredFile): Promise<void> {
    const atMost = Math.ceil(file.bytes / fewestBytesPerSecond)
    const enough = await quota.require(principal, atMost).then(
      () => true,
      () => false,
    )
    if (enough) return
    const folder = await mkdtemp(path.join(options.workDir, 'probe-'))
    try {
      const source = path.join(folder, 'source')
      await objects.getFile(file.key, source)
      const { durationSeconds } = await options.ffmpeg.probe(source)
      await quota.require(principal, Math.max(1, Math.ceil(durationSeconds ?? 1)))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async function start(caller: Caller, file: StoredFile, request: ListenRequest): Promise<string> {
    await requireMinutes(caller, file)
    const job = await jobs.service.create(caller.userId, {
      input_type: 'audio',
      input_data: file.objectId,
      capability: 'speech-to-text',
      model_name: request.model,
      parameters: { ...request.parameters, task: request.task },
    })
    return job.job_id
  }

  const startOnce = (caller: Caller, file: StoredFile, request: ListenRequest) =>
    options.startOnce(caller, { listen: request, bytes: file.bytes, sha256: file.sha256 }, () =>
      start(caller, file, request),
    )

  /** Paid for. */
  async function transcriptOf({ userId, grant }: Principal, jobId: string): Promise<Transcript> {
    await jobs.service.deliver(userId, jobId, { format: 'json' }, grant)
    const source = await jobs.service.transcriptSource(userId, jobId)
    return (await options.transcripts.get(source)).transcript
  }

  return {
    async whole(
      caller: Caller,
      file: StoredFile,
      request: ListenRequest,
      signal: AbortSignal,
    ): Promise<TranscriptAnswer> {
      const jobId = await startOnce(caller, file, request)
      await completion(jobs, caller, jobId, signal)
      return render(await transcriptOf(caller, jobId), request)
    },

    /**
     * Events while the job runs: what of the text is free anyway, and the rest once it is done and paid for; with
     * `diarized_json` segments in place of the text.
     */
    async *events(
      caller: Caller,
      file: StoredFile,
      request: ListenRequest,
      signal: AbortSignal,
    ): AsyncGenerator<string> {
      const jobId = await startOnce(caller, file, request)
      const diarized = request.format === 'diarized_json'
      let sent = ''
      for await (const { partialText } of untilCompleted(jobs, caller, jobId, signal)) {
        if (diarized || !partialText?.startsWith(sent) || partialText === sent) continue
        yield eventOf({ type: 'transcript.text.delta', delta: partialText.slice(sent.length) })
        sent = partialText
      }
      const transcript = await transcriptOf(caller, jobId)
      if (diarized) {
        for (const segment of toDiarizedJson(transcript).segments) yield eventOf(segment)
      } else {
        const { text } = transcript
        const rest = text.startsWith(sent) ? text.slice(sent.length) : ''
        if (rest) yield eventOf({ type: 'transcript.text.delta', delta: rest })
      }
      yield eventOf({ type: 'transcript.text.done', text: transcript.text })
    },
  }
}

/** A transcript as OpenAI answers with it. */
function render(transcript: Transcript, { task, format, granularities }: ListenRequest): TranscriptAnswer {
  const json = (value: object) => ({
    contentType: 'application/json; charset=utf-8',
    content: JSON.stringify(value),
  })
  const captions = (name: 'srt' | 'vtt') => ({
    contentType: 'text/plain; charset=utf-8',
    content: transcriptFormatTable[name].render(transcript, { title: '' }) as string,
  })
  switch (format) {
    case 'json':
      return json({
        text: transcript.text,
        ...(task === 'translate'
          ? {}
          : { usage: { type: 'duration', seconds: Math.ceil(transcript.duration) } }),
      })
    case 'text':
      return { contentType: 'text/plain; charset=utf-8', content: `${transcript.text}\n` }
    case 'srt':
    case 'vtt':
      return captions(format)
    case 'diarized_json':
      return json(toDiarizedJson(transcript))
    case 'verbose_json': {
      const { words, segments, ...rest } = toVerboseJson(transcript)
      return json({
        ...rest,
        ...(task === 'translate' ? { task, language: 'english' } : {}),
        ...(granularities.includes('word') ? { words } : {}),
        ...(granularities.includes('segment') ? { segments } : {}),
      })
    }
  }
}
