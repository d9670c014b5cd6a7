import { rm, stat, writeFile } from 'node:fs/promises'

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
import { h264Arguments, reportProgress, type VideoFile } from './video-sound'

export interface ClipVideoOptions {
  /** FLAC. */
  soundPath: string
  durationSeconds: number
  /** Without extension. */
  outputPath: string
  /** Even numbers of pixels. */
  size: { width: number; height: number }
  frameRate: number
  /** 24-bit RGB; the background goes from one to the other. */
  colours: { top: number; bottom: number; ink: number }
  /** Lines of writing above the waveform. */
  title: readonly string[]
  /** TrueType. */
  fontPath: string
  maxBytes: number
  onProgress?(fraction: number): void
  signal?: AbortSignal
}

const soundBitRate = 192_000
const highestVideoBitRate = 6_000_000

/**
 * A video of a sound: its waveform moving before a background, a title above it. H.264 and AAC in MP4, ready to stream,
 * below `maxBytes`. An ffmpeg that cannot write text leaves the title out.
 *
 * @throws AppError `engine_failed`, `disk_full`, `canceled`, `internal` (no encoder); nothing is left behind.
 */
export async function renderClipVideo(
  binaries: FfmpegBinaries,
  capabilities: FfmpegCapabilities,
  options: ClipVideoOptions,
): Promise<VideoFile> {
  const { soundPath, outputPath, colours, durationSeconds, frameRate, signal } = options
  const path = `${outputPath}.mp4`
  const background = `${outputPath}.rgb`
  await writeFile(background, Buffer.from([...bytesOf(colours.top), ...bytesOf(colours.bottom)]))
  try {
    const command = createCommand()
      .input(fileArgument(background))
      .inputOptions(...inputGuard('rawvideo'), '-pixel_format', 'rgb24', '-video_size', '1x2')
      .input(fileArgument(soundPath))
      .inputOptions(...inputGuard('flac'))
      .output(fileArgument(path))
      .outputOptions(
        ...['-filter_complex', pictureOf(options, capabilities), '-map', '[picture]', '-map', '1:a:0'],
        ...[...h264Arguments(capabilities), '-pix_fmt', 'yuv420p', '-r', String(frameRate)],
        ...['-maxrate', String(videoBitRate(options)), '-bufsize', String(videoBitRate(options))],
        ...['-c:a', 'aac', '-b:a', String(soundBitRate), '-t', durationSeconds.toFixed(6)],
        ...['-movflags', '+faststart', '-f', 'mp4', '-progress', 'pipe:1'],
      )
    const process = startFfmpeg(binaries.ffmpegPath, command, { signal })
    process.stdin.end()
    reportProgress(process.stdout, options)
    const exit = await process.exit
    const error = signal?.aborted ? canceledError(signal) : exitError(exit, 'Writing the video')
    if (error) throw error
    const { size: bytes } = await stat(path)
    if (bytes <= options.maxBytes) return { path, contentType: 'video/mp4', bytes }
    throw new AppError('engine_failed', { message: `The video has ${bytes} bytes, more than is allowed.` })
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await rm(background, { force: true })
  }
}

const bytesOf = (rgb: number) => [rgb >> 16, (rgb >> 8) & 255, rgb & 255]

/** What the sound leaves of the size, with a tenth for the container and for what an encoder overdoes. */
function videoBitRate({ maxBytes, durationSeconds }: ClipVideoOptions): number {
  const room = (0.9 * 8 * maxBytes) / durationSeconds - soundBitRate
  return Math.round(Math.max(200_000, Math.min(highestVideoBitRate, room)))
}

function pictureOf(
  { size: { width, height }, frameRate, colours, title, fontPath, durationSeconds }: ClipVideoOptions,
  { filters }: FfmpegCapabilities,
): string {
  const ink = `0x${colours.ink.toString(16).padStart(6, '0')}`
  const waveHeight = 2 * Math.round(height / 8)
  const lineHeight = Math.round(height / 16)
  const lines = filters.has('drawtext') ? title : []
  const firstLine = Math.round(0.3 * height - lines.length * lineHeight)
  const written = lines.map(
    (line, index) =>
      `,drawtext=fontfile=${quoted(fontPath)}:text=${quoted(line)}:expansion=none:fontcolor=${ink}` +
      `:fontsize=${Math.round(0.75 * lineHeight)}:x=(w-text_w)/2:y=${firstLine + index * lineHeight}`,
  )
  const frames = Math.ceil(durationSeconds * frameRate) + 1
  return [
    // Two pixels grow to the whole picture once; that picture is repeated.
    `[0:v]scale=${width}:${height}:flags=bicubic,loop=loop=${frames}:size=1:start=0,setpts=N/${frameRate}/TB${written.join('')}[back]`,
    `[1:a]showwaves=size=${width}x${waveHeight}:mode=cline:rate=${frameRate}:scale=sqrt:colors=${ink}[wave]`,
    `[back][wave]overlay=x=0:y=${Math.round(0.5 * (height - waveHeight))}:shortest=1,format=yuv420p[picture]`,
  ].join(';')
}

/** A value within a filter graph: first as an option, then as part of the graph (ffmpeg-filters, “Notes on escaping”). */
function quoted(value: string): string {
  return value.replaceAll(/[\\':]/g, String.raw`\$&`).replaceAll(/[\\'[\],;]/g, String.raw`\$&`)
}
