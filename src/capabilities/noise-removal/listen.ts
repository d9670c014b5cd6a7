import { frameCount } from '../../audio/pcm'
import { AppError } from '../../platform/errors'
import type { HandlerContext } from '../capability'
import type { NoiseRemovalParameters } from './index'
import { createMusicDetector, detectorRateHz, isMusic } from './music-detector'
import type { Repairs } from './repair'
import { createHumFinder, humFinderRateHz } from './repair/hum-finder'
import type { SoundLevel } from './separator'

/** What a recording is of. */
export type Content = 'speech' | 'music'

type Context = Pick<HandlerContext, 'ffmpeg' | 'signal'>

/** The beginning tells. */
const listenedSeconds = 60

/** Whether a recording's first minute is speech or music. */
export async function contentOf(path: string, maxSeconds: number, context: Context): Promise<Content> {
  const detector = createMusicDetector()
  await listen(path, { sampleRateHz: detectorRateHz, maxSeconds }, context, (samples) =>
    detector.add(samples),
  )
  return isMusic(detector.evidence()) ? 'music' : 'speech'
}

/** What has to be mended of what the parameters name; hum is looked for in the first minute. */
export async function repairsOf(
  { hum, wind, clicks }: Pick<NoiseRemovalParameters, 'hum' | 'wind' | 'clicks'>,
  path: string,
  maxSeconds: number,
  context: Context,
): Promise<Repairs> {
  if (!hum) return { hum: null, wind, clicks }
  const finder = createHumFinder()
  await listen(path, { sampleRateHz: humFinderRateHz, maxSeconds }, context, (samples) => finder.add(samples))
  return { hum: finder.hum(), wind, clicks }
}

async function listen(
  path: string,
  { sampleRateHz, maxSeconds }: { sampleRateHz: number; maxSeconds: number },
  { ffmpeg, signal }: Context,
  hear: (samples: Float32Array) => void,
): Promise<void> {
  const decoded = await ffmpeg.decode(path, { sampleRateHz, channels: 1, maxSeconds, signal })
  try {
    let frames = 0
    for await (const block of decoded.blocks) {
      if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
      hear(block.channels[0]!)
      frames += frameCount(block)
      if (frames >= listenedSeconds * sampleRateHz) break
    }
  } finally {
    await decoded.stop()
  }
}

/** Mean and deviation of the channels' average over a whole recording, for a separator. */
export async function levelOf(path: string, maxSeconds: number, context: Context): Promise<SoundLevel> {
  const { ffmpeg, signal } = context
  const decoded = await ffmpeg.decode(path, { maxSeconds, signal })
  let [count, sum, squares] = [0, 0, 0]
  try {
    for await (const { channels } of decoded.blocks) {
      if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
      for (let frame = 0; frame < channels[0]!.length; frame++) {
        let value = 0
        for (const samples of channels) value += samples[frame]!
        value /= channels.length
        count++
        sum += value
        squares += value * value
      }
    }
  } finally {
    await decoded.stop()
  }
  const mean = count > 0 ? sum / count : 0
  const variance = count > 1 ? (squares - count * mean * mean) / (count - 1) : 0
  return { mean, deviation: Math.sqrt(Math.max(0, variance)) }
}
