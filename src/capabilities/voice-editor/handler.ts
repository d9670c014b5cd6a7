import { AppError } from '../../platform/errors'
import type { CapabilityHandler, CapabilityTask, HandlerContext, TaskResult } from '../capability'
import { actionsOf, refuseActions } from './actions'
import { makeClips } from './clips'
import { editRecording } from './edit-recording'
import { assertRangesWithin, collectHits } from './hits'
import type { VoiceEditorParameters } from './index'
import { needsWords, transcriptOf } from './recognition'
import { editedResult, trialResult, type Finding } from './results'
import { analyze, openSound } from './sound'
import { createStages } from '../stages'

type Task = CapabilityTask<VoiceEditorParameters>

/**
 * Finds what is to be edited and edits it. The recording is read once to get to know it (and by a recogniser, where
 * words have to be found) and once to apply the edit list. Memory does not grow with the input but for the transcript
 * and 200 bytes a second of levels.
 */
export function createVoiceEditorHandler(): CapabilityHandler<VoiceEditorParameters> {
  return {
    async run(task, context) {
      try {
        return await edit(task, context)
      } catch (error) {
        throw error instanceof AppError ? error : new AppError('engine_failed', { cause: error })
      }
    },
  }
}

async function edit(task: Task, context: HandlerContext): Promise<TaskResult> {
  const startedAt = performance.now()
  const { parameters } = task
  const actions = actionsOf(task.model.manifest)
  refuseActions(actions, parameters)
  if (task.input.kind !== 'audio') {
    throw new AppError('invalid_parameter', { message: 'The voice editor takes a recording, not text.' })
  }
  const { path, media: known } = task.input
  const media = known ?? (await context.ffmpeg.probe(path, { video: true, signal: context.signal }))
  const film = media.video ? { path, video: media.video } : null
  // Shares of the time that they take, roughly.
  const stages = createStages(context.progress, {
    'extract-sound': film ? 1 : 0,
    analyze: 1,
    recognize: needsWords(parameters) && !parameters.transcript ? 20 : 0,
    edit: 2,
    'write-video': film && !parameters.dry_run ? 5 : 0,
  })
  const sound = await openSound(task, media, context)
  try {
    const { profile, waveform, inputPreview } = await analyze(task, sound, context, stages.report('analyze'))
    assertRangesWithin(parameters.ranges, profile.frames / profile.sampleRateHz)
    const openMs = performance.now() - startedAt
    const transcript = await transcriptOf(task, sound, stages.contextOf('recognize', context))
    const recognizeMs = performance.now() - startedAt - openMs
    const hits = collectHits({ parameters, actions, profile, transcript })
    const finding: Finding = {
      ...{ task, profile, hits, transcript, waveform, inputPreview },
      ...{ startedAt, openMs, recognizeMs },
    }
    const onProgress = stages.report('edit')
    if (parameters.dry_run) {
      return await trialResult(finding, await makeClips({ ...finding, sound, onProgress }, context))
    }
    const edited = await editRecording({ ...finding, sound, lossless: film !== null, onProgress }, context)
    return await editedResult(finding, edited, film, context, stages.report('write-video'))
  } finally {
    await sound.discard()
  }
}
