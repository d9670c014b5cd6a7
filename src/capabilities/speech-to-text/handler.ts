import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DecodedAudio, MediaInfo } from '../../audio/ffmpeg'
import { createWaveformCollector } from '../../audio/waveform'
import type { Engine, ModelFiles } from '../../inference/engine'
import type { ModelLease } from '../../inference/model-cache'
import { AppError } from '../../platform/errors'
import { beginningOf } from '../../transcript/segments'
import type { Transcript } from '../../transcript/transcript'
import type { CapabilityHandler, CapabilityTask, HandlerContext, TaskResult } from '../capability'
import { assembleTranscript } from './assemble'
import { createDiarizer, type Diarizer } from './diarizer'
import type { SpeechToTextParameters } from './index'
import {
  windowsAtOnce,
  type RecognizerEngine,
  type RecognizerInput,
  type RecognizerOutput,
} from './recognizer'
import { dealScript, type HeardWindow } from './script'
import type {
  SpeakerEmbeddingEngine,
  SpeakerEmbeddingInput,
  SpeakerEmbeddingOutput,
} from './speaker-embedding'
import { createSpeechWindows, cutIntoWindows, type SpeechWindow } from './speech-windows'
import { textBefore, transcribeWindows, type Heard, type WindowReport } from './transcribe'
import type { VoiceActivityEngine, VoiceActivityInput, VoiceActivityOutput } from './voice-activity'

type Task = CapabilityTask<SpeechToTextParameters>

/** Every architecture that speech to text knows. */
export interface SpeechEngines {
  recognizers: readonly RecognizerEngine[]
  voiceActivity: readonly VoiceActivityEngine[]
  speakerEmbedding: readonly SpeakerEmbeddingEngine[]
}

const rateHz = 16_000

/** The models of a task. */
interface Models {
  engine: RecognizerEngine
  recognizer: ModelLease<RecognizerInput, RecognizerOutput>
  voiceActivity: ModelLease<VoiceActivityInput, VoiceActivityOutput>
  speakers: ModelLease<SpeakerEmbeddingInput, SpeakerEmbeddingOutput> | null
}

/** Speech to text with whichever engine the model's manifest asks for. Memory does not grow with the audio. */
export function createSpeechToTextHandler(engines: SpeechEngines): CapabilityHandler<SpeechToTextParameters> {
  return {
    async run(task, context) {
      const startedAt = performance.now()
      const media = await probe(task, context)
      const models = await openModels(engines, task, context)
      const openMs = performance.now() - startedAt
      try {
        const recording = createRecording(task, context, media, models)
        const heard = await listen(task, context, models, recording)
        context.progress('write', 0.99)
        const transcript = assembleTranscript({
          heard,
          turns: recording.diarizer?.finish() ?? null,
          seconds: recording.seconds(),
          model: task.model.manifest,
          redact: task.parameters.redact,
        })
        return await report({ task, models, heard, transcript, recording, openMs, startedAt })
      } catch (error) {
        throw asEngineError(error)
      } finally {
        for (const lease of [models.recognizer, models.voiceActivity, models.speakers]) lease?.release()
      }
    },
    async warm(model, models) {
      const lease = await models.acquire(engineOf(engines.recognizers, model), model)
      lease.release()
    },
  }
}

async function probe(task: Task, { ffmpeg, signal }: HandlerContext): Promise<MediaInfo> {
  if (task.input.kind !== 'audio') {
    throw new AppError('invalid_parameter', { message: 'Speech to text takes a recording, not text.' })
  }
  const { path, media } = task.input
  const found = media ?? (await ffmpeg.probe(path, { signal }))
  if ((found.durationSeconds ?? 0) > task.maxInputSeconds) {
    await ffmpeg.assertWithin(path, task.maxInputSeconds, { signal })
  }
  return found
}

async function openModels(engines: SpeechEngines, task: Task, context: HandlerContext): Promise<Models> {
  const { models } = context
  const engine = engineOf(engines.recognizers, task.model)
  if (task.parameters.task === 'align' && !engine.aligns) {
    throw new AppError('invalid_parameter', {
      message: `The model “${task.model.manifest.id}” cannot align a script. Choose a Wav2Vec2, Whisper or starter model.`,
    })
  }
  const helper = <E extends Engine<never, unknown>>(kind: string, candidates: readonly E[]) => {
    const files = context.helperModel(kind)
    if (files) return { files, engine: engineOf(candidates, files) }
    throw new AppError('model_file_missing', {
      message: `This installation has no ${kind} model. Its operator can bring one: npm run models list`,
    })
  }
  const detector = helper('voice-activity', engines.voiceActivity)
  const embedder = task.parameters.diarize ? helper('speaker-embedding', engines.speakerEmbedding) : null
  const opened = await Promise.allSettled([
    models.acquire(engine, task.model),
    models.acquire(detector.engine, detector.files),
    embedder ? models.acquire(embedder.engine, embedder.files) : null,
  ])
  const [recognizer, voiceActivity, speakers] = opened
  if (
    recognizer.status === 'fulfilled' &&
    voiceActivity.status === 'fulfilled' &&
    speakers.status === 'fulfilled'
  ) {
    return {
      engine,
      recognizer: recognizer.value,
      voiceActivity: voiceActivity.value,
      speakers: speakers.value,
    }
  }
  for (const result of opened) if (result.status === 'fulfilled') result.value?.release()
  throw opened.find((result) => result.status === 'rejected')?.reason
}

function engineOf<E extends { id: string }>(engines: readonly E[], { manifest }: ModelFiles): E {
  const engine = engines.find((candidate) => candidate.id === manifest.engine)
  if (engine) return engine
  throw new AppError('model_not_found', {
    message: `The model “${manifest.id}” needs the engine “${manifest.engine}”, which this version does not have.`,
  })
}

/** The task's recording: its windows of speech as often as they are asked for, and what is learned on the way. */
interface Recording {
  /** Decodes from the beginning. Only the first pass draws the waveform and tells speakers apart. */
  windows(): AsyncGenerator<SpeechWindow>
  /** Decoded so far, or in all; what is billed. */
  seconds(): number
  /** How far the present pass has come, 0–1, by what the file says of its length. */
  fraction(): number
  waveform(): number[]
  diarizer: Diarizer | null
}

function createRecording(task: Task, context: HandlerContext, media: MediaInfo, models: Models): Recording {
  const { path } = task.input as { path: string }
  const waveform = createWaveformCollector()
  const diarizer = models.speakers
    ? createDiarizer({
        model: models.speakers.model,
        numSpeakers: task.parameters.num_speakers || null,
        job: context,
      })
    : null
  let passes = 0
  let decoded: DecodedAudio | undefined
  const seconds = () => (decoded?.framesDecoded() ?? 0) / rateHz

  async function* blocksOf(source: DecodedAudio, first: boolean): AsyncGenerator<Float32Array> {
    for await (const block of source.blocks) {
      if (first) waveform.add(block)
      yield block.channels[0]!
    }
  }

  return {
    async *windows() {
      const first = passes++ === 0
      decoded = await context.ffmpeg.decode(path, {
        sampleRateHz: rateHz,
        channels: 1,
        maxSeconds: task.maxInputSeconds,
        signal: context.signal,
      })
      const cutter = createSpeechWindows({
        model: models.voiceActivity.model,
        windowSeconds: models.engine.windowSeconds,
        job: context,
      })
      try {
        for await (const window of cutIntoWindows(blocksOf(decoded, first), cutter)) {
          if (first) await diarizer?.add(window)
          yield window
        }
      } finally {
        await decoded.stop()
      }
    },
    seconds,
    fraction: () => Math.min(1, seconds() / (media.durationSeconds ?? task.maxInputSeconds)),
    waveform: () => waveform.peaks(),
    diarizer,
  }
}

/** Recognises; for “align” a second time, now told what is said in each window. */
async function listen(
  task: Task,
  context: HandlerContext,
  models: Models,
  recording: Recording,
): Promise<Heard> {
  const { parameters } = task
  const aligning = parameters.task === 'align'
  const request = {
    language: parameters.language === 'auto' ? null : parameters.language,
    task: parameters.task === 'translate' ? ('translate' as const) : ('transcribe' as const),
    prompt: parameters.prompt || null,
    keyterms: parameters.keyterms,
    temperature: parameters.temperature || null,
  }
  const shownSeconds = task.previewSeconds ?? 0
  const common = {
    model: models.recognizer.model,
    request,
    job: { ...context, progress: () => undefined },
    atOnce: windowsAtOnce(models.engine, models.recognizer.provider),
  }
  const heardWindows: HeardWindow[] = []
  const heard = await transcribeWindows({
    ...common,
    windows: recording.windows(),
    onWindow({ window, words, allWords }: WindowReport) {
      heardWindows.push({
        texts: words.map(({ text }) => text),
        speechSeconds: window.regions.reduce((sum, { start, end }) => sum + end - start, 0),
      })
      const text =
        shownSeconds > 0 && !aligning ? textBefore(allWords, shownSeconds, request.language) : undefined
      context.progress('recognise', recording.fraction() * (aligning ? 0.5 : 0.98), text)
    },
  })
  if (!aligning) return heard
  const aligned = await transcribeWindows({
    ...common,
    windows: recording.windows(),
    scripts: dealScript(parameters.script.split(/\s+/).filter(Boolean), heardWindows),
    onWindow: () => context.progress('align', 0.5 + recording.fraction() * 0.48),
  })
  return { ...aligned, inferenceMs: heard.inferenceMs + aligned.inferenceMs }
}

interface Finished {
  task: Task
  models: Models
  heard: Heard
  transcript: Transcript
  recording: Recording
  openMs: number
  startedAt: number
}

async function report(finished: Finished): Promise<TaskResult> {
  const { task, models, heard, transcript, recording, openMs, startedAt } = finished
  const { id, version } = task.model.manifest
  const path = join(task.outputDir, 'output.json')
  const content = JSON.stringify(transcript)
  const writeStartedAt = performance.now()
  await writeFile(path, content)
  const endedAt = performance.now()
  return {
    output: {
      kind: 'transcript',
      path,
      contentType: 'application/json',
      bytes: Buffer.byteLength(content),
      durationSeconds: transcript.duration,
      audio: null,
    },
    billedSeconds: transcript.duration,
    preview: null,
    previewText: beginningOf(transcript, task.previewSeconds ?? 0).text,
    inputPreview: null,
    artifacts: [],
    details: {
      language: transcript.language,
      words: heard.words.length,
      speakers: transcript.speakers.length,
      format: task.parameters.format,
    },
    inputSeconds: transcript.duration,
    waveform: { input: recording.waveform(), output: [] },
    report: {
      timingsMs: {
        open: openMs,
        inference: heard.inferenceMs,
        encode: endedAt - writeStartedAt,
        total: endedAt - startedAt,
      },
      realTimeFactor: heard.inferenceMs / 1000 / Math.max(transcript.duration, 0.001),
      provider: models.recognizer.provider,
      model: { id, version },
    },
  }
}

function asEngineError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError('engine_failed', { cause: error })
}
