import { rm, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'

import { AppError } from '../platform/errors'
import type { FfmpegBinaries, FfmpegCapabilities } from './ffmpeg-binaries'
import {
  canceledError,
  createCommand,
  exitError,
  fileArgument,
  inputGuard,
  startFfmpeg,
} from './ffmpeg-process'
import { sniffMediaType } from './media-type'
import type { VideoInfo } from './probe'

export interface VideoSoundOptions {
  /** The film, as `probe` describes it. */
  path: string
  video: VideoInfo
  /** FLAC; its times are those of the film without the cuts. */
  soundPath: string
  /** Stretches of the film to leave out, in order of time, in seconds. */
  cuts: readonly { start: number; end: number }[]
  /** Without extension. */
  outputPath: string
  /** Fraction of the output that is written; `durationSeconds` is the sound's. */
  durationSeconds: number
  onProgress?(fraction: number): void
  signal?: AbortSignal
}

export interface VideoFile {
  path: string
  contentType: string
  bytes: number
}

interface Container {
  extension: string
  contentType: string
  muxer: string
  arguments: string[]
}

const containers = {
  mp4: {
    extension: 'mp4',
    contentType: 'video/mp4',
    muxer: 'mp4',
    arguments: ['-c:a', 'aac', '-b:a', '192k', '-movflags', '+faststart'],
  },
  webm: { extension: 'webm', contentType: 'video/webm', muxer: 'webm', arguments: ['-c:a', 'libopus'] },
  matroska: {
    extension: 'mkv',
    contentType: 'video/x-matroska',
    muxer: 'matroska',
    arguments: ['-c:a', 'aac', '-b:a', '192k'],
  },
} satisfies Record<string, Container>

/** Containers that browsers play, by the picture's codec; any other goes into Matroska, which takes all. */
const containerOfCodec: Record<string, Container> = {
  h264: containers.mp4,
  hevc: containers.mp4,
  mpeg4: containers.mp4,
  av1: containers.mp4,
  vp8: containers.webm,
  vp9: containers.webm,
}

/** Encoders of H.264 in order of preference, with what makes them keep the picture's quality. */
const h264Encoders: Record<string, string[]> = {
  libx264: ['-preset', 'veryfast', '-crf', '18'],
  h264_videotoolbox: ['-q:v', '70'],
  libopenh264: ['-b:v', '8M'],
}

/**
 * Puts other sound to a film. Without cuts the picture's packets are copied as they are; with cuts the picture is
 * encoded again (H.264) and every frame is shown within half a frame of its sound.
 *
 * @throws AppError `engine_failed`, `disk_full`, `canceled`, `internal` (no encoder); nothing is left behind.
 */
export async function replaceSound(
  binaries: FfmpegBinaries,
  capabilities: FfmpegCapabilities,
  options: VideoSoundOptions,
): Promise<VideoFile> {
  const { demuxer } = await sniffMediaType(options.path)
  const { cuts, video, signal } = options
  const container = cuts.length > 0 ? containers.mp4 : (containerOfCodec[video.codec] ?? containers.matroska)
  const path = `${options.outputPath}.${container.extension}`
  const command = createCommand()
    .input(fileArgument(options.path))
    .inputOptions(...inputGuard(demuxer))
    .input(fileArgument(options.soundPath))
    .inputOptions(...inputGuard('flac'))
    .output(fileArgument(path))
    .outputOptions(
      ...['-map', '0:V:0', '-map', '1:a:0', '-map_metadata', '0', '-max_muxing_queue_size', '4096'],
      ...(cuts.length > 0 ? pictureArguments(options, capabilities) : ['-c:v', 'copy']),
      ...[...container.arguments, '-f', container.muxer, '-progress', 'pipe:1'],
    )
  const process = startFfmpeg(binaries.ffmpegPath, command, { signal })
  process.stdin.end()
  reportProgress(process.stdout, options)
  const exit = await process.exit
  const error = signal?.aborted ? canceledError(signal) : exitError(exit, 'Writing the video')
  if (!error) return { path, contentType: container.contentType, bytes: (await stat(path)).size }
  await rm(path, { force: true })
  throw error
}

/** @throws AppError `internal` where this ffmpeg cannot encode H.264. */
export function h264Arguments({ encoders }: FfmpegCapabilities): string[] {
  const encoder = Object.keys(h264Encoders).find((name) => encoders.has(name))
  if (encoder) return ['-c:v', encoder, ...h264Encoders[encoder]!]
  throw new AppError('internal', {
    message:
      'Writing a video needs an ffmpeg with an H.264 encoder (libx264). Install one and set FFMPEG_PATH.',
  })
}

function pictureArguments({ cuts, video }: VideoSoundOptions, capabilities: FfmpegCapabilities): string[] {
  const seconds = (value: number) => value.toFixed(6)
  const inside = cuts.map(({ start, end }) => `gte(t,${seconds(start)})*lt(t,${seconds(end)})`)
  const removed = cuts.map(({ start, end }) => `gte(T,${seconds(end)})*${seconds(end - start)}`)
  const filters = [
    `select='not(${inside.join('+')})'`,
    `setpts='PTS-(${removed.join('+')})/TB'`,
    // Frames after a cut fall between the beats of the frame rate: each goes to the nearest one.
    ...(video.frameRate ? [`fps=${video.frameRate}`] : []),
    // 4:2:0 wants even sides.
    'scale=trunc(iw/2)*2:trunc(ih/2)*2',
  ]
  return [
    ...['-map_chapters', '-1', '-filter:v', filters.join(',')],
    ...[...h264Arguments(capabilities), '-pix_fmt', 'yuv420p'],
  ]
}

/** ffmpeg's own reports: lines of `key=value`; `out_time_ms` is in microseconds. */
export function reportProgress(
  stdout: Readable,
  { durationSeconds, onProgress }: Pick<VideoSoundOptions, 'durationSeconds' | 'onProgress'>,
): void {
  stdout.setEncoding('utf8')
  stdout.on('data', (text: string) => {
    const time = /out_time_ms=(\d+)/.exec(text)?.[1]
    if (time) onProgress?.(Math.min(1, Number(time) / 1e6 / durationSeconds))
  })
}
