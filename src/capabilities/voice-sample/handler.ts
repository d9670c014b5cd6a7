import { join } from 'node:path'
import { trackPitch } from '../../audio/pitch-track'
import type { VoiceProfile } from '../../audio/voice-profile'
import { createWaveformCollector } from '../../audio/waveform'
import { AppError } from '../../platform/errors'
import type { CapabilityHandler, CapabilityTask, HandlerContext, TaskResult } from '../capability'
import type { HeardVoices, ListenForVoices } from '../listening'
import { checkSample, createClippingMeter, type Finding } from './checks'

const analysisRateHz = 16_000

/** The details of a check's result. */
export interface SampleReport {
  accepted: boolean
  findings: Finding[]
  /** Null where the sample was not accepted. */
  profile: VoiceProfile | null
}

/** Reads the recording as it is (for the sample, and for clipping), then at 16 kHz for everything else. */
export function createVoiceSampleHandler(listen: ListenForVoices): CapabilityHandler {
  return {
    async run(task, context) {
      const startedAt = performance.now()
      if (task.input.kind !== 'audio') {
        throw new AppError('invalid_parameter', { message: 'A sample is a recording, not text.' })
      }
      context.progress('read', 0)
      const sample = await writeSample(task, context)
      context.progress('listen', 0.3)
      const samples = await readAll(task, context)
      const listenedAt = performance.now()
      const heard = await listen(samples, context)
      const inferenceMs = performance.now() - listenedAt
      context.progress('measure', 0.8)
      const { clippedShare } = sample
      const { findings, speech, loudnessLufs } = checkSample({ samples, clippedShare }, heard)
      const accepted = findings.every(({ passed }) => passed)
      const profile = accepted ? profileOf(speech, heard, loudnessLufs) : null
      const report: SampleReport = { accepted, findings, profile }
      return result(task, sample, report, { startedAt, inferenceMs })
    },
  }
}

interface WrittenSample {
  path: string
  bytes: number
  sampleRateHz: number
  frames: number
  clippedShare: number
  peaks: number[]
}

/** One channel at the recording's own rate, without loss. */
async function writeSample(task: CapabilityTask, context: HandlerContext): Promise<WrittenSample> {
  const { ffmpeg, signal } = context
  const path = join(task.outputDir, 'sample.flac')
  const input = (task.input as { path: string }).path
  const decoded = await ffmpeg.decode(input, { channels: 1, maxSeconds: task.maxInputSeconds, signal })
  const sink = ffmpeg.encode({ outputs: [{ path, format: 'flac' }], signal })
  const clipping = createClippingMeter()
  const waveform = createWaveformCollector()
  try {
    sink.begin(decoded.sampleRateHz, 1)
    for await (const block of decoded.blocks) {
      clipping.add(block.channels[0]!)
      waveform.add(block)
      await sink.write(block)
    }
    const [file] = await sink.finish()
    return {
      ...{ path, bytes: file!.bytes, sampleRateHz: decoded.sampleRateHz, frames: decoded.framesDecoded() },
      ...{ clippedShare: clipping.share(), peaks: waveform.peaks() },
    }
  } catch (error) {
    await Promise.all([decoded.stop(), sink.abort()])
    throw error
  }
}

/** The whole recording at 16 kHz: at most 15 minutes, 58 MB. */
async function readAll(task: CapabilityTask, { ffmpeg, signal }: HandlerContext): Promise<Float32Array> {
  const decoded = await ffmpeg.decode((task.input as { path: string }).path, {
    ...{ sampleRateHz: analysisRateHz, channels: 1, maxSeconds: task.maxInputSeconds, signal },
  })
  const blocks: Float32Array[] = []
  for await (const { channels } of decoded.blocks) blocks.push(channels[0]!)
  const samples = new Float32Array(decoded.framesDecoded())
  let at = 0
  for (const block of blocks) {
    samples.set(block, at)
    at += block.length
  }
  return samples
}

function profileOf(speech: Float32Array, { mainVoice }: HeardVoices, loudnessLufs: number): VoiceProfile {
  const logs = [...trackPitch(speech, analysisRateHz)].filter((hz) => hz > 0).map(Math.log)
  if (logs.length === 0) {
    throw new AppError('invalid_media', {
      message: 'No voice was heard, only whispering. Record the voice as it speaks aloud.',
    })
  }
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length
  const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length
  return {
    logPitch: { mean, standardDeviation: Math.sqrt(variance) },
    embedding: mainVoice,
    speechSeconds: speech.length / analysisRateHz,
    loudnessLufs,
  }
}

function result(
  task: CapabilityTask,
  sample: WrittenSample,
  report: SampleReport,
  { startedAt, inferenceMs }: { startedAt: number; inferenceMs: number },
): TaskResult {
  const { path, bytes, sampleRateHz, frames, peaks } = sample
  const seconds = frames / sampleRateHz
  const { id, version } = task.model.manifest
  return {
    output: {
      ...{ kind: 'audio', path, contentType: 'audio/flac', bytes, durationSeconds: seconds },
      audio: { sampleRateHz, channels: 1, frames },
    },
    billedSeconds: 0,
    preview: null,
    previewText: null,
    inputPreview: null,
    artifacts: [],
    details: { ...report },
    inputSeconds: seconds,
    waveform: { input: peaks, output: peaks },
    report: {
      timingsMs: { open: 0, inference: inferenceMs, encode: 0, total: performance.now() - startedAt },
      realTimeFactor: inferenceMs / 1000 / Math.max(seconds, 0.001),
      provider: 'cpu',
      model: { id, version },
    },
  }
}
