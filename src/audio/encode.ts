import { once } from 'node:events'
import { rm, stat } from 'node:fs/promises'

import { AppError } from '../platform/errors'
import type { FfmpegBinaries } from './ffmpeg-binaries'
import { canceledError, createCommand, exitError, fileArgument, startFfmpeg } from './ffmpeg-process'
import { audioFormatTable, type AudioFormat, type StreamFormat } from './formats'
import { frameCount, type PcmBlock } from './pcm'
import { wavStreamHeader } from './wav-header'

export interface EncodeOutput {
  path: string
  format: AudioFormat | StreamFormat
  /** Default: the input's. */
  sampleRateHz?: number
  /** Default: the input's. */
  channels?: number
  /** For lossy formats. Default: the format's own. */
  bitRateKbps?: number
  /** Half the work of the encoder for a little less quality: for previews. */
  quick?: boolean
  /** Writes the beginning only. */
  maxSeconds?: number
  /** Silence where the sound of a film begins after its picture, or breaks off: its times are the film's. */
  keepTimes?: boolean
  /** In the notation of ffmpeg, in their order. */
  filters?: readonly string[]
  /** Title, artist, album and comment; the provenance is added to the comment. */
  tags?: Record<string, string> | undefined
}

export interface EncodeOptions {
  outputs: EncodeOutput[]
  signal?: AbortSignal
}

/** One process that writes all outputs from one stream of samples. */
export interface AudioSink {
  /** Says what the samples are; before the first `write`. The process starts up meanwhile. */
  begin(sampleRateHz: number, channels: number): void
  /** Resolves when more may be written. Throws `disk_full`, `engine_failed` or `canceled`. */
  write(block: PcmBlock): Promise<void>
  /** Completes the files. Every output has exactly the frames written, where its rate is the input's. */
  finish(): Promise<{ path: string; bytes: number }[]>
  /** Ends the process and removes all that it wrote. Safe to call at any time, also after `finish`. */
  abort(): Promise<void>
}

/** So much may wait for the process, so that whoever makes the samples goes on while it encodes. */
const maxWaitingBytes = 2 * 1024 * 1024
const previewBitRateKbps = 64
/** In every file that the product writes, so that nobody takes it for an untouched recording. */
const provenance = 'AI-generated or AI-edited sound, made with Timbre'
/** A fifth less work for the encoder than 32 kHz, and 12 kHz of sound are plenty for a preview. */
export const previewRateHz = 24_000

/** A preview as an encoder's output: mono, 64 kbit/s MP3, the first `maxSeconds`. */
export function previewOutput(path: string, maxSeconds: number): EncodeOutput {
  return {
    path,
    format: 'mp3',
    sampleRateHz: previewRateHz,
    channels: 1,
    bitRateKbps: previewBitRateKbps,
    quick: true,
    maxSeconds,
  }
}

/** All arguments of one output but its path. */
export function encoderArguments(output: EncodeOutput): string[] {
  const format = audioFormatTable[output.format]
  const bitRateKbps = output.bitRateKbps ?? format.defaultBitRateKbps
  const filters = [...(output.keepTimes ? ['aresample=async=1:first_pts=0'] : []), ...(output.filters ?? [])]
  const said = output.tags?.comment
  const tags = { ...output.tags, comment: said ? `${said} (${provenance})` : provenance }
  return [
    ...['-map', '0:a:0', '-vn', '-sn', '-dn'],
    ...(output.maxSeconds ? ['-t', String(output.maxSeconds)] : []),
    ...(filters.length > 0 ? ['-af', filters.join(',')] : []),
    ...format.codecArguments,
    ...(bitRateKbps !== null && !format.lossless ? ['-b:a', `${bitRateKbps}k`] : []),
    ...(output.quick ? format.quickArguments : []),
    ...(output.sampleRateHz ? ['-ar', String(output.sampleRateHz)] : []),
    ...(output.channels ? ['-ac', String(output.channels)] : []),
    ...['-map_metadata', '-1', '-fflags', '+bitexact', '-flags:a', '+bitexact'],
    ...Object.entries(tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]),
    ...['-f', format.muxer],
  ]
}

/**
 * Starts an encoder. Its input is a WAV of unknown length, so that the process can start before rate and channels
 * are known.
 */
export function encodeAudio(binaries: FfmpegBinaries, options: EncodeOptions): AudioSink {
  const command = createCommand()
    .input('pipe:0')
    .inputOptions(...['-protocol_whitelist', 'file,pipe', '-f', 'wav', '-ignore_length', '1'])
    // The header says all: nothing has to be collected before encoding begins.
    .inputOptions(...['-probesize', '32', '-analyzeduration', '0'])
  for (const output of options.outputs) {
    command.output(fileArgument(output.path)).outputOptions(...encoderArguments(output))
  }
  const process = startFfmpeg(binaries.ffmpegPath, command, { signal: options.signal })
  let channels = 0

  const fail = async (): Promise<AppError> => {
    process.stop()
    const exit = await process.exit
    await removeAll(options.outputs)
    if (options.signal?.aborted) return canceledError(options.signal)
    const early = new AppError('engine_failed', { message: 'The encoder ended early.' })
    return exitError(exit, 'Writing the audio') ?? early
  }

  /** Waits while too much is waiting for the process, or for its end, which leaves no room. */
  const send = async (bytes: Uint8Array): Promise<void> => {
    if (!process.stdin.writable) throw await fail()
    process.stdin.write(bytes)
    if (process.stdin.writableLength <= maxWaitingBytes) return
    const waiting = new AbortController()
    try {
      const drained = once(process.stdin, 'drain', { signal: waiting.signal }).then(
        () => true,
        () => false,
      )
      const open = await Promise.race([drained, process.exit.then(() => false)])
      if (!open) throw await fail()
    } finally {
      waiting.abort()
    }
  }

  return {
    begin(sampleRateHz, channelCount) {
      channels = channelCount
      if (process.stdin.writable) process.stdin.write(wavStreamHeader(sampleRateHz, channelCount))
    },
    async write(block) {
      if (block.channels.length !== channels)
        throw new Error(`block of ${block.channels.length} channels, not ${channels}`)
      if (frameCount(block) > 0) await send(interleave(block))
    },
    async finish() {
      process.stdin.end()
      const exit = await process.exit
      if (options.signal?.aborted || exitError(exit, '') !== null) throw await fail()
      return Promise.all(options.outputs.map(async ({ path }) => ({ path, bytes: (await stat(path)).size })))
    },
    async abort() {
      process.stop()
      await process.exit.catch(() => undefined)
      await removeAll(options.outputs)
    },
  }
}

async function removeAll(outputs: EncodeOutput[]): Promise<void> {
  await Promise.all(outputs.map(({ path }) => rm(path, { force: true })))
}

function interleave(block: PcmBlock): Uint8Array {
  const frames = frameCount(block)
  const count = block.channels.length
  const first = block.channels[0]!
  if (count === 1) return new Uint8Array(first.buffer, first.byteOffset, first.byteLength)
  const samples = new Float32Array(frames * count)
  for (let channel = 0; channel < count; channel++) {
    const plane = block.channels[channel]!
    for (let frame = 0, at = channel; frame < frames; frame++, at += count) samples[at] = plane[frame]!
  }
  return new Uint8Array(samples.buffer)
}
