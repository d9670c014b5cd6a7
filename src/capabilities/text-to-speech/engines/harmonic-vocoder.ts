import { z } from 'zod'

import { floats } from '../../../inference/float-tensor'
import type { Session, Tensor } from '../../../inference/runtime'
import type { Mel } from '../mel'
import { createSeededNoise } from '../seeded-noise'
import type { VocoderEngine } from '../voice-model'
import { vocodeInChunks } from './vocode-in-chunks'
import { onlyFile, vocoderHop } from './vocoder-files'

const optionsSchema = z.object({
  model: z.string().optional(),
  chunk_frames: z.int().positive().default(512),
  context_frames: z.int().min(0).default(16),
})

const bytesPerFrame = 4 * 256 * 128

/**
 * Harmonic-plus-noise vocoder of the starter voices (scripts/train/voice): `mel` [1, bands, T] and Gaussian noise `z`
 * [1, T × hop] → `audio` [1, T × hop]. Pitch and voicing are found in the mel by the network itself. Where it has the
 * input `phase` and the output `phase_out`, chunks go on where the one before ended.
 */
export const harmonicVocoderEngine: VocoderEngine = {
  id: 'harmonic-vocoder',
  async load(model, runtime) {
    const { manifest } = model
    const options = optionsSchema.parse(manifest.options)
    const file = onlyFile(manifest, options.model)
    const session = await runtime.createSession(model.path(file), { providers: manifest.providers })
    const hop = vocoderHop(manifest)
    const plan = {
      ...{ chunkFrames: options.chunk_frames, contextFrames: options.context_frames },
      ...{ hop, fadeSamples: hop },
    }
    return {
      bytes:
        2 * manifest.files.reduce((sum, { bytes = 0 }) => sum + bytes, 0) + plan.chunkFrames * bytesPerFrame,
      run: ({ mel, seed, sigma }, job) => {
        const noise = createSeededNoise(seed)
        return vocodeInChunks(mel, plan, job, async (piece, firstFrame) => {
          const z = new Float32Array(piece.frames * hop)
          noise.fill(z, firstFrame * hop)
          for (let index = 0; index < z.length; index++) z[index]! *= sigma
          return makeSound(session, piece, z)
        })
      },
      release: () => session.release(),
    }
  },
}

async function makeSound(
  session: Session,
  { bands, frames, data }: Mel,
  z: Float32Array,
): Promise<Float32Array> {
  const feeds: Record<string, Tensor> = {
    mel: { data, dims: [1, bands, frames] },
    z: { data: z, dims: [1, z.length] },
    ...(session.inputNames.includes('phase') && { phase: { data: new Float32Array(1), dims: [1, 1] } }),
  }
  return floats(await session.run(feeds, ['audio']), 'audio').data
}
