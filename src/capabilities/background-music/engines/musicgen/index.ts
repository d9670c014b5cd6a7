import type { PcmBlock } from '../../../../audio/pcm'
import { createRandom } from '../../../../audio/synthesis/noise'
import type { JobContext } from '../../../../inference/engine'
import { loadTokenizer, type TextTokenizer } from '../../../../inference/tokenizer'
import type { MusicEngine, MusicPlan, MusicRequest } from '../../musician'
import { decodeInPieces } from '../decode-in-pieces'
import { moodsOf, promptOf, promptWarnings } from '../prompt'
import { firstFrames, looped, seamFrames } from '../seams'
import type { CodeFrame } from './codes'
import { readMusicgenConfig, type MusicgenConfig } from './config'
import { generateCodes } from './generate'
import { loadMusicgenNetwork, type MusicgenNetwork } from './network'
import { createSampler } from './sampling'

/** Captions that it was trained on are far shorter. */
const maxPromptTokens = 256

/** The codec’s LSTM knows what came before, its convolutions look ahead. */
const codecSeconds = { piece: 5, before: 2, after: 0.5 }

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
  const seam = seamFrames(request.parameters, sampleRateHz)
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
  const decode = async (frames: readonly CodeFrame[]) => {
    const mono = await network.sound(frames)
    return [mono, mono]
  }
  yield* decodeInPieces(counted, decode, {
    items: framesIn(codecSeconds.piece),
    before: framesIn(codecSeconds.before),
    after: framesIn(codecSeconds.after),
  })
}

async function* counting<T>(items: AsyncIterable<T>, onCount: (count: number) => void): AsyncGenerator<T> {
  let count = 0
  for await (const item of items) {
    onCount(++count)
    yield item
  }
}
