import type { PcmBlock } from '../../../../audio/pcm'
import { createRandom } from '../../../../audio/synthesis/noise'
import type { JobContext } from '../../../../inference/engine'
import { loadTokenizer, type TextTokenizer } from '../../../../inference/tokenizer'
import type { MusicEngine, MusicPlan, MusicRequest } from '../../musician'
import { moodsOf, promptOf, promptWarnings } from '../prompt'
import { firstFrames, looped } from '../seams'
import { decodeCodes, type CodecWindows } from './codec-stream'
import { readMusicgenConfig, type MusicgenConfig } from './config'
import { generateCodes } from './generate'
import { loadMusicgenNetwork, type MusicgenNetwork } from './network'
import { createSampler } from './sampling'

/** Captions that it was trained on are far shorter. */
const maxPromptTokens = 256

/** The end of a loop is faded into its beginning for so long, or a quarter of the whole. */
const seamSeconds = 2

const codecSeconds = { frames: 5, before: 2, after: 0.5 }

/**
 * MusicGen (J. Copet et al., “Simple and Controllable Music Generation”, 2023): a language model of EnCodec codes.
 * Files in the layout of `Xenova/musicgen-small`; the options of the manifest are described in `config.ts`.
 */
export const musicgenEngine: MusicEngine = {
  id: 'musicgen',
  async load(files, runtime) {
    const config = await readMusicgenConfig(files)
    const tokenizer = await loadTokenizer(files.path('tokenizer.json'), files.path('tokenizer_config.json'))
    const network = await loadMusicgenNetwork(files, runtime, config)
    const { title, requirements } = files.manifest
    return {
      bytes: requirements.memoryMb * 1024 * 1024,
      run(request, job) {
        job.progress('compose', 0)
        return Promise.resolve(planOf({ config, tokenizer, network, title }, request, job))
      },
      release: () => network.release(),
    }
  },
}

interface Musicgen {
  config: MusicgenConfig
  tokenizer: TextTokenizer
  network: MusicgenNetwork
  title: string
}

function planOf(model: Musicgen, request: MusicRequest, job: JobContext): MusicPlan {
  const { config, title } = model
  const { sampleRateHz } = config
  const { duration_seconds, loop, instrumental } = request.parameters
  const frames = Math.round(duration_seconds * sampleRateHz)
  const seam = loop ? Math.round(Math.min(seamSeconds, duration_seconds / 4) * sampleRateHz) : 0
  const prompt = promptOf(request)
  return {
    ...{ sampleRateHz, frames, loop, stems: [], notes: null },
    play: (progress) => {
      const sound = soundOf(model, { prompt, samples: frames + seam, seed: request.seed }, job, progress)
      return loop ? looped(sound, frames, seam) : firstFrames(sound, frames)
    },
    understood: { prompt, moods: moodsOf(request), loop, seed: request.seed },
    warnings: [
      ...promptWarnings(request, title),
      ...(loop ? ['The loop is made by a crossfade: its length is no whole number of bars.'] : []),
      ...(instrumental ? [] : [`${title} cannot sing: the music is instrumental.`]),
    ],
  }
}

interface SoundRequest {
  prompt: string
  /** At least. */
  samples: number
  seed: number
}

/** The same signal in both channels: the network is a mono one. */
async function* soundOf(
  { config, tokenizer, network }: Musicgen,
  { prompt, samples, seed }: SoundRequest,
  { signal }: JobContext,
  progress: (fraction: number) => void,
): AsyncGenerator<PcmBlock> {
  const { sampleRateHz, frameSamples, options } = config
  const framesIn = (seconds: number) => Math.round((seconds * sampleRateHz) / frameSamples)
  const frames = Math.ceil(samples / frameSamples)
  const tokens = [...tokenizer.encode(prompt).slice(0, maxPromptTokens - 1), config.endToken]
  const codes = generateCodes(network, config, {
    conditioning: await network.encode(tokens),
    ...{ frames, windowFrames: framesIn(options.window_seconds) },
    strideFrames: framesIn(options.stride_seconds),
    pick: createSampler({ topK: options.top_k, temperature: options.temperature }, createRandom(seed)),
    signal,
  })
  const counted = counting(codes, (done) => progress(done / frames))
  const windows: CodecWindows = {
    frames: framesIn(codecSeconds.frames),
    before: framesIn(codecSeconds.before),
    after: framesIn(codecSeconds.after),
  }
  for await (const plane of decodeCodes(counted, network.sound, windows)) {
    yield { channels: [plane, plane.slice()] }
  }
}

async function* counting<T>(items: AsyncIterable<T>, onCount: (count: number) => void): AsyncGenerator<T> {
  let count = 0
  for await (const item of items) {
    onCount(++count)
    yield item
  }
}
