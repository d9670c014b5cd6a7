import { z } from 'zod'

import type { JobContext } from '../../../inference/engine'
import { floats } from '../../../inference/float-tensor'
import type { Session, Tensor } from '../../../inference/runtime'
import type { Mel } from '../mel'
import { createSeededNoise } from '../seeded-noise'
import type { VocoderEngine } from '../voice-model'
import { createBiasDenoiser, type BiasDenoiser } from './bias-denoiser'
import { vocodeInChunks, type ChunkPlan } from './vocode-in-chunks'
import { onlyFile, vocoderHop } from './vocoder-files'

const optionsSchema = z.object({
  model: z.string().optional(),
  /** Samples that the flow treats as one. */
  groups: z.int().positive().default(8),
  /** Channels of `z` that go through all of the flow; the others join half-way. */
  base_channels: z.int().positive().default(4),
  /** Standard deviation that NVIDIA's export multiplies the base channels by, in graphs without the input `sigma`. */
  graph_sigma: z.number().positive().default(0.9),
  chunk_frames: z.int().positive().default(128),
  context_frames: z.int().min(0).default(16),
})

type Options = z.output<typeof optionsSchema>

/** As long as NVIDIA's denoiser makes it. */
const biasFrames = 88
const bytesPerFrame = 256 * 1024

/**
 * WaveGlow (Prenger, Valle and Catanzaro, 2018) from `waveglow.onnx` as NVIDIA's DeepLearningExamples export it: `mel`
 * [1, bands, T] and `z` [1, 8, T × hop ÷ 8] → `audio` [1, T × hop]. Older exports with a fourth dimension of one, and such
 * with an input `sigma` [1], are taken as well.
 */
export const waveglowEngine: VocoderEngine = {
  id: 'waveglow',
  async load(model, runtime) {
    const { manifest } = model
    const options = optionsSchema.parse(manifest.options)
    const file = onlyFile(manifest, options.model)
    const session = await runtime.createSession(model.path(file), { providers: manifest.providers })
    const hop = vocoderHop(manifest)
    const plan: ChunkPlan = {
      ...{ chunkFrames: options.chunk_frames, contextFrames: options.context_frames },
      ...{ hop, fadeSamples: hop },
    }
    let denoiser: BiasDenoiser | undefined
    const denoiserOf = async (bands: number) =>
      (denoiser ??= createBiasDenoiser(await biasOf(session, options, bands, hop)))
    return {
      bytes:
        2 * manifest.files.reduce((sum, { bytes = 0 }) => sum + bytes, 0) + plan.chunkFrames * bytesPerFrame,
      async run({ mel, seed, sigma, denoiser: strength }, job) {
        const samples = await flow(session, options, plan, { mel, seed, sigma }, job)
        return strength > 0 ? (await denoiserOf(mel.bands)).apply(samples, strength) : samples
      },
      release: () => session.release(),
    }
  },
}

/** What the network hums without noise over a mel of zeros. */
async function biasOf(session: Session, options: Options, bands: number, hop: number): Promise<Float32Array> {
  const mel: Mel = { bands, frames: biasFrames, data: new Float32Array(bands * biasFrames) }
  return inferWaveglow(session, options, mel, new Float32Array(biasFrames * hop), 0)
}

function flow(
  session: Session,
  options: Options,
  plan: ChunkPlan,
  { mel, seed, sigma }: { mel: Mel; seed: number; sigma: number },
  job: JobContext,
): Promise<Float32Array> {
  const noise = createSeededNoise(seed)
  return vocodeInChunks(mel, plan, job, (piece, firstFrame) => {
    const ordered = new Float32Array(piece.frames * plan.hop)
    noise.fill(ordered, firstFrame * plan.hop)
    return inferWaveglow(session, options, piece, byGroup(ordered, options.groups), sigma)
  })
}

/** Sample n of the noise belongs to channel n mod groups, so that a chunk's noise does not depend on where it begins. */
function byGroup(samples: Float32Array, groups: number): Float32Array {
  const columns = samples.length / groups
  const grouped = new Float32Array(samples.length)
  for (let index = 0; index < samples.length; index++) {
    grouped[(index % groups) * columns + Math.floor(index / groups)] = samples[index]!
  }
  return grouped
}

/** One run of the graph. @param noise `z`: [groups, columns], variance 1. */
export async function inferWaveglow(
  session: Session,
  {
    groups,
    base_channels: baseChannels,
    graph_sigma: graphSigma,
  }: Pick<Options, 'groups' | 'base_channels' | 'graph_sigma'>,
  { bands, frames, data }: Mel,
  noise: Float32Array,
  sigma: number,
): Promise<Float32Array> {
  const columns = noise.length / groups
  const takesSigma = session.inputNames.includes('sigma')
  const z = takesSigma
    ? noise
    : noise.map((sample, index) => sample * (index < baseChannels * columns ? sigma / graphSigma : sigma))
  const flat = session.inputShapes?.z?.length !== 4
  const feeds: Record<string, Tensor> = {
    mel: { data, dims: flat ? [1, bands, frames] : [1, bands, frames, 1] },
    z: { data: z, dims: flat ? [1, groups, columns] : [1, groups, columns, 1] },
    ...(takesSigma && { sigma: { data: Float32Array.of(sigma), dims: [1] } }),
  }
  return floats(await session.run(feeds), session.outputNames[0]!).data
}
