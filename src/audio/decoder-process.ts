import type { Readable } from 'node:stream'

import type { DecodeOptions, SampleSource } from './decode'
import { createDecoderLog, type DecoderLog } from './decoder-log'
import type { FfmpegBinaries } from './ffmpeg-binaries'
import {
  canceledError,
  createCommand,
  fileArgument,
  inputGuard,
  startFfmpeg,
  type FfmpegProcess,
} from './ffmpeg-process'
import { videoRefused, type MediaType } from './media-type'
import { deinterleave, type PcmBlock } from './pcm'
import { noSound, tookTooLong, unreadable } from './probe'
import { readWavHeader, type WavHeader } from './wav-header'

const openTimeoutMs = 10_000
const maxHeaderBytes = 64 * 1024
const blockFrames = 16_384
const bytesPerSample = 4

/**
 * Starts ffmpeg on a file. The samples come as float WAV and the claims in its log, so that one process tells all and
 * no other has to be asked first.
 */
export async function openDecoder(
  binaries: FfmpegBinaries,
  path: string,
  { demuxer }: MediaType,
  options: DecodeOptions,
): Promise<SampleSource> {
  const log = createDecoderLog()
  const process = startFfmpeg(binaries.ffmpegPath, decoderCommand(path, demuxer, options), {
    signal: options.signal,
    onLog: log.push,
  })
  process.stdin.end()
  const stop = async () => {
    process.stop()
    await process.exit.catch(() => undefined)
  }
  try {
    await understood(process, log, options.signal)
    const chunks = chunksOf(process.stdout)
    const { header, rest } = await readHeader(chunks, process, options.signal)
    return {
      sampleRateHz: header.sampleRateHz,
      channels: header.channels,
      claims: log.claims,
      blocks: planarBlocks(rest, chunks, header),
      end: () => process.exit,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function decoderCommand(path: string, demuxer: string, options: DecodeOptions) {
  return createCommand()
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
}

/** Waits until ffmpeg has made out what the file holds. */
async function understood(process: FfmpegProcess, log: DecoderLog, signal?: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), openTimeoutMs)
  })
  const outcome = await Promise.race([log.opened, process.exit, late])
  clearTimeout(timer)
  if (outcome === 'late') throw tookTooLong()
  if (outcome === undefined) return
  if (signal?.aborted) throw canceledError(signal)
  const { claims } = log
  if (!claims.sound && claims.pictures) throw videoRefused()
  if (!claims.sound && claims.durationSeconds !== null) throw noSound()
  throw unreadable(new Error(outcome.stderr.trim()))
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
  const { stderr } = await process.exit
  if (signal?.aborted) throw canceledError(signal)
  throw unreadable(new Error(stderr.trim()))
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
