import type { ModelFiles } from '../../../../inference/engine'
import { floats } from '../../../../inference/float-tensor'
import { guide } from '../../../../inference/samplers/guidance'
import type { Runtime } from '../../../../inference/runtime'
import type { DiffrhythmConfig } from './config'

/** What the velocity depends on besides the sample and the time. */
export interface SongConditions {
  /** Of the prompt. */
  style: Float32Array
  /** A phoneme, or 0, for every frame. */
  text: readonly number[]
  /** [frame][channel]: what is known, and 0 elsewhere. */
  known: Float32Array
}

/**
 * DiffRhythm (Z. Ning et al., “DiffRhythm: Blazingly Fast and Embarrassingly Simple End-to-End Full-Length Song
 * Generation with Latent Diffusion”, 2025) in the layout that `scripts/reference/diffrhythm/export.py` describes and
 * exports: the text half of MuQ-MuLan, the diffusion transformer, and the decoder of the VAE.
 */
export interface DiffrhythmNetwork {
  /** @param tokens With those at the ends. */
  style(tokens: readonly number[]): Promise<Float32Array>
  /** Guided: away from singing nothing in no style. @param sample [frame][channel]. */
  velocity(sample: Float32Array, time: number, conditions: SongConditions): Promise<Float32Array>
  /** Both channels of latent frames. */
  sound(frames: readonly Float32Array[]): Promise<Float32Array[]>
  release(): Promise<void>
}

export async function loadDiffrhythmNetwork(
  files: ModelFiles,
  runtime: Runtime,
  { options, negativeStyle }: DiffrhythmConfig,
): Promise<DiffrhythmNetwork> {
  const { max_frames: frames, channels, guidance_strength: strength } = options
  const open = (file: string) =>
    runtime.createSession(files.path(file), { providers: files.manifest.providers })
  const encoder = await open(options.style_encoder)
  const transformer = await open(options.transformer)
  const decoder = await open(options.decoder)

  return {
    async style(tokens) {
      const dims = [1, tokens.length]
      const outputs = await encoder.run({
        input_ids: { data: BigInt64Array.from(tokens, BigInt), dims },
        attention_mask: { data: BigInt64Array.from(tokens, () => 1n), dims },
      })
      return floats(outputs, 'style').data
    },
    async velocity(sample, time, { style, text, known }) {
      const nothing = new Float32Array(known.length)
      const feeds = {
        latent: { data: joined(sample, sample), dims: [2, frames, channels] },
        condition: { data: joined(known, nothing), dims: [2, frames, channels] },
        text: { data: BigInt64Array.from([...text, ...text.map(() => 0)], BigInt), dims: [2, frames] },
        style: { data: joined(style, negativeStyle), dims: [2, style.length] },
        time: { data: Float32Array.of(time, time), dims: [2] },
        // Every run is as long as the model goes. The model of 2048 frames does not ask.
        ...(transformer.inputNames.includes('duration')
          ? { duration: { data: Float32Array.of(1, 1), dims: [2] } }
          : {}),
      }
      const { data } = floats(await transformer.run(feeds), 'velocity')
      const half = data.length / 2
      return guide(data.slice(0, half), data.subarray(half), 1 + strength)
    },
    async sound(latents) {
      const count = latents.length
      const data = new Float32Array(channels * count)
      latents.forEach((latent, frame) =>
        latent.forEach((value, channel) => (data[channel * count + frame] = value)),
      )
      const outputs = await decoder.run({ latent: { data, dims: [1, channels, count] } })
      const audio = floats(outputs, 'audio').data
      return [audio.slice(0, audio.length / 2), audio.slice(audio.length / 2)]
    },
    async release() {
      await Promise.all([encoder.release(), transformer.release(), decoder.release()])
    },
  }
}

function joined(first: Float32Array, second: Float32Array): Float32Array {
  const both = new Float32Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
