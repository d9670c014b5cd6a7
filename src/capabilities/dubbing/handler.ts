import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { startPreview, type Preview } from '../../audio/preview'
import { AppError } from '../../platform/errors'
import type { CapabilityHandler, CapabilityTask, HandlerContext, TaskResult } from '../capability'
import { languageProblem } from '../speech-models'
import { createStages, type Stages } from '../stages'
import { separateBackground } from './background'
import type { DubbingParameters } from './index'
import { assertWithin, listen, type Recording } from './listen'
import { mixDub } from './mix'
import { shortestVoiceSeconds, turnIntoVoice, voiceDigest } from './own-voice'
import { placeSpeech } from './place'
import { recognise } from './recognise'
import { dubResult, reviewResult, type DubFinding } from './results'
import { givenSegments, isOpen, spokenSegments, type DubSegment } from './segments'
import { openSound, type Sound } from './sound'
import { speakSegments } from './speak'
import { openSpeechStore, type SpeechKey, type SpeechStore } from './speech-store'
import { translateSegments } from './translate'
import type { Warning } from './warnings'

type Task = CapabilityTask<DubbingParameters>
type Stage =
  | 'extract-sound'
  | 'recognise'
  | 'translate'
  | 'separate'
  | 'listen'
  | 'speak'
  | 'own-voice'
  | 'fit'
  | 'mix'
  | 'write-video'

/**
 * Dubs a recording or a film: writes down what is said, translates it, speaks it, and puts the speech in the place of
 * the original. Where nothing can translate or speak the language, and where a review is asked for, the segments are the
 * result, and come back with their texts in a later job.
 */
export function createDubbingHandler(): CapabilityHandler<DubbingParameters> {
  return {
    async run(task, context) {
      try {
        return await dub(task, context)
      } catch (error) {
        throw error instanceof AppError ? error : new AppError('engine_failed', { cause: error })
      }
    },
  }
}

/** Manifest option `own_voice`: whether the dub is given in the voices of the recording. */
function keepsVoice(task: Task): boolean {
  return task.model.manifest.options.own_voice === true
}

function stagesOf(task: Task, context: HandlerContext): Stages<Stage> {
  const { parameters } = task
  // Shares of the time that they take, roughly.
  return createStages<Stage>(context.progress, {
    'extract-sound': 1,
    recognise: parameters.segments.length > 0 ? 0 : 20,
    translate: 6,
    separate: parameters.keep_background ? 15 : 0,
    listen: 2,
    speak: 30,
    'own-voice': keepsVoice(task) ? 20 : 0,
    fit: 3,
    mix: 4,
    'write-video': 3,
  })
}

async function dub(task: Task, context: HandlerContext): Promise<TaskResult> {
  const startedAt = performance.now()
  if (task.input.kind !== 'audio') {
    throw new AppError('invalid_parameter', { message: 'Dubbing takes a recording, not text.' })
  }
  const stages = stagesOf(task, context)
  const sound = await openSound(task.input.path, task.input.media, task, context)
  try {
    const { segments, sourceLanguage, missing } = await findSegments(task, sound, context, stages)
    const finding: DubFinding = { task, segments, sourceLanguage, startedAt }
    const unspoken = whyUnspoken(task, context)
    if (task.parameters.review || unspoken !== null || segments.some(isOpen)) {
      const reasons = [missing, unspoken].filter((reason) => reason !== null)
      const seconds = await durationOf(task, sound, segments, context)
      return await reviewResult(finding, reasons.join(' ') || null, seconds)
    }
    return await makeDub(finding, sound, context, stages)
  } finally {
    await sound.discard()
  }
}

/** Why nobody here can speak the dub; null where somebody can. */
function whyUnspoken({ parameters }: Task, { helperModel }: HandlerContext): string | null {
  const { speech_model: speechModel, voice_id: id, target_language: language } = parameters
  const model = helperModel('text-to-speech', speechModel || undefined)
  return model && languageProblem(model.manifest, { id, language })
}

async function findSegments(task: Task, sound: Sound, context: HandlerContext, stages: Stages<Stage>) {
  const { parameters, outputDir } = task
  const given = givenSegments(parameters.segments)
  let segments = given
  let sourceLanguage = parameters.source_language === 'auto' ? null : parameters.source_language
  if (given.length === 0) {
    const transcript = await recognise(
      { sound, parameters, outputDir, task: 'transcribe', diarize: keepsVoice(task) },
      stages.contextOf('recognise', context),
    )
    segments = spokenSegments(transcript)
    sourceLanguage ??= transcript.language ?? onlyLanguageHeard(task, context)
  }
  if (segments.length === 0) {
    throw new AppError('invalid_media', {
      message:
        'No speech was found in the recording. If there is some, say in `segments` when what is to be said.',
    })
  }
  const request = { sound, parameters, outputDir, segments, sourceLanguage }
  const translation = await translateSegments(request, stages.contextOf('translate', context))
  return { ...translation, sourceLanguage }
}

/** Of a recogniser that knows one language only and so does not say which it heard; null for others. */
function onlyLanguageHeard({ parameters }: Task, { helperModel }: HandlerContext): string | null {
  const languages = helperModel('speech-to-text', parameters.recognizer || undefined)?.manifest.languages
  return languages?.length === 1 ? languages[0]! : null
}

/** By decoding, as what a file claims may be wrong; also refuses segments that lie outside. */
async function durationOf(
  task: Task,
  sound: Sound,
  segments: readonly DubSegment[],
  context: HandlerContext,
): Promise<number> {
  const { maxInputSeconds } = task
  const recording = await listen(
    {
      ...{ path: sound.path, background: null, segments: [], maxInputSeconds },
      ...{ onProgress: () => undefined, expectedSeconds: null },
    },
    context,
  )
  const seconds = recording.frames / recording.sampleRateHz
  assertWithin(segments, seconds)
  return seconds
}

async function makeDub(
  finding: DubFinding,
  sound: Sound,
  context: HandlerContext,
  stages: Stages<Stage>,
): Promise<TaskResult> {
  const { task, segments } = finding
  const { outputDir, maxInputSeconds, parameters } = task
  const preview = inputPreview(task, sound, context)
  const folders = ['background', 'fitted', 'speech'].map((name) => join(outputDir, name))
  try {
    const background = parameters.keep_background
      ? await separateBackground(sound, task, stages.contextOf('separate', context))
      : null
    const onProgress = stages.report('listen')
    const recording = await listen(
      {
        ...{ path: sound.path, background, segments, maxInputSeconds },
        ...{ onProgress, expectedSeconds: sound.media.durationSeconds },
      },
      context,
    )
    assertWithin(segments, recording.frames / recording.sampleRateHz)
    const speech = await makeSpeech(task, segments, recording, context, stages)
    const placed = await placeSpeech(
      {
        ...{ segments, keys: speech.keys, store: speech.store, recording },
        ...{ folder: join(outputDir, 'fitted'), onProgress: stages.report('fit') },
      },
      context,
    )
    const mixed = await mixDub(
      {
        ...{ task, path: sound.path, background, recording, segments, placed },
        ...{ lossless: sound.film !== null, onProgress: stages.report('mix') },
      },
      context,
    )
    return await dubResult(
      {
        ...{ ...finding, sound, recording, placed, mixed, speech: speech.store },
        ...{ warnings: speech.warnings, spoken: speech.spoken, reused: speech.reused },
        inputPreview: (await preview?.finished()) ?? null,
      },
      context,
      stages.report('write-video'),
    )
  } catch (error) {
    await preview?.stop()
    throw error
  } finally {
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
  }
}

function inputPreview(task: Task, sound: Sound, { ffmpeg, signal }: HandlerContext): Preview | null {
  if (task.inputPreviewSeconds === null) return null
  return startPreview(ffmpeg, sound.path, {
    ...{ path: join(task.outputDir, 'input-preview.mp3'), maxSeconds: task.inputPreviewSeconds, signal },
  })
}

interface Speech {
  /** By index of the segment; segments that stay silent have none. */
  keys: Map<number, SpeechKey>
  store: SpeechStore
  warnings: Warning[]
  spoken: number
  /** Segments whose speech was there from before. */
  reused: number
}

/** Has everything spoken that is not there from before, in the voices that the model is for. */
async function makeSpeech(
  task: Task,
  segments: readonly DubSegment[],
  recording: Recording,
  context: HandlerContext,
  stages: Stages<Stage>,
): Promise<Speech> {
  const { parameters, outputDir } = task
  const { sampleRateHz, voices } = recording
  const plain = new Map<number, SpeechKey>()
  for (const [index, { text }] of segments.entries()) {
    if (text !== '') plain.set(index, plainKey(text, parameters, context))
  }
  const own = new Map<number, SpeechKey>()
  const warnings: Warning[] = isPreviousGone(task) ? [previousGone] : []
  if (keepsVoice(task)) {
    for (const [speaker, sample] of voices) {
      const seconds = sample.length / sampleRateHz
      const indices = [...plain.keys()].filter((index) => segments[index]!.speaker === speaker)
      if (seconds < shortestVoiceSeconds) {
        if (indices.length > 0) warnings.push(tooLittleVoice(speaker, seconds))
        continue
      }
      const voice = `${voiceDigest(sample)} ${parameters.voice_id}`
      for (const index of indices) own.set(index, { ...plain.get(index)!, voice })
    }
  }
  const keys = new Map([...plain, ...own])
  const archive = task.resources.earlier?.files['speech.tar']
  const wanted = [...plain.values(), ...keys.values()]
  const store = await openSpeechStore(join(outputDir, 'speech'), archive, wanted)
  const needed = [...plain].filter(([index]) => !store.has(keys.get(index)!)).map(([, key]) => key)
  const { spoken } = await speakSegments(
    needed,
    store,
    parameters,
    outputDir,
    stages.contextOf('speak', context),
  )
  const turning = stages.contextOf('own-voice', context)
  for (const [speaker, sample] of voices) {
    const pairs = [...own]
      .filter(([index]) => segments[index]!.speaker === speaker)
      .map(([index, to]) => ({ from: plain.get(index)!, to }))
    await turnIntoVoice(pairs, sample, sampleRateHz, store, outputDir, turning)
  }
  const reused = [...keys.values()].filter((key) => store.isEarlier(key)).length
  return { keys, store, warnings, spoken, reused }
}

function isPreviousGone({ parameters, resources }: Task): boolean {
  return parameters.previous_job_id !== '' && resources.earlier === undefined
}

const previousGone: Warning = {
  ...{ segment: null, code: 'previous_gone' },
  message: 'The job that this one goes on from was deleted meanwhile: everything was spoken again.',
}

function plainKey(text: string, parameters: DubbingParameters, context: HandlerContext): SpeechKey {
  const { target_language: language, voice_id: voice, seed, ssml } = parameters
  const speaking = [
    context.helperModel('text-to-speech', parameters.speech_model || undefined),
    context.helperModel('vocoder'),
    context.helperModel('voice-changer'),
  ]
  const models = speaking.map((found) => (found ? `${found.manifest.id}@${found.manifest.version}` : ''))
  return { text, language, voice, seed, ssml, models: models.join(' ') }
}

function tooLittleVoice(speaker: string | null, seconds: number): Warning {
  return {
    ...{ segment: null, code: 'voice_too_short' },
    message: `${speaker ?? 'The speaker'} is heard for ${seconds.toFixed(1)} s only, too little to give the dub that voice.`,
  }
}
