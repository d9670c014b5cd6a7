import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { previewOutput } from '../../audio/encode'
import { audioFormatTable } from '../../audio/formats'
import { createFrameReader } from '../../audio/frame-reader'
import { createPeakLimiter } from '../../audio/limiter'
import { frameCount, type PcmBlock } from '../../audio/pcm'
import { createWaveformCollector } from '../../audio/waveform'
import { AppError } from '../../platform/errors'
import type { CapabilityTask, HandlerContext, TaskFile } from '../capability'
import type { DubbingParameters } from './index'
import type { Recording } from './listen'
import type { PlacedSpeech } from './place'
import type { DubSegment } from './segments'

const leadSeconds = 0.06
const fadeSeconds = 0.04
/** The background stays this much below the dub, but is not lowered by more than `maxDuckDb`. */
const distanceLu = 8
const maxDuckDb = 9
const blockFrames = 16_384

export interface MixRequest {
  task: CapabilityTask<DubbingParameters>
  path: string
  /** The recording without its voices; null for a dub on its own. */
  background: string | null
  recording: Recording
  segments: readonly DubSegment[]
  placed: readonly PlacedSpeech[]
  /** Whether the result is a step to a film, and has to be FLAC. */
  lossless: boolean
  onProgress(fraction: number): void
}

export interface MixedDub {
  file: TaskFile
  preview: TaskFile | null
  frames: number
  waveform: number[]
  encodeMs: number
}

/** Where the recording gives way to its background, with the piece of the dub that is heard there. */
interface Passage {
  start: number
  end: number
  duck: number
  speech: PlacedSpeech | null
  samples: Promise<Float32Array> | null
}

/**
 * Puts the dub over the recording: between the segments it stays bit for bit as it is, within them its background is
 * heard, lower where it would drown the dub. Output and recording have the same frames.
 */
export async function mixDub(request: MixRequest, { ffmpeg, signal }: HandlerContext): Promise<MixedDub> {
  const { task, recording, background } = request
  const { sampleRateHz, channels, frames: total } = recording
  const paths = outputsOf(task, request.lossless)
  const sink = ffmpeg.encode({ outputs: paths.outputs, signal })
  const opened = { maxSeconds: task.maxInputSeconds, signal }
  const sources: { stop(): Promise<void> }[] = []
  const open = async (path: string) => {
    const decoded = await ffmpeg.decode(path, opened)
    sources.push(decoded)
    return createFrameReader(decoded.blocks, channels)
  }
  try {
    const original = background === null ? null : await open(request.path)
    const behind = background === null ? null : await open(background)
    sink.begin(sampleRateHz, channels)
    const limiter = createPeakLimiter(sampleRateHz, channels)
    const waveform = createWaveformCollector()
    const mixer = createMixer(request)
    let encodeMs = 0
    const write = async (block: PcmBlock) => {
      waveform.add(block)
      const startedAt = performance.now()
      await sink.write(block)
      encodeMs += performance.now() - startedAt
    }
    for (let at = 0; at < total; at += blockFrames) {
      if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
      const frames = Math.min(blockFrames, total - at)
      const silence = { channels: Array.from({ length: channels }, () => new Float32Array(frames)) }
      const heard = original ? await original.read(frames) : silence
      if (frameCount(heard) < frames) {
        throw new AppError('engine_failed', {
          message: 'The recording was shorter when it was read again.',
        })
      }
      await write(limiter.push(await mixer(heard, behind ? await behind.read(frames) : silence, at)))
      request.onProgress(at / total)
    }
    await write(limiter.finish())
    const [file, preview] = await sink.finish()
    return {
      file: { ...file!, contentType: paths.contentType },
      preview: preview ? { ...preview, contentType: audioFormatTable.mp3.contentType } : null,
      ...{ frames: total, waveform: waveform.peaks(), encodeMs },
    }
  } catch (error) {
    await sink.abort()
    throw error
  } finally {
    await Promise.all(sources.map((source) => source.stop()))
  }
}

function outputsOf(task: MixRequest['task'], lossless: boolean) {
  const format = lossless ? 'flac' : task.outputFormat
  const { extension, contentType } = audioFormatTable[format]
  const main = { path: join(task.outputDir, `output.${extension}`), format }
  const preview =
    task.previewSeconds === null
      ? []
      : [previewOutput(join(task.outputDir, 'preview.mp3'), task.previewSeconds)]
  return { outputs: [main, ...preview], contentType }
}

function createMixer({ recording, segments, placed, background }: MixRequest) {
  const { sampleRateHz } = recording
  const lead = leadSeconds * sampleRateHz
  const fade = fadeSeconds * sampleRateHz
  const speechOf = new Map(placed.map((speech) => [speech.index, speech]))
  const passages = segments.map(({ start, end }, index): Passage => {
    const speech = speechOf.get(index) ?? null
    const spokenEnd = speech ? speech.startFrame + speech.frames : 0
    const louder = speech ? recording.backgroundLufs[index]! - (speech.lufs - distanceLu) : 0
    return {
      start: start * sampleRateHz - lead,
      end: Math.max(end * sampleRateHz, spokenEnd) + lead,
      duck: 10 ** (-Math.min(maxDuckDb, Math.max(0, louder)) / 20),
      ...{ speech, samples: null },
    }
  })
  let next = 0
  return async (heard: PcmBlock, behind: PcmBlock, at: number): Promise<PcmBlock> => {
    const frames = frameCount(heard)
    while (next < passages.length && passages[next]!.end <= at) passages[next++]!.samples = null
    const here = passages.slice(next).filter(({ start, end }) => start < at + frames && end > at)
    if (here.length === 0) return heard
    const depth = new Float32Array(frames)
    const gain = new Float32Array(frames).fill(1)
    const dub = new Float32Array(frames)
    for (const passage of here) {
      for (let n = 0; n < frames; n++) {
        const inside = Math.min(1, (at + n - passage.start) / fade, (passage.end - at - n) / fade)
        if (inside <= 0) continue
        depth[n] = Math.max(depth[n]!, inside)
        gain[n] = Math.min(gain[n]!, 1 - inside * (1 - passage.duck))
      }
      await addSpeech(passage, dub, at)
    }
    const mixed = background === null ? behind : heard
    return {
      channels: mixed.channels.map((samples, channel) => {
        const quiet = behind.channels[channel]!
        return samples.map((sample, n) =>
          depth[n] === 0 ? sample : sample + depth[n]! * ((quiet[n] ?? 0) * gain[n]! - sample) + dub[n]!,
        )
      }),
    }
  }
}

async function addSpeech(passage: Passage, dub: Float32Array, at: number): Promise<void> {
  const { speech } = passage
  if (!speech || speech.startFrame >= at + dub.length || speech.startFrame + speech.frames <= at) return
  passage.samples ??= readFloats(speech.path)
  const samples = await passage.samples
  const first = Math.max(0, speech.startFrame - at)
  const last = Math.min(dub.length, speech.startFrame + speech.frames - at)
  for (let n = first; n < last; n++) dub[n] = dub[n]! + speech.gain * samples[at + n - speech.startFrame]!
}

async function readFloats(path: string): Promise<Float32Array> {
  const bytes = await readFile(path)
  return new Float32Array(Uint8Array.from(bytes).buffer)
}
