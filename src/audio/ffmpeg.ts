import { rm } from 'node:fs/promises'

import { renderClipVideo, type ClipVideoOptions } from './clip-video'
import { decodeAudio, type DecodedAudio, type DecodeOptions } from './decode'
import {
  encodeAudio,
  encoderArguments,
  type AudioSink,
  type EncodeOptions,
  type EncodeOutput,
} from './encode'
import { describeFfmpeg, locateFfmpeg, type FfmpegBinaries, type FfmpegCapabilities } from './ffmpeg-binaries'
import {
  canceledError,
  createCommand,
  exitError,
  fileArgument,
  inputGuard,
  startFfmpeg,
} from './ffmpeg-process'
import { measureLoudness, type LoudnessMeasurement } from './mastering'
import { sniffMediaType } from './media-type'
import { probeMedia, type MediaInfo, type ProbeOptions } from './probe'
import { replaceSound, type VideoFile, type VideoSoundOptions } from './video-sound'
import { plainWavArguments } from './wav-file'

export type { AudioSink, EncodeOptions, EncodeOutput } from './encode'
export type { DecodedAudio, DecodeOptions } from './decode'
export type { FfmpegBinaries, FfmpegCapabilities } from './ffmpeg-binaries'
export type { MediaInfo, VideoInfo } from './probe'
export type { VideoFile, VideoSoundOptions } from './video-sound'

export interface ConvertOptions {
  signal?: AbortSignal
  /** Lets all other work go first. */
  background?: boolean
}

/** The one door to ffmpeg and ffprobe. */
export interface Ffmpeg {
  /** The programs in use; hand them to a child process so that it need not look for them. */
  binaries: FfmpegBinaries
  /** Version, filters and encoders of the program; asked once. */
  capabilities(): Promise<FfmpegCapabilities>
  /** See `probeMedia`. */
  probe(path: string, options?: ProbeOptions): Promise<MediaInfo>
  /** See `decodeAudio`. */
  decode(path: string, options: DecodeOptions): Promise<DecodedAudio>
  /**
   * Decodes a file and keeps nothing, for files that claim to be longer than allowed: the claim may be wrong, and
   * finding out must not cost the work of a whole job.
   * @throws AppError `media_too_long`, as soon as the limit is passed.
   */
  assertWithin(path: string, maxSeconds: number, options?: { signal?: AbortSignal }): Promise<void>
  /** See `encodeAudio`. */
  encode(options: EncodeOptions): AudioSink
  /**
   * Converts a whole file, or the beginning that `output` asks for.
   * @throws AppError `invalid_media`, `disk_full`, `engine_failed` or `canceled`; nothing is left behind.
   */
  convert(path: string, output: EncodeOutput, options?: ConvertOptions): Promise<void>
  /** See `measureLoudness`. */
  measureLoudness(
    path: string,
    filters?: readonly string[],
    signal?: AbortSignal,
  ): Promise<LoudnessMeasurement>
  /** See `replaceSound`. */
  replaceSound(options: VideoSoundOptions): Promise<VideoFile>
  /** See `renderClipVideo`. */
  renderClipVideo(options: ClipVideoOptions): Promise<VideoFile>
}

/** @param configured Paths that are set already; the others are looked for. */
export function createFfmpeg(configured: Partial<FfmpegBinaries> = {}): Ffmpeg {
  const binaries = locateFfmpeg(configured)
  let described: Promise<FfmpegCapabilities> | undefined
  const capabilities = () => (described ??= describeFfmpeg(binaries))
  return {
    binaries,
    capabilities,
    probe: (path, options) => probeMedia(binaries, path, options),
    decode: (path, options) => decodeAudio(binaries, path, options),
    async assertWithin(path, maxSeconds, options) {
      const { blocks } = await decodeAudio(binaries, path, { maxSeconds, signal: options?.signal })
      const iterator = blocks[Symbol.asyncIterator]()
      while (!(await iterator.next()).done);
    },
    encode: (options) => encodeAudio(binaries, options),
    convert: (path, output, options) => convertAudio(binaries, path, output, options),
    measureLoudness: (path, filters, signal) => measureLoudness(binaries, path, filters, signal),
    renderClipVideo: async (options) => renderClipVideo(binaries, await capabilities(), options),
    replaceSound: async (options) => replaceSound(binaries, await capabilities(), options),
  }
}

async function convertAudio(
  binaries: FfmpegBinaries,
  path: string,
  output: EncodeOutput,
  options: ConvertOptions = {},
): Promise<void> {
  const { demuxer } = await sniffMediaType(path)
  const plain = demuxer === 'wav' ? await plainWavArguments(path) : null
  const command = createCommand()
    .input(fileArgument(path))
    .inputOptions(...['-threads', '1', ...(plain ?? inputGuard(demuxer))])
    .output(fileArgument(output.path))
    .outputOptions(...encoderArguments(output))
  const process = startFfmpeg(binaries.ffmpegPath, command, options)
  process.stdin.end()
  process.stdout.resume()
  const exit = await process.exit
  const error = options.signal?.aborted
    ? canceledError(options.signal)
    : exitError(exit, 'Converting the audio')
  if (!error) return
  await rm(output.path, { force: true })
  throw error
}
