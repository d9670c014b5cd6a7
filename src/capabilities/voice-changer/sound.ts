import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { MediaInfo } from '../../audio/ffmpeg'
import { frameCount } from '../../audio/pcm'
import { createWaveformCollector } from '../../audio/waveform'
import { AppError } from '../../platform/errors'
import type { CapabilityTask, HandlerContext, TaskVoice } from '../capability'
import type { Stages } from '../stages'
import type { VoiceChangerParameters } from './index'
import { createSpeechExcerpt, type SpeechExcerpt } from './speech-excerpt'
import { createVoiceMeter, type VoiceStatistics } from './voice-statistics'
import { mixDown } from './voice-renderer'

type Task = CapabilityTask<VoiceChangerParameters>
export type StageName = 'extract-sound' | 'remove-noise' | 'analyze' | 'change-voice' | 'write-video'

/** What is changed: a file with sound and no picture. */
export interface Sound {
  path: string
  /** What it was before noise was taken out of it. */
  originalPath: string
  /** Removes what was made for it. */
  discard(): Promise<void>
}

/** The recording itself, or of a film its sound as a file of its own that has the film's times; denoised if asked. */
export async function openSound(
  task: Task,
  media: MediaInfo,
  context: HandlerContext,
  stages: Stages<StageName>,
): Promise<Sound> {
  const input = (task.input as { path: string }).path
  const extracted = join(task.outputDir, 'sound.flac')
  const denoiseDir = join(task.outputDir, 'denoised')
  const discard = async () => {
    await rm(extracted, { force: true })
    await rm(denoiseDir, { recursive: true, force: true })
  }
  try {
    const path = media.video ? extracted : input
    if (media.video) {
      stages.report('extract-sound')(0)
      // A second more than allowed: what is too long is noticed, and nothing longer is written.
      const maxSeconds = task.maxInputSeconds + 1
      const output = { path, format: 'flac', keepTimes: true, maxSeconds } as const
      await context.ffmpeg.convert(input, output, { signal: context.signal })
    }
    if (!task.parameters.denoise_input) return { path, originalPath: path, discard }
    const denoised = await context.runCapability(
      {
        ...{ capability: 'noise-removal', input: { kind: 'audio', path } },
        ...{ parameters: { mode: 'speech' }, outputDir: denoiseDir },
      },
      stages.contextOf('remove-noise', context).progress,
    )
    return { path: denoised.output.path, originalPath: path, discard }
  } catch (error) {
    await discard()
    throw error
  }
}

export interface SoundAnalysis {
  frames: number
  sampleRateHz: number
  channels: number
  /** Peaks of the sound. */
  waveform: number[]
  /** Null where it holds no voice. */
  voice: HeardVoice | null
}

export interface HeardVoice {
  statistics: VoiceStatistics
  excerpt: SpeechExcerpt
}

export interface AnalysisLimits {
  maxSeconds: number
  /** Length of the recording, where that is known. */
  seconds: number | null
  /** How much of the voice has to be heard. */
  voicedSeconds: number
}

/** Reads a recording once, to its end: how long it is to the frame, and what voice speaks in it. */
export async function analyzeSound(
  path: string,
  { maxSeconds, seconds, voicedSeconds }: AnalysisLimits,
  { ffmpeg, signal }: HandlerContext,
  onProgress: (fraction: number) => void,
): Promise<SoundAnalysis> {
  const decoded = await ffmpeg.decode(path, { maxSeconds, signal })
  const { sampleRateHz, channels } = decoded
  const meter = createVoiceMeter(sampleRateHz, voicedSeconds)
  const excerpt = createSpeechExcerpt(sampleRateHz)
  const waveform = createWaveformCollector()
  const expected = (seconds ?? decoded.claims.durationSeconds ?? maxSeconds) * sampleRateHz
  let frames = 0
  try {
    for await (const block of decoded.blocks) {
      if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
      waveform.add(block)
      if (!meter.satisfied()) {
        const mix = mixDown(block)
        meter.push(mix)
        excerpt.push(mix)
      }
      frames += frameCount(block)
      onProgress(frames / expected)
    }
  } catch (error) {
    await decoded.stop()
    throw error
  }
  const statistics = meter.finish()
  const voice = statistics && { statistics, excerpt: excerpt.finish() }
  return { frames, sampleRateHz, channels, waveform: waveform.peaks(), voice }
}

/** The sample of a voice is heard for this long at most. */
const longestSampleSeconds = 300

/** @throws AppError `invalid_parameter` where nobody speaks in its sample. */
export async function analyzeTarget(voice: TaskVoice, context: HandlerContext): Promise<HeardVoice> {
  const limits = { maxSeconds: longestSampleSeconds, seconds: null, voicedSeconds: 45 }
  const { voice: heard } = await analyzeSound(voice.samplePath, limits, context, () => undefined)
  // Its profile, where there is one, has pitches of another measurement; these are compared with the recording's.
  if (heard) return heard
  throw new AppError('invalid_parameter', {
    message: `No voice was found in the sample of “${voice.name}”. Upload a sample in which somebody speaks.`,
  })
}
