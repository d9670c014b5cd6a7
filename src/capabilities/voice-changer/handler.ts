import { AppError } from '../../platform/errors'
import type { CapabilityHandler, CapabilityTask, HandlerContext, TaskResult, TaskVoice } from '../capability'
import { createStages } from '../stages'
import { presetVoiceKind } from '../speech-models'
import type { VoiceChangerEngine } from './changer'
import { changeRecording } from './change-recording'
import type { VoiceChangerParameters } from './index'
import { changedResult } from './results'
import { analyzeSound, analyzeTarget, openSound, type HeardVoice } from './sound'
import type { ChangeRequest } from './voice-change'

type Task = CapabilityTask<VoiceChangerParameters>

/** Seconds of voice that tell its averages; for a shift, that there is one and how high, is enough. */
const enoughToMap = 45
const enoughToShift = 4

/**
 * Changes the voice of a recording with whichever engine the model's manifest asks for. The recording is read once to
 * get to know its voice and once to change it; memory does not grow with it.
 */
export function createVoiceChangerHandler(
  engines: readonly VoiceChangerEngine[],
): CapabilityHandler<VoiceChangerParameters> {
  return {
    async run(task, context) {
      try {
        return await change(engines, task, context)
      } catch (error) {
        if (error instanceof AppError) throw error
        if (context.signal.aborted) throw new AppError('canceled', { cause: context.signal.reason })
        throw new AppError('engine_failed', { cause: error })
      }
    },
    async warm(model, models) {
      const lease = await models.acquire(engineOf(engines, model), model)
      lease.release()
    },
  }
}

async function change(
  engines: readonly VoiceChangerEngine[],
  task: Task,
  context: HandlerContext,
): Promise<TaskResult> {
  const startedAt = performance.now()
  const { parameters } = task
  if (task.input.kind !== 'audio') {
    throw new AppError('invalid_parameter', { message: 'The voice changer takes a recording, not text.' })
  }
  const engine = engineOf(engines, task.model)
  const target = parameters.target_voice_id ? targetOf(task, context) : null
  const { path, media: known } = task.input
  const media = known ?? (await context.ffmpeg.probe(path, { video: true, signal: context.signal }))
  if ((media.durationSeconds ?? 0) > task.maxInputSeconds) {
    await context.ffmpeg.assertWithin(path, task.maxInputSeconds, { signal: context.signal })
  }
  const film = media.video ? { path, video: media.video } : null
  // Shares of the time that they take, roughly.
  const stages = createStages(context.progress, {
    'extract-sound': film ? 1 : 0,
    'remove-noise': parameters.denoise_input ? 4 : 0,
    analyze: 4,
    'change-voice': 8,
    'write-video': film ? 1 : 0,
  })
  const sound = await openSound(task, media, context, stages)
  try {
    const limits = {
      ...{ maxSeconds: task.maxInputSeconds, seconds: media.durationSeconds },
      voicedSeconds: target ? enoughToMap : enoughToShift,
    }
    const analysis = await analyzeSound(sound.path, limits, context, stages.report('analyze'))
    const targetVoice = target && (await analyzeTarget(target, context))
    const source = voiceOf(analysis.voice)
    const request = requestOf(parameters, source, targetVoice)
    const heard = { source: source.excerpt, target: targetVoice?.excerpt ?? null }
    const openMs = performance.now() - startedAt
    const lease = await context.models.acquire(engine, task.model)
    try {
      const onProgress = stages.report('change-voice')
      const job = { task, sound, analysis, request, heard, film, model: lease.model, onProgress }
      const changed = await changeRecording(job, context)
      const { provider } = lease
      const finding = { task, analysis, target, request, film, changed, provider, startedAt, openMs }
      return await changedResult(finding, context, stages.report('write-video'))
    } finally {
      lease.release()
    }
  } finally {
    await sound.discard()
  }
}

function voiceOf(heard: HeardVoice | null): HeardVoice {
  if (heard) return heard
  throw new AppError('invalid_media', {
    message: 'No voice was found in the recording. Choose one in which somebody speaks or sings.',
  })
}

function requestOf(
  parameters: VoiceChangerParameters,
  source: HeardVoice,
  target: HeardVoice | null,
): ChangeRequest {
  return {
    ...{ source: source.statistics, target: target?.statistics ?? null, strength: parameters.strength },
    pitchSemitones: parameters.pitch_semitones ?? (target ? null : 0),
    formantSemitones: parameters.formant_shift ?? (target ? null : 0),
  }
}

/** A voice of the library as it was handed to the task, or one that comes with the product. */
function targetOf(task: Task, context: HandlerContext): TaskVoice {
  const id = task.parameters.target_voice_id
  const given = task.resources.voices[id]
  if (given) return given
  const preset = context.helperModel(presetVoiceKind, id)
  if (preset)
    return { id, name: preset.manifest.title, samplePath: preset.path('sample.flac'), profile: null }
  throw new AppError('invalid_parameter', {
    message: `There is no voice “${id}” to turn into. Choose one of the library or a preset.`,
  })
}

function engineOf(engines: readonly VoiceChangerEngine[], { manifest }: Task['model']): VoiceChangerEngine {
  const engine = engines.find((candidate) => candidate.id === manifest.engine)
  if (engine) return engine
  throw new AppError('model_not_found', {
    message: `The model “${manifest.id}” needs the engine “${manifest.engine}”, which this version does not have.`,
  })
}
