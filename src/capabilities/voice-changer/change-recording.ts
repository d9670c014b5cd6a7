import { join } from 'node:path'

import { previewOutput } from '../../audio/encode'
import type { VideoInfo } from '../../audio/ffmpeg'
import { audioFormatTable } from '../../audio/formats'
import { createPeakLimiter } from '../../audio/limiter'
import { frameCount, type PcmBlock } from '../../audio/pcm'
import { startPreview } from '../../audio/preview'
import { createWaveformCollector } from '../../audio/waveform'
import type { LoadedModel } from '../../inference/engine'
import { AppError } from '../../platform/errors'
import type { CapabilityTask, HandlerContext, TaskFile } from '../capability'
import type { VoiceChangerInput, VoiceChangerOutput } from './changer'
import type { VoiceChangerParameters } from './index'
import { createPaceChanger } from './pace'
import type { Sound, SoundAnalysis } from './sound'
import type { ChangeRequest, VoiceChange } from './voice-change'
import { mixDown } from './voice-renderer'
import { createVoiceMeter } from './voice-statistics'

export interface ChangeJob {
  task: CapabilityTask<VoiceChangerParameters>
  sound: Sound
  analysis: SoundAnalysis
  request: ChangeRequest
  heard: VoiceChangerInput['heard']
  /** What the sound was taken from; the result is then a step to another one, and FLAC. */
  film: { path: string; video: VideoInfo } | null
  model: LoadedModel<VoiceChangerInput, VoiceChangerOutput>
  onProgress(fraction: number): void
}

export interface ChangedRecording {
  file: TaskFile
  preview: TaskFile | null
  inputPreview: TaskFile | null
  frames: number
  change: VoiceChange | null
  /** Measured where no change was planned; null where the output has none. */
  measuredPitchHz: number | null
  /** 1 = as fast as the recording. */
  pace: number
  /** Peaks of the output. */
  waveform: number[]
  inferenceMs: number
  encodeMs: number
}

/** Seconds of voice that tell its height. */
const enoughForPitch = 4
const slowestPace = 0.75
const fastestPace = 1.33

/** Reads the recording again and writes it with the other voice. */
export async function changeRecording(job: ChangeJob, context: HandlerContext): Promise<ChangedRecording> {
  const { task, sound, analysis } = job
  const { ffmpeg, signal } = context
  const paths = outputPaths(job)
  const inputPreview =
    task.inputPreviewSeconds === null
      ? null
      : startPreview(ffmpeg, sound.originalPath, {
          ...{
            path: join(task.outputDir, 'input-preview.mp3'),
            maxSeconds: task.inputPreviewSeconds,
            signal,
          },
        })
  const sink = ffmpeg.encode({ outputs: paths.outputs, signal })
  const decoded = await ffmpeg
    .decode(sound.path, { maxSeconds: task.maxInputSeconds, signal })
    .catch(async (error: unknown) => {
      await Promise.all([sink.abort(), inputPreview?.stop()])
      throw error
    })
  try {
    const rendered = await render(job, decoded, sink, context)
    if (decoded.framesDecoded() !== analysis.frames) {
      throw new AppError('engine_failed', {
        message: `The recording had ${analysis.frames} frames, and ${decoded.framesDecoded()} when it was read again.`,
      })
    }
    const [file, preview] = await sink.finish()
    return {
      ...rendered,
      file: { ...file!, contentType: paths.contentType },
      preview: preview ? { ...preview, contentType: audioFormatTable.mp3.contentType } : null,
      inputPreview: (await inputPreview?.finished()) ?? null,
    }
  } catch (error) {
    await Promise.all([sink.abort(), decoded.stop(), inputPreview?.stop()])
    throw error
  }
}

type Decoded = Awaited<ReturnType<HandlerContext['ffmpeg']['decode']>>
type Sink = ReturnType<HandlerContext['ffmpeg']['encode']>

async function render(job: ChangeJob, decoded: Decoded, sink: Sink, context: HandlerContext) {
  const { sampleRateHz, channels } = decoded
  const startedAt = performance.now()
  const { blocks, change } = await job.model.run(
    { sampleRateHz, channels, blocks: decoded.blocks, request: job.request, heard: job.heard },
    context,
  )
  const pace = paceOf(job)
  const pacer = pace === 1 ? null : createPaceChanger(sampleRateHz, channels, pace)
  const limiter = createPeakLimiter(sampleRateHz, channels)
  const waveform = createWaveformCollector()
  const meter = change ? null : createVoiceMeter(sampleRateHz, enoughForPitch)
  let frames = 0
  let encodeMs = 0
  const write = async (block: PcmBlock) => {
    const writtenAt = performance.now()
    waveform.add(block)
    frames += frameCount(block)
    await sink.write(block)
    encodeMs += performance.now() - writtenAt
  }
  sink.begin(sampleRateHz, channels)
  for await (const block of blocks) {
    if (context.signal.aborted) throw new AppError('canceled', { cause: context.signal.reason })
    if (meter?.satisfied() === false) meter.push(mixDown(block))
    const paced = pacer ? pacer.push(block) : block
    if (frameCount(paced) > 0) await write(limiter.push(paced))
    job.onProgress(decoded.framesDecoded() / job.analysis.frames)
  }
  if (pacer) await write(limiter.push(pacer.finish()))
  await write(limiter.finish())
  const inferenceMs = performance.now() - startedAt - encodeMs
  const measured = meter?.finish()
  const measuredPitchHz = measured ? Math.exp(measured.logPitch.mean) : null
  return { frames, change, measuredPitchHz, pace, waveform: waveform.peaks(), inferenceMs, encodeMs }
}

/** How much faster the result is than the recording: as the target speaks, where that is asked for and can be. */
function paceOf({ task, request, film }: ChangeJob): number {
  const { source, target, strength } = request
  if (task.parameters.preserve_timing || film || !target) return 1
  if (source.syllablesPerSecond === 0 || target.syllablesPerSecond === 0) return 1
  const wanted = (target.syllablesPerSecond / source.syllablesPerSecond) ** strength
  return Math.min(fastestPace, Math.max(slowestPace, wanted))
}

function outputPaths({ task, film }: ChangeJob) {
  const format = film ? 'flac' : task.outputFormat
  const { extension, contentType } = audioFormatTable[format]
  const main = { path: join(task.outputDir, `output.${extension}`), format }
  const preview =
    task.previewSeconds === null
      ? []
      : [previewOutput(join(task.outputDir, 'preview.mp3'), task.previewSeconds)]
  return { outputs: [main, ...preview], contentType }
}
