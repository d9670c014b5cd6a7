import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { MediaInfo } from '../../audio/ffmpeg'
import { frameCount } from '../../audio/pcm'
import { startPreview } from '../../audio/preview'
import { createWaveformCollector } from '../../audio/waveform'
import type { CapabilityTask, HandlerContext, TaskFile } from '../capability'
import type { VoiceEditorParameters } from './index'
import { createRecordingProfiler, type RecordingProfile } from './recording-profile'

type Task = CapabilityTask<VoiceEditorParameters>

/** What is edited: a file with sound and no picture. */
export interface Sound {
  path: string
  media: MediaInfo
  /** Removes what was made for it. */
  discard(): Promise<void>
}

/** The recording itself; of a film its sound, as a file of its own that has the film's times. */
export async function openSound(
  task: Task,
  media: MediaInfo,
  { ffmpeg, signal, progress }: HandlerContext,
): Promise<Sound> {
  const input = (task.input as { path: string }).path
  if (!media.video) return { path: input, media, discard: () => Promise.resolve() }
  progress('extract-sound', 0)
  const path = join(task.outputDir, 'sound.flac')
  const discard = () => rm(path, { force: true })
  try {
    // A second more than allowed: what is too long is noticed, and nothing longer is written.
    const maxSeconds = task.maxInputSeconds + 1
    await ffmpeg.convert(input, { path, format: 'flac', keepTimes: true, maxSeconds }, { signal })
    return { path, media: await ffmpeg.probe(path, { signal }), discard }
  } catch (error) {
    await discard()
    throw error
  }
}

export interface Analysis {
  profile: RecordingProfile
  /** Peaks of the input. */
  waveform: number[]
  inputPreview: TaskFile | null
}

/** Reads the recording once, to its end: how long it is to the frame, how loud its parts are. */
export async function analyze(
  task: Task,
  sound: Sound,
  context: HandlerContext,
  onProgress: (fraction: number) => void,
): Promise<Analysis> {
  const { ffmpeg, signal } = context
  const previewPath = join(task.outputDir, 'input-preview.mp3')
  const maxSeconds = task.parameters.dry_run ? null : task.inputPreviewSeconds
  const preview =
    maxSeconds === null ? null : startPreview(ffmpeg, sound.path, { path: previewPath, maxSeconds, signal })
  try {
    return {
      ...(await read(task, sound, context, onProgress)),
      inputPreview: (await preview?.finished()) ?? null,
    }
  } catch (error) {
    await preview?.stop()
    throw error
  }
}

async function read(
  task: Task,
  sound: Sound,
  { ffmpeg, signal }: HandlerContext,
  onProgress: (fraction: number) => void,
): Promise<Omit<Analysis, 'inputPreview'>> {
  const decoded = await ffmpeg.decode(sound.path, { maxSeconds: task.maxInputSeconds, signal })
  const profiler = createRecordingProfiler(decoded.sampleRateHz, decoded.channels)
  const waveform = createWaveformCollector()
  const expected = (sound.media.durationSeconds ?? task.maxInputSeconds) * decoded.sampleRateHz
  let frames = 0
  onProgress(0)
  for await (const block of decoded.blocks) {
    profiler.add(block)
    waveform.add(block)
    frames += frameCount(block)
    onProgress(frames / expected)
  }
  return { profile: profiler.finish(), waveform: waveform.peaks() }
}
