import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { Ffmpeg, MediaInfo, VideoInfo } from '../../audio/ffmpeg'
import { joinBlocks } from '../../audio/frame-reader'
import type { PcmBlock } from '../../audio/pcm'
import type { HandlerContext } from '../capability'

/** What is dubbed: a file with sound, and the film that it was taken from. */
export interface Sound {
  path: string
  media: MediaInfo
  film: { path: string; video: VideoInfo } | null
  /** Removes what was made for it. */
  discard(): Promise<void>
}

/** A recording as it is; the sound of a film as a file of its own that has the film's times. */
export async function openSound(
  path: string,
  known: MediaInfo | undefined,
  { maxInputSeconds, outputDir }: { maxInputSeconds: number; outputDir: string },
  { ffmpeg, signal, progress }: HandlerContext,
): Promise<Sound> {
  const media = known ?? (await ffmpeg.probe(path, { video: true, signal }))
  if (!media.video) return { path, media, film: null, discard: () => Promise.resolve() }
  progress('extract-sound', 0)
  const sound = join(outputDir, 'sound.flac')
  // A second more than allowed: what is too long is noticed, and nothing longer is written.
  const maxSeconds = maxInputSeconds + 1
  await ffmpeg.convert(path, { path: sound, format: 'flac', keepTimes: true, maxSeconds }, { signal })
  return {
    ...{ path: sound, media: await ffmpeg.probe(sound, { signal }) },
    film: { path, video: media.video },
    discard: () => rm(sound, { force: true }),
  }
}

/** A short file as samples of one channel. */
export async function readMono(
  ffmpeg: Ffmpeg,
  path: string,
  { sampleRateHz, maxSeconds, signal }: { sampleRateHz: number; maxSeconds: number; signal: AbortSignal },
): Promise<Float32Array> {
  const decoded = await ffmpeg.decode(path, { sampleRateHz, channels: 1, maxSeconds, signal })
  const blocks: PcmBlock[] = []
  for await (const block of decoded.blocks) blocks.push(block)
  return joinBlocks(blocks, 1).channels[0]!
}

/** Samples of one channel as a FLAC file. */
export async function writeMono(
  ffmpeg: Ffmpeg,
  path: string,
  samples: Float32Array,
  { sampleRateHz, signal }: { sampleRateHz: number; signal: AbortSignal },
): Promise<void> {
  const sink = ffmpeg.encode({ outputs: [{ path, format: 'flac' }], signal })
  try {
    sink.begin(sampleRateHz, 1)
    for (let at = 0; at < samples.length; at += 65_536) {
      await sink.write({ channels: [samples.slice(at, at + 65_536)] })
    }
    await sink.finish()
  } catch (error) {
    await sink.abort()
    throw error
  }
}
