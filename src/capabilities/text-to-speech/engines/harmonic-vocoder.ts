import { z } from 'zod'

import { floats } from '../../../inference/float-tensor'
import type { Tensor } from '../../../inference/runtime'
import { createSeededNoise } from '../seeded-noise'
import type { VocoderEngine } from '../voice-model'
import { vocodeInChunks } from './vocode-in-chunks'
import { onlyFile, vocoderHop } from './vocoder-files'

const optionsSchema = z.object({
  model: z.string().optional(),
  chunk_frames: z.int().positive().default(512),
  context_frames: z.int().min(0).default(28),
})

const bytesPerFrame = 4 * 256 * 128

/**
 * Harmonic-plus-noise vocoder of the starter voices (scripts/train/voice): `mel` [1, bands, T] and Gaussian noise `z`
 * [1, T × hop] → `audio` [1, T × hop]. Pitch and voicing are found in the mel by the network itself. `phase` [1, 1] is that
 * of the harmonics at frame `context_frames` of the window, `phase_out` as many frames before its end, which is the same
 * place of the next window.
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
        let phase: Tensor = { data: new Float32Array(1), dims: [1, 1] }
        return vocodeInChunks(mel, plan, job, async ({ bands, frames, data }, firstFrame) => {
          const z = new Float32Array(frames * hop)
          noise.fill(z, firstFrame * hop)
          for (let index = 0; index < z.length; index++) z[index]! *= sigma
          const outputs = await session.run({
            mel: { data, dims: [1, bands, frames] },
            z: { data: z, dims: [1, z.length] },
            phase,
          })
          phase = floats(outputs, 'phase_out')
          return floats(outputs, 'audio').data
        })
      },
      release: () => session.release(),
    }
  },
}
