import { mkdtemp, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Ffmpeg } from '../../audio/ffmpeg'
import { audioFormatTable } from '../../audio/formats'
import { previewOutput, previewRateHz } from '../../audio/encode'
import { mp3Sound } from '../../audio/mp3-frames'
import type { Principal } from '../../platform/http'
import type { ObjectStore } from '../../platform/objects'
import type { JobsModule } from '../jobs'
import type { ModelsModule } from '../models'
import type { VoiceLookup } from '../voices'
import { refused } from './errors'
import type { OpenAiModels } from './models'
import type { Caller, StartOnce } from './once'
import type { Quota } from './quota'
import { completion, eventOf, untilCompleted } from './run-job'
import type { SpeechRequest } from './schemas'
import { chooseVoice } from './voices'

export interface SpeechOptions {
  jobs: JobsModule
  models: OpenAiModels
  catalogue: Pick<ModelsModule, 'estimate'>
  voices: VoiceLookup
  quota: Quota
  startOnce: StartOnce
  objects: ObjectStore
  ffmpeg: Pick<Ffmpeg, 'convert'>
  workDir: string
}

/** What our models speak at. */
const speeds = { min: 0.5, max: 2 }
/** OpenAI's samples without a header: 24 kHz, 16 bits, mono. */
const pcmRateHz = 24_000
/** What an MP3 encoder adds to a part: its delay, and on average half a frame at the end (MPEG 2 layer III). */
const addedSeconds = (1105 + 288) / previewRateHz
const chunkBytes = 32 * 1024
const longestSeconds = 3600 * 10

export type Speech = ReturnType<typeof createSpeech>

/** `POST /v1/audio/speech`: a job like any other, which is waited for and paid for when it is done. */
export function createSpeech(options: SpeechOptions) {
  const { jobs, models, quota, objects } = options

  /** Starts the job. @throws AppError that names the field which cannot be honoured. */
  async function start(caller: Caller, body: SpeechRequest): Promise<string> {
    const model = models.chosen('text-to-speech', body.model)
    if (body.instructions) {
      throw refused('instructions', 'Instructions cannot be followed: leave them out and choose a voice.')
    }
    if (body.speed < speeds.min || body.speed > speeds.max) {
      throw refused('speed', `The speed can be from ${speeds.min} to ${speeds.max}.`)
    }
    if (body.stream_format === 'sse' && body.model.startsWith('tts-1')) {
      throw refused('stream_format', `'sse' is not supported with ${body.model}. Use gpt-4o-mini-tts.`)
    }
    const { userId } = caller
    const voiceId = await chooseVoice(userId, body.voice, model, options.voices)
    const parameters = { voice_id: voiceId, speed: body.speed }
    const { cost_seconds: cost } = await options.catalogue.estimate({
      capability: 'text-to-speech',
      model_name: model.id,
      input_characters: body.input.length,
      parameters,
    })
    // People read at half that pace and at twice: only what certainly does not suffice is refused.
    await quota.require(caller, Math.max(1, Math.floor(cost / 2)))
    const job = await jobs.service.create(userId, {
      input_type: 'text',
      input_data: body.input,
      capability: 'text-to-speech',
      model_name: model.id,
      parameters,
    })
    return job.job_id
  }

  const startOnce = (caller: Caller, body: SpeechRequest) =>
    options.startOnce(caller, { speech: body }, () => start(caller, body))

  /** The output in the wanted format, paid for. */
  async function output(
    { userId, grant }: Principal,
    jobId: string,
    format: SpeechRequest['response_format'],
  ): Promise<{ content: Readable; seconds: number; key: string }> {
    const sound = format === 'pcm' ? { sampleRateHz: pcmRateHz } : {}
    const { file, result } = await jobs.service.deliver(userId, jobId, { format, sound }, grant)
    return { content: await objects.read(file.key), seconds: result.durationSeconds, key: result.outputKey }
  }

  async function whole(caller: Caller, body: SpeechRequest, signal: AbortSignal): Promise<Readable> {
    const jobId = await startOnce(caller, body)
    await completion(jobs, caller, jobId, signal)
    return (await output(caller, jobId, body.response_format)).content
  }

  /**
   * MP3 while it is made: first the parts that are free anyway, and the rest once the job is done and paid for. The last
   * part may have been cut short, so it is held back until the next one is there.
   */
  async function* mp3Parts(caller: Caller, jobId: string, signal: AbortSignal): AsyncGenerator<Buffer> {
    let held: Buffer | null = null
    let heldSeconds = 0
    let sentSeconds = 0
    let parts = 0
    let attempt: number | null = null
    for await (const state of untilCompleted(jobs, caller, jobId, signal)) {
      // What was heard would come again: the answer goes on from what was sent, once the job is done.
      if (attempt !== null && state.attempt !== attempt) continue
      while (parts < state.previewParts) {
        attempt = state.attempt
        parts += 1
        if (held) {
          sentSeconds += heldSeconds
          yield held
        }
        held = await buffer(await jobs.readPart(jobId, attempt, parts))
        heldSeconds = Math.max(0, mp3Sound(held, longestSeconds).seconds - addedSeconds)
      }
    }
    const { content, key } = await output(caller, jobId, 'mp3')
    if (parts === 0) {
      yield* content
      return
    }
    content.destroy()
    yield await remainder(key, sentSeconds)
  }

  /** The output from a point on, in the grade of its parts, so that players go on. */
  async function remainder(key: string, fromSeconds: number): Promise<Buffer> {
    const folder = await mkdtemp(path.join(options.workDir, 'speech-'))
    try {
      const source = path.join(folder, 'source')
      const target = path.join(folder, 'rest.mp3')
      await objects.getFile(key, source)
      const filters = [`atrim=start=${fromSeconds.toFixed(3)}`, 'asetpts=PTS-STARTPTS']
      await options.ffmpeg.convert(source, { ...previewOutput(target, longestSeconds), filters })
      return mp3Sound(await readFile(target), longestSeconds).bytes
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async function* sound(
    caller: Caller,
    jobId: string,
    body: SpeechRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    if (body.response_format === 'mp3') {
      yield* mp3Parts(caller, jobId, signal)
      return
    }
    await completion(jobs, caller, jobId, signal)
    yield* (await output(caller, jobId, body.response_format)).content
  }

  return {
    contentTypeOf: (format: SpeechRequest['response_format']) => audioFormatTable[format].contentType,
    whole,
    /** The sound as it is made. */
    async *audio(caller: Caller, body: SpeechRequest, signal: AbortSignal): AsyncGenerator<Buffer> {
      yield* sound(caller, await startOnce(caller, body), body, signal)
    },
    /** Likewise as server-sent events. Our models know no tokens: characters and seconds are counted in their place. */
    async *events(caller: Caller, body: SpeechRequest, signal: AbortSignal): AsyncGenerator<string> {
      const jobId = await startOnce(caller, body)
      for await (const chunk of sound(caller, jobId, body, signal)) {
        for (let at = 0; at < chunk.length; at += chunkBytes) {
          const audio = chunk.subarray(at, at + chunkBytes).toString('base64')
          yield eventOf({ type: 'speech.audio.delta', audio })
        }
      }
      const { output: made } = await jobs.service.get(caller.userId, jobId)
      const input = body.input.length
      const spoken = Math.ceil(made?.duration_seconds ?? 0)
      yield eventOf({
        type: 'speech.audio.done',
        usage: { input_tokens: input, output_tokens: spoken, total_tokens: input + spoken },
      })
    },
  }
}
