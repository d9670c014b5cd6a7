import { AppError } from '../platform/errors'
import { openDecoder } from './decoder-process'
import type { MediaClaims } from './decoder-log'
import type { FfmpegBinaries } from './ffmpeg-binaries'
import { canceledError, type FfmpegExit } from './ffmpeg-process'
import { sniffMediaType, type MediaType } from './media-type'
import { frameCount, type PcmBlock } from './pcm'
import { assertSupportedShape, unreadable } from './probe'
import { openWavFile } from './wav-file'

export interface DecodeOptions {
  /** Rate to deliver. Default: the file's own. */
  sampleRateHz?: number
  /** Channels to deliver. Default: the file's own. */
  channels?: number
  /** Cap on decoded audio; reaching it ends the stream with `media_too_long`. */
  maxSeconds: number
  signal?: AbortSignal
}

/** An audio file being decoded. Read `blocks` to its end, or call `stop`. */
export interface DecodedAudio {
  sampleRateHz: number
  channels: number
  /** What the file says it holds; bill on decoded samples only. */
  claims: MediaClaims
  /**
   * Can be iterated once. Memory is bounded: the decoder waits for the reader. Throws `media_too_long`,
   * `invalid_media` (nothing could be decoded) or `canceled`.
   */
  blocks: AsyncIterable<PcmBlock>
  /** Sample frames delivered so far, at `sampleRateHz`. What is billed. */
  framesDecoded(): number
  /** Ends the decoder. */
  stop(): Promise<void>
}

/** Where samples come from. */
export interface SampleSource {
  sampleRateHz: number
  channels: number
  claims: MediaClaims
  blocks: AsyncGenerator<PcmBlock>
  /** How the process behind it ended, once all blocks were read; null where there is none. */
  end(): Promise<FfmpegExit | null>
  stop(): Promise<void>
}

/**
 * Opens an audio file for streaming: plain WAV files here, all others by one ffmpeg process.
 *
 * A truncated file gives what there is. Sample rates of the output are exact; frames are those of the file.
 *
 * @throws AppError `invalid_media` or `unsupported_media` with a message that says what to do, or `canceled`.
 */
export async function decodeAudio(
  binaries: FfmpegBinaries,
  path: string,
  options: DecodeOptions,
): Promise<DecodedAudio> {
  const type = await sniffMediaType(path)
  const source =
    (await openPlainWav(path, type, options)) ?? (await openDecoder(binaries, path, type, options))
  const { sampleRateHz, channels, claims, stop } = source
  try {
    assertSupportedShape(sampleRateHz, channels)
  } catch (error) {
    await stop()
    throw error
  }
  const counter = { frames: 0 }
  const blocks = deliver(source, options, counter)
  return { sampleRateHz, channels, claims, blocks, framesDecoded: () => counter.frames, stop }
}

async function openPlainWav(
  path: string,
  type: MediaType,
  options: DecodeOptions,
): Promise<SampleSource | null> {
  if (type.container !== 'wav' || options.sampleRateHz || options.channels) return null
  const file = await openWavFile(path)
  if (!file) return null
  const { sampleRateHz, channels, frames, blocks, close } = file
  return {
    sampleRateHz,
    channels,
    claims: { durationSeconds: frames / sampleRateHz, sound: true, pictures: false },
    blocks,
    end: () => Promise.resolve(null),
    stop: close,
  }
}

/** Counts what is delivered, holds the cap, and turns the decoder's end into an answer. */
async function* deliver(
  source: SampleSource,
  { maxSeconds, signal }: DecodeOptions,
  counter: { frames: number },
): AsyncGenerator<PcmBlock> {
  const maxFrames = Math.round(maxSeconds * source.sampleRateHz)
  let finished = false
  try {
    for await (const block of source.blocks) {
      if (signal?.aborted) throw canceledError(signal)
      if (counter.frames + frameCount(block) > maxFrames) throw tooLong(maxSeconds)
      counter.frames += frameCount(block)
      yield block
    }
    const exit = await source.end()
    if (signal?.aborted) throw canceledError(signal)
    if (counter.frames === 0) throw unreadable(new Error(exit?.stderr.trim()))
    if (exit?.signal) throw decoderKilled(exit.signal)
    finished = true
  } finally {
    if (!finished) await source.stop()
  }
}

/** The refusal of audio beyond the cap. */
export function tooLong(maxSeconds: number): AppError {
  const limit = maxSeconds >= 120 ? `${Math.round(maxSeconds / 60)} minutes` : `${maxSeconds} seconds`
  return new AppError('media_too_long', {
    message: `The audio is longer than ${limit}, the most that is taken. Cut it into parts.`,
    details: { max_seconds: maxSeconds },
  })
}

function decoderKilled(signal: NodeJS.Signals): AppError {
  return new AppError('engine_failed', { message: `The decoder was ended by ${signal}.` })
}
