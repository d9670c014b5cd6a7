import { z } from 'zod'

import { floats } from '../../../inference/float-tensor'
import type { VocoderEngine } from '../voice-model'
import { onlyFile, vocoderHop } from './vocoder-files'
import { vocodeInChunks } from './vocode-in-chunks'

const optionsSchema = z.object({
  /** Default: the model's first `.onnx` file. */
  model: z.string().optional(),
  chunk_frames: z.int().positive().default(256),
  context_frames: z.int().min(0).default(24),
})

/**
 * HiFi-GAN (Kong et al., 2020), or another generator with its interface: the only input is the mel [1, bands, T], the only
 * output the sound [1, 1, T × hop].
 */
export const hifiganEngine: VocoderEngine = {
  id: 'hifigan',
  async load(model, runtime) {
    const { manifest } = model
    const options = optionsSchema.parse(manifest.options)
    const file = onlyFile(manifest, options.model)
    const session = await runtime.createSession(model.path(file), { providers: manifest.providers })
    const plan = {
      ...{ chunkFrames: options.chunk_frames, contextFrames: options.context_frames },
      ...{ hop: vocoderHop(manifest), fadeSamples: 0 },
    }
    return {
      bytes: vocoderBytes(manifest.files, plan.chunkFrames + 2 * plan.contextFrames, plan.hop),
      run: ({ mel }, job) =>
        vocodeInChunks(mel, plan, job, async ({ bands, frames, data }) => {
          const outputs = await session.run({ [session.inputNames[0]!]: { data, dims: [1, bands, frames] } })
          return floats(outputs, session.outputNames[0]!).data
        }),
      release: () => session.release(),
    }
  },
}

/** Weights, and the widest layer's activations in and out. */
function vocoderBytes(files: readonly { bytes?: number | undefined }[], frames: number, hop: number): number {
  const widestChannels = 32
  return 2 * files.reduce((sum, { bytes = 0 }) => sum + bytes, 0) + 2 * 4 * widestChannels * frames * hop
}
