import type { DecodedAudio } from '../../audio/ffmpeg'
import { frameCount, type PcmBlock } from '../../audio/pcm'
import { createResampler } from '../../audio/resample'
import { AppError } from '../../platform/errors'
import type { HandlerContext } from '../capability'
import type { NoiseRemovalParameters } from './index'
import { createMusicDetector, detectorRateHz, isMusic } from './music-detector'
import type { Repairs } from './repair'
import { createHumFinder, humFinderRateHz } from './repair/hum-finder'
import type { SoundLevel } from './separator'

/** What a recording is of. */
export type Content = 'speech' | 'music'

/** The beginning tells. */
const listenedSeconds = 60
/** Of all channels: 64 MB. Recordings of many channels at high rates are heard for less than a minute. */
const maxHeldSamples = 16 * 1024 * 1024

/** A recording whose beginning can be heard before its blocks, which hold all of it, are read. */
export interface HeardAudio extends DecodedAudio {
  /** The first minute, or what of it may be held. */
  beginning(): Promise<readonly PcmBlock[]>
}

/** Nothing is decoded twice; what was heard is kept until it is read. */
export function listenTo(decoded: DecodedAudio): HeardAudio {
  const source = decoded.blocks[Symbol.asyncIterator]()
  let heard: Promise<PcmBlock[]> | undefined

  async function hear(): Promise<PcmBlock[]> {
    const blocks: PcmBlock[] = []
    const enough = Math.min(listenedSeconds * decoded.sampleRateHz, maxHeldSamples / decoded.channels)
    for (let frames = 0; frames < enough;) {
      const next = await source.next()
      if (next.done) break
      blocks.push(next.value)
      frames += frameCount(next.value)
    }
    return blocks
  }
  async function* all(): AsyncGenerator<PcmBlock> {
    const kept = (await heard) ?? []
    for (let block = kept.shift(); block; block = kept.shift()) yield block
    yield* { [Symbol.asyncIterator]: () => source }
  }
  return { ...decoded, blocks: all(), beginning: () => (heard ??= hear()) }
}

/** Whether a recording's first minute is speech or music. */
export async function contentOf(audio: HeardAudio): Promise<Content> {
  const detector = createMusicDetector()
  await listen(audio, detectorRateHz, (samples) => detector.add(samples))
  return isMusic(detector.evidence()) ? 'music' : 'speech'
}

/** What has to be mended of what the parameters name; hum is looked for in the first minute. */
export async function repairsOf(
  { hum, wind, clicks }: Pick<NoiseRemovalParameters, 'hum' | 'wind' | 'clicks'>,
  audio: HeardAudio,
): Promise<Repairs> {
  if (!hum) return { hum: null, wind, clicks }
  const finder = createHumFinder()
  await listen(audio, humFinderRateHz, (samples) => finder.add(samples))
  return { hum: finder.hum(), wind, clicks }
}

async function listen(
  { beginning, sampleRateHz }: HeardAudio,
  rateHz: number,
  hear: (samples: Float32Array) => void,
): Promise<void> {
  const resampler = createResampler(sampleRateHz, rateHz, 1)
  for (const block of await beginning()) hear(resampler.push(monoOf(block)).channels[0]!)
  hear(resampler.finish().channels[0]!)
}

function monoOf(block: PcmBlock): PcmBlock {
  if (block.channels.length === 1) return block
  const mono = new Float32Array(frameCount(block))
  for (const samples of block.channels) {
    for (let frame = 0; frame < mono.length; frame++) mono[frame]! += samples[frame]! / block.channels.length
  }
  return { channels: [mono] }
}

type Context = Pick<HandlerContext, 'ffmpeg' | 'signal'>

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
