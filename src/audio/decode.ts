import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'

import { AppError } from '../platform/errors'
import type { FfmpegBinaries } from './ffmpeg-binaries'
import {
  canceledError,
  createCommand,
  fileArgument,
  inputGuard,
  isDiskFull,
  startFfmpeg,
  type FfmpegProcess,
} from './ffmpeg-process'
import { previewArguments } from './encode'
import { sniffMediaType } from './media-type'
import { frameCount, type PcmBlock } from './pcm'
import { assertSupportedShape, unreadable } from './probe'
import { readWavHeader, type WavHeader } from './wav-header'

export interface DecodeOptions {
  /** Rate to deliver. Default: the file's own. */
  sampleRateHz?: number
  /** Channels to deliver. Default: the file's own. */
  channels?: number
  /** Cap on decoded audio; reaching it ends the stream with `media_too_long`. */
  maxSeconds: number
  /** Writes a lower-grade MP3 of the first `maxSeconds` in the same process. */
  preview?: { path: string; maxSeconds: number }
  signal?: AbortSignal
}

/** An audio file being decoded. Read `blocks` to its end, or call `stop`. */
export interface DecodedAudio {
  sampleRateHz: number
  channels: number
  /**
   * Can be iterated once. Memory is bounded: the decoder waits for the reader. Throws `media_too_long`,
   * `invalid_media` (nothing could be decoded), `disk_full` (the preview) or `canceled`.
   */
  blocks: AsyncIterable<PcmBlock>
  /** Sample frames delivered so far, at `sampleRateHz`. What is billed. */
  framesDecoded(): number
  /** Ends the decoder and removes the preview. */
  stop(): Promise<void>
}

const maxHeaderBytes = 64 * 1024
const blockFrames = 16_384
const bytesPerSample = 4

/**
 * Opens an audio file for streaming. The samples come as float WAV, so that one process tells rate, channels and
 * content and no other has to be asked first.
 *
 * A truncated file gives what there is. Sample rates of the output are exact; frames are those of the file.
 */
export async function decodeAudio(
  binaries: FfmpegBinaries,
  path: string,
  options: DecodeOptions,
): Promise<DecodedAudio> {
  const { demuxer } = await sniffMediaType(path)
  const process = startDecoder(binaries, path, demuxer, options)
  const discard = async () => {
    process.stop()
    await process.exit.catch(() => undefined)
    if (options.preview) await rm(options.preview.path, { force: true })
  }
  try {
    const chunks = chunksOf(process.stdout)
    const { header, rest } = await readHeader(chunks, process, options.signal)
    assertSupportedShape(header.sampleRateHz, header.channels)
    const counter = { frames: 0 }
    return {
      sampleRateHz: header.sampleRateHz,
      channels: header.channels,
      blocks: deliver(planarBlocks(rest, chunks, header), { header, process, options, counter, discard }),
      framesDecoded: () => counter.frames,
      stop: discard,
    }
  } catch (error) {
    await discard()
    throw error
  }
}

function startDecoder(
  binaries: FfmpegBinaries,
  path: string,
  demuxer: string,
  options: DecodeOptions,
): FfmpegProcess {
  const command = createCommand()
    .input(fileArgument(path))
    .inputOptions(...['-threads', '1', ...inputGuard(demuxer)])
    .output('pipe:1')
    .outputOptions(
      ...['-map', '0:a:0', '-vn', '-sn', '-dn', '-map_metadata', '-1', '-fflags', '+bitexact'],
      ...['-c:a', 'pcm_f32le', '-f', 'wav', '-flush_packets', '0'],
      // One second more than allowed, so that the cap is noticed here and the decoder stops by itself as well.
      ...['-t', String(options.maxSeconds + 1)],
      ...(options.sampleRateHz ? ['-ar', String(options.sampleRateHz)] : []),
      ...(options.channels ? ['-ac', String(options.channels)] : []),
    )
  if (options.preview) {
    command
      .output(fileArgument(options.preview.path))
      .outputOptions(
        ...['-map', '0:a:0', '-vn', '-sn', '-dn', ...previewArguments(options.preview.maxSeconds)],
      )
  }
  const process = startFfmpeg(binaries.ffmpegPath, command, options.signal)
  process.stdin.end()
  return process
}

/** Chunks as the pipe hands them over. A killed process just ends the stream: its exit tells why. */
async function* chunksOf(stdout: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stdout) yield chunk as Buffer
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
}

async function readHeader(
  chunks: AsyncGenerator<Buffer>,
  process: FfmpegProcess,
  signal?: AbortSignal,
): Promise<{ header: WavHeader; rest: Buffer }> {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < maxHeaderBytes) {
    const next = await chunks.next()
    if (next.done) break
    head = Buffer.concat([head, next.value])
    const header = readWavHeader(head)
    if (header) return { header, rest: head.subarray(header.headerBytes) }
  }
  process.stop()
  const exit = await process.exit
  if (signal?.aborted) throw canceledError(signal)
  if (isDiskFull(exit.stderr)) throw new AppError('disk_full')
  throw unreadable(new Error(exit.stderr.trim()))
}

/** Collects interleaved bytes into blocks of equal length, planar. The last one may be shorter. */
async function* planarBlocks(
  first: Buffer,
  chunks: AsyncGenerator<Buffer>,
  header: WavHeader,
): AsyncGenerator<PcmBlock> {
  const frameBytes = header.channels * bytesPerSample
  const samples = new Float32Array(blockFrames * header.channels)
  const bytes = new Uint8Array(samples.buffer)
  let filled = 0
  for (
    let chunk: Buffer | undefined = first;
    chunk;
    chunk = (await chunks.next()).value as Buffer | undefined
  ) {
    let offset = 0
    while (offset < chunk.length) {
      const taken = Math.min(bytes.length - filled, chunk.length - offset)
      bytes.set(chunk.subarray(offset, offset + taken), filled)
      filled += taken
      offset += taken
      if (filled === bytes.length) {
        yield deinterleave(samples, header.channels, blockFrames)
        filled = 0
      }
    }
  }
  const frames = Math.floor(filled / frameBytes)
  if (frames > 0) yield deinterleave(samples, header.channels, frames)
}

function deinterleave(samples: Float32Array, channels: number, frames: number): PcmBlock {
  if (channels === 1) return { channels: [samples.slice(0, frames)] }
  const planes = Array.from({ length: channels }, () => new Float32Array(frames))
  for (let channel = 0; channel < channels; channel++) {
    const plane = planes[channel]!
    for (let frame = 0, at = channel; frame < frames; frame++, at += channels) plane[frame] = samples[at]!
  }
  return { channels: planes }
}

interface Delivery {
  header: WavHeader
  process: FfmpegProcess
  options: DecodeOptions
  counter: { frames: number }
  discard(): Promise<void>
}

/** Counts what is delivered, holds the cap, and turns the decoder's end into an answer. */
async function* deliver(blocks: AsyncGenerator<PcmBlock>, delivery: Delivery): AsyncGenerator<PcmBlock> {
  const { header, process, options, counter } = delivery
  const maxFrames = Math.round(options.maxSeconds * header.sampleRateHz)
  let finished = false
  try {
    for await (const block of blocks) {
      if (options.signal?.aborted) throw canceledError(options.signal)
      if (counter.frames + frameCount(block) > maxFrames) throw tooLong(options.maxSeconds)
      counter.frames += frameCount(block)
      yield block
    }
    const exit = await process.exit
    if (options.signal?.aborted) throw canceledError(options.signal)
    if (isDiskFull(exit.stderr)) throw new AppError('disk_full')
    if (counter.frames === 0) throw unreadable(new Error(exit.stderr.trim()))
    if (exit.signal) throw decoderKilled(exit.signal)
    finished = true
  } finally {
    if (!finished) await delivery.discard()
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
