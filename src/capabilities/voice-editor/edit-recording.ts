import { join } from 'node:path'

import { createBleep } from '../../audio/bleep'
import { mergeEdits, type AppliedEdit, type Edit } from '../../audio/edit-list'
import { applyEdits } from '../../audio/edit-list-apply'
import { createSilence, type FillStream } from '../../audio/edit-list-fill'
import { previewOutput } from '../../audio/encode'
import { audioFormatTable } from '../../audio/formats'
import { frameCount } from '../../audio/pcm'
import { createRoomTone } from '../../audio/room-tone'
import { createWaveformCollector } from '../../audio/waveform'
import { AppError } from '../../platform/errors'
import type { CapabilityTask, HandlerContext, TaskFile } from '../capability'
import { seamFrames } from './seams'
import type { Hit } from './hits'
import type { VoiceEditorParameters } from './index'
import type { RecordingProfile } from './recording-profile'
import type { Sound } from './sound'

export interface EditRequest {
  task: CapabilityTask<VoiceEditorParameters>
  sound: Sound
  profile: RecordingProfile
  hits: readonly Hit[]
  /** Whether the result is a step to another one, and has to be FLAC. */
  lossless: boolean
  onProgress(fraction: number): void
}

export interface EditedRecording {
  file: TaskFile
  preview: TaskFile | null
  frames: number
  edits: AppliedEdit[]
  /** Peaks of the output. */
  waveform: number[]
  encodeMs: number
}

/** No sample of a muted part is above −61 dBFS. */
const roomToneAmplitude = 10 ** (-61 / 20)

/**
 * Applies the enabled hits in one pass.
 * @throws AppError `invalid_parameter` where nothing of the recording would be left.
 */
export async function editRecording(request: EditRequest, context: HandlerContext): Promise<EditedRecording> {
  const { task, sound, profile, hits } = request
  const { sampleRateHz, channels, frames: totalFrames } = profile
  const edits = mergeEdits(hits.filter(({ enabled }) => enabled).map((hit) => hit.edit))
  if (edits[0]?.action === 'cut' && edits[0].endFrame - edits[0].startFrame === totalFrames) {
    throw new AppError('invalid_parameter', {
      message:
        'The edits cut the whole recording: nothing would be left. Take fewer, or make a dry run to see them.',
    })
  }
  const { ffmpeg, signal } = context
  const paths = outputPaths(task, request.lossless)
  const sink = ffmpeg.encode({ outputs: paths.outputs, signal })
  const waveform = createWaveformCollector()
  const decoded = await ffmpeg
    .decode(sound.path, { maxSeconds: task.maxInputSeconds, signal })
    .catch(async (error: unknown) => {
      await sink.abort()
      throw error
    })
  try {
    sink.begin(sampleRateHz, channels)
    const edited = applyEdits(decoded.blocks, edits, {
      ...{ channels, totalFrames, ...seamFrames(task.parameters, sampleRateHz) },
      fill: (edit) => fillOf(edit, request, context.seed),
    })
    let frames = 0
    let encodeMs = 0
    for await (const block of edited.blocks) {
      if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
      frames += frameCount(block)
      waveform.add(block)
      const startedAt = performance.now()
      await sink.write(block)
      encodeMs += performance.now() - startedAt
      request.onProgress(decoded.framesDecoded() / totalFrames)
    }
    if (decoded.framesDecoded() !== totalFrames) {
      throw new AppError('engine_failed', {
        message: `The recording had ${totalFrames} frames, and ${decoded.framesDecoded()} when it was read again.`,
      })
    }
    const [file, preview] = await sink.finish()
    return {
      file: { ...file!, contentType: paths.contentType },
      preview: preview ? { ...preview, contentType: audioFormatTable.mp3.contentType } : null,
      ...{ frames, encodeMs, edits: edited.applied(), waveform: waveform.peaks() },
    }
  } catch (error) {
    await Promise.all([sink.abort(), decoded.stop()])
    throw error
  }
}

function outputPaths(task: EditRequest['task'], lossless: boolean) {
  const format = lossless ? 'flac' : task.outputFormat
  const { extension, contentType } = audioFormatTable[format]
  const main = { path: join(task.outputDir, `output.${extension}`), format }
  const previews =
    task.previewSeconds === null
      ? []
      : [previewOutput(join(task.outputDir, 'preview.mp3'), task.previewSeconds)]
  return { outputs: [main, ...previews], contentType }
}

function fillOf({ action, startFrame }: Edit, { task, profile }: EditRequest, seed: number): FillStream {
  const { sampleRateHz, channels, roomTone, speechAmplitudes } = profile
  if (action === 'bleep') {
    const frequencyHz = task.parameters.bleep_hz
    return createBleep({ sampleRateHz, frequencyHz, amplitudes: speechAmplitudes })
  }
  if (!task.parameters.room_tone || !roomTone) return createSilence(channels)
  return createRoomTone(roomTone, {
    ...{ sampleRateHz, maxAmplitude: roomToneAmplitude, seed: seed + startFrame },
  })
}
