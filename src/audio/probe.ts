import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'

import { AppError } from '../platform/errors'
import type { FfmpegBinaries } from './ffmpeg-binaries'
import { canceledError, fileArgument, inputGuard } from './ffmpeg-process'
import { sniffMediaType, videoRefused } from './media-type'

/** What a media file claims to be. Nothing here is proven by decoding: bill on decoded samples only. */
export interface MediaInfo {
  /** `wav`, `mp3`, `mp4` … as sniffed from the bytes. */
  container: string
  bytes: number
  /** As the container claims; null where it does not say. */
  durationSeconds: number | null
  audio: { codec: string; sampleRateHz: number; channels: number }
  /** The moving picture, where there is one and it was allowed. */
  video?: VideoInfo
}

export interface VideoInfo {
  codec: string
  /** Frames a second as ffmpeg takes them, such as `30000/1001`; null where the container does not say. */
  frameRate: string | null
}

export interface ProbeOptions {
  /** Whether the file may be a video. Default: it is refused. */
  video?: boolean
  signal?: AbortSignal
}

const probeTimeoutMs = 10_000
const sampleRateRangeHz = { min: 4_000, max: 384_000 }
const maxChannels = 8

interface ProbedStream {
  codec_type?: string
  codec_name?: string
  sample_rate?: string
  channels?: number
  duration?: string
  avg_frame_rate?: string
  disposition?: { attached_pic?: number }
}

interface Probed {
  streams?: ProbedStream[]
  format?: { duration?: string }
}

/**
 * Reads a file's claims in a child process that may open this file only, by the one demuxer that its first bytes ask
 * for.
 *
 * @throws AppError `invalid_media` or `unsupported_media` with a message that says what to do.
 */
export async function probeMedia(
  binaries: FfmpegBinaries,
  path: string,
  options: ProbeOptions = {},
): Promise<MediaInfo> {
  const type = await sniffMediaType(path)
  const [{ size }, probed] = await Promise.all([
    stat(path),
    runFfprobe(binaries, path, type.demuxer, options),
  ])
  const streams = probed.streams ?? []
  const video = streams.find((stream) => stream.codec_type === 'video' && !stream.disposition?.attached_pic)
  if (video && !options.video) throw videoRefused()
  const stream = streams.find((candidate) => candidate.codec_type === 'audio')
  if (!stream) throw noSound()
  return {
    container: type.container,
    bytes: size,
    durationSeconds: positive(probed.format?.duration) ?? positive(stream.duration),
    audio: checkedAudio(stream),
    ...(video && { video: videoInfo(video) }),
  }
}

function videoInfo({ codec_name: codec, avg_frame_rate: rate }: ProbedStream): VideoInfo {
  return { codec: codec ?? 'unknown', frameRate: rate && /^[1-9]\d*\/[1-9]\d*$/.test(rate) ? rate : null }
}

function checkedAudio(stream: ProbedStream): MediaInfo['audio'] {
  const sampleRateHz = Number(stream.sample_rate ?? 0)
  const channels = stream.channels ?? 0
  if (!stream.codec_name || sampleRateHz === 0 || channels === 0) throw unreadable()
  assertSupportedShape(sampleRateHz, channels)
  return { codec: stream.codec_name, sampleRateHz, channels }
}

/** @throws AppError `unsupported_media` where the rate or the number of channels is out of range. */
export function assertSupportedShape(sampleRateHz: number, channels: number): void {
  const { min, max } = sampleRateRangeHz
  if (sampleRateHz < min || sampleRateHz > max) {
    throw new AppError('unsupported_media', {
      message: `The sample rate of ${sampleRateHz} Hz is outside of ${min}–${max} Hz. Convert the file to 48000 Hz.`,
    })
  }
  if (channels > maxChannels) {
    throw new AppError('unsupported_media', {
      message: `The file has ${channels} channels; at most ${maxChannels} are taken. Mix it down first.`,
    })
  }
}

/** The refusal of a file whose container is known but whose content cannot be read. */
export function unreadable(cause?: unknown): AppError {
  return new AppError('invalid_media', {
    message: 'The file is damaged: no sound could be read from it. Export or record it again.',
    cause,
  })
}

/** The refusal of a file without any sound. */
export function noSound(): AppError {
  return new AppError('unsupported_media', { message: 'The file holds no sound. Choose a recording.' })
}

/** The refusal of a file that keeps whoever opens it busy. */
export function tookTooLong(): AppError {
  return new AppError('invalid_media', { message: 'The file took too long to look at. Export it again.' })
}

function positive(text: string | undefined): number | null {
  const value = Number(text)
  return Number.isFinite(value) && value > 0 ? value : null
}

function runFfprobe(
  binaries: FfmpegBinaries,
  path: string,
  demuxer: string,
  options: ProbeOptions,
): Promise<Probed> {
  const entries =
    'stream=codec_type,codec_name,sample_rate,channels,duration,avg_frame_rate:stream_disposition=attached_pic:format=duration'
  const args = [
    '-hide_banner',
    '-v',
    'error',
    '-of',
    'json',
    '-show_entries',
    entries,
    ...inputGuard(demuxer),
  ]
  return new Promise((resolve, reject) => {
    execFile(
      binaries.ffprobePath,
      [...args, fileArgument(path)],
      { timeout: probeTimeoutMs, killSignal: 'SIGKILL', maxBuffer: 4 * 1024 * 1024, signal: options.signal },
      (error, stdout) => {
        if (options.signal?.aborted) return reject(canceledError(options.signal))
        if (error?.killed) return reject(tookTooLong())
        if (error && (error.code === 'ENOENT' || error.code === 'EACCES')) {
          return reject(new AppError('internal', { message: 'ffprobe could not be started.', cause: error }))
        }
        if (error) return reject(unreadable(error))
        resolve(JSON.parse(stdout) as Probed)
      },
    )
  })
}
