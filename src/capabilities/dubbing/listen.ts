import { createFrameReader } from '../../audio/frame-reader'
import { integratedLoudness } from '../../audio/loudness'
import { frameCount, type PcmBlock } from '../../audio/pcm'
import { createWaveformCollector } from '../../audio/waveform'
import { AppError } from '../../platform/errors'
import type { HandlerContext } from '../capability'
import type { DubSegment } from './segments'

/** What a dub has to know of the recording. */
export interface Recording {
  sampleRateHz: number
  channels: number
  frames: number
  /** Loudness of the speech and of what is behind it, by segment, in LUFS; −70 and less is silence. */
  speechLufs: number[]
  backgroundLufs: number[]
  /** Up to 30 s of the voice of each speaker, mono; speakers that are not told apart are one. */
  voices: Map<string | null, Float32Array>
  waveform: number[]
}

const voiceSeconds = 30

/**
 * Reads the recording once, beside its background where that was separated: what is left of the one without the other
 * is taken for the voice. Memory holds a segment and the voices' samples.
 */
export async function listen(
  given: {
    path: string
    background: string | null
    segments: readonly DubSegment[]
    maxInputSeconds: number
    onProgress(fraction: number): void
    expectedSeconds: number | null
  },
  { ffmpeg, signal }: Pick<HandlerContext, 'ffmpeg' | 'signal'>,
): Promise<Recording> {
  const { segments, maxInputSeconds: maxSeconds } = given
  const decoded = await ffmpeg.decode(given.path, { maxSeconds, signal })
  const behind = given.background ? await ffmpeg.decode(given.background, { maxSeconds, signal }) : null
  try {
    const { sampleRateHz, channels } = decoded
    const waveform = createWaveformCollector()
    const recording = createFrameReader(
      observed(decoded.blocks, (block) => waveform.add(block)),
      channels,
    )
    const background = behind && createFrameReader(behind.blocks, channels)
    const result: Recording = {
      ...{ sampleRateHz, channels, frames: 0, waveform: [] },
      ...{ speechLufs: [], backgroundLufs: [], voices: new Map() },
    }
    for (const segment of segments) {
      const start = Math.round(segment.start * sampleRateHz)
      await skip([recording, background], start - recording.position())
      const frames = Math.round(segment.end * sampleRateHz) - start
      const heard = await recording.read(frames)
      const quiet = (await background?.read(frames)) ?? null
      const voice = quiet ? difference(heard, quiet) : heard
      result.speechLufs.push(speechLoudness(voice, quiet, sampleRateHz))
      result.backgroundLufs.push(quiet ? loudnessOf(quiet, sampleRateHz) : -70)
      collectVoice(result.voices, segment.speaker, voice, voiceSeconds * sampleRateHz)
      given.onProgress(segment.end / (given.expectedSeconds ?? segments.at(-1)!.end))
    }
    await skip([recording], Infinity)
    return { ...result, frames: decoded.framesDecoded(), waveform: waveform.peaks() }
  } finally {
    await Promise.all([decoded.stop(), behind?.stop()])
  }
}

/** @throws AppError `invalid_parameter` for a segment that lies outside. */
export function assertWithin(segments: readonly DubSegment[], durationSeconds: number): void {
  const outside = segments.find(({ end }) => end > durationSeconds + 0.05)
  if (!outside) return
  throw new AppError('invalid_parameter', {
    message: `The segment ${outside.start}–${outside.end} s lies outside of the recording, which is ${durationSeconds.toFixed(2)} s long.`,
    details: { parameter: 'segments' },
  })
}

async function* observed(blocks: AsyncIterable<PcmBlock>, observe: (block: PcmBlock) => void) {
  for await (const block of blocks) {
    observe(block)
    yield block
  }
}

type Reader = ReturnType<typeof createFrameReader>

async function skip(readers: readonly (Reader | null)[], frames: number): Promise<void> {
  for (const reader of readers) {
    for (let left = frames; reader && left > 0;) {
      const block = await reader.some(Math.min(left, 65_536))
      if (!block) break
      left -= frameCount(block)
    }
  }
}

function difference(whole: PcmBlock, part: PcmBlock): PcmBlock {
  return {
    channels: whole.channels.map((samples, channel) => {
      const taken = part.channels[channel]!
      return samples.map((sample, frame) => sample - (taken[frame] ?? 0))
    }),
  }
}

/** BS.1770 adds up the channels' powers. */
function loudnessOf({ channels }: PcmBlock, sampleRateHz: number): number {
  const powers = channels.map((samples) => 10 ** (integratedLoudness(samples, sampleRateHz) / 10))
  return 10 * Math.log10(powers.reduce((sum, power) => sum + power, 0))
}

/**
 * How loud speech is that was separated from its background. That always holds some of the speech, and the voice is too
 * soft. As speech and background have nothing to do with each other, what the two parts have in common tells how much:
 * at least that lies between them, and at most a like share of all speech. The truth lies between.
 */
export function speechLoudness(voice: PcmBlock, background: PcmBlock | null, sampleRateHz: number): number {
  const lufs = loudnessOf(voice, sampleRateHz)
  if (!background) return lufs
  // Where more than half of it should be missing, there was hardly a voice.
  const shared = Math.min(1, Math.max(0, product(voice, background) / (product(voice, voice) + 1e-9)))
  return lufs + 10 * Math.log10(Math.sqrt(1 + 2 * shared) * (1 + shared))
}

function product(a: PcmBlock, b: PcmBlock): number {
  return a.channels.reduce(
    (sum, samples, channel) =>
      sum + samples.reduce((part, sample, frame) => part + sample * (b.channels[channel]![frame] ?? 0), 0),
    0,
  )
}

function collectVoice(
  voices: Recording['voices'],
  speaker: string | null,
  { channels }: PcmBlock,
  maxFrames: number,
): void {
  const before = voices.get(speaker) ?? new Float32Array(0)
  const frames = Math.min(channels[0]!.length, maxFrames - before.length)
  if (frames <= 0) return
  const grown = new Float32Array(before.length + frames)
  grown.set(before)
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0
    for (const samples of channels) sum += samples[frame]!
    grown[before.length + frame] = sum / channels.length
  }
  voices.set(speaker, grown)
}
