import { join } from 'node:path'

import { previewOutput } from '../../audio/encode'
import type { AudioSink, EncodeOutput } from '../../audio/ffmpeg'
import { audioFormatTable } from '../../audio/formats'
import { createPeakLimiter } from '../../audio/limiter'
import { frameCount, type PcmBlock } from '../../audio/pcm'
import { createWaveformCollector } from '../../audio/waveform'
import type { CapabilityTask, HandlerContext, TaskFile } from '../capability'

/** Mono speech on its way into a file, kept from clipping; memory does not grow with it. */
export interface SpeechFile {
  write(samples: Float32Array): Promise<void>
  silence(frames: number): Promise<void>
  /** Written so far. */
  frames(): number
  finish(): Promise<FinishedSpeech>
  abort(): Promise<void>
}

export interface FinishedSpeech {
  file: TaskFile
  preview: TaskFile | null
  frames: number
  sampleRateHz: number
  /** Peaks. */
  waveform: number[]
  encodeMs: number
}

const silenceBlockFrames = 48_000

/** The result of a task: its output, and its preview where one is wanted. */
export function createSpeechFile(
  {
    outputDir,
    outputFormat,
    previewSeconds,
  }: Pick<CapabilityTask, 'outputDir' | 'outputFormat' | 'previewSeconds'>,
  sampleRateHz: number,
  context: Pick<HandlerContext, 'ffmpeg' | 'signal'>,
): SpeechFile {
  const { extension, contentType } = audioFormatTable[outputFormat]
  const outputs: EncodeOutput[] = [{ path: join(outputDir, `output.${extension}`), format: outputFormat }]
  if (previewSeconds !== null) outputs.push(previewOutput(join(outputDir, 'preview.mp3'), previewSeconds))
  return open(outputs, contentType, sampleRateHz, context)
}

/** Speech that something else is made of: lossless, without a preview. */
export function createSpeechDraft(
  path: string,
  sampleRateHz: number,
  context: Pick<HandlerContext, 'ffmpeg' | 'signal'>,
): SpeechFile {
  return open([{ path, format: 'flac' }], audioFormatTable.flac.contentType, sampleRateHz, context)
}

function open(
  outputs: EncodeOutput[],
  contentType: string,
  sampleRateHz: number,
  { ffmpeg, signal }: Pick<HandlerContext, 'ffmpeg' | 'signal'>,
): SpeechFile {
  const sink: AudioSink = ffmpeg.encode({ outputs, signal })
  sink.begin(sampleRateHz, 1)
  const limiter = createPeakLimiter(sampleRateHz, 1)
  const waveform = createWaveformCollector()
  let frames = 0
  let encodeMs = 0
  const send = async (block: PcmBlock) => {
    const startedAt = performance.now()
    waveform.add(block)
    await sink.write(block)
    encodeMs += performance.now() - startedAt
  }
  const write = async (samples: Float32Array) => {
    frames += samples.length
    const block = limiter.push({ channels: [samples] })
    if (frameCount(block) > 0) await send(block)
  }
  return {
    write,
    async silence(count) {
      for (let left = count; left > 0; left -= silenceBlockFrames) {
        await write(new Float32Array(Math.min(left, silenceBlockFrames)))
      }
    },
    frames: () => frames,
    async finish() {
      await send(limiter.finish())
      const startedAt = performance.now()
      const [file, preview] = await sink.finish()
      encodeMs += performance.now() - startedAt
      return {
        file: { ...file!, contentType },
        preview: preview ? { ...preview, contentType: audioFormatTable.mp3.contentType } : null,
        ...{ frames, sampleRateHz, encodeMs, waveform: waveform.peaks() },
      }
    },
    abort: () => sink.abort(),
  }
}
