import { floats } from '../../../../inference/float-tensor'
import type { ModelFiles } from '../../../../inference/engine'
import type { Runtime, Session, Tensor } from '../../../../inference/runtime'
import { loadTokenizer, type TextTokenizer } from '../../../../inference/tokenizer'
import { AppError } from '../../../../platform/errors'
import type { DiffusionOptions } from './options'

/** What a text says to the UNet. */
export interface Condition {
  feeds: Record<string, Tensor>
  /** Whether the text had more tokens than the model reads. */
  cutShort: boolean
}

/** The networks of a latent-diffusion model. */
export interface DiffusionNetworks {
  understand(text: string): Promise<Condition>
  /**
   * What the UNet tells of noisy latents.
   * @param latents channels × frames × bands.
   */
  predict(latents: Float32Array, timestep: number, condition: Condition): Promise<Float32Array>
  /** Latents as the VAE knows them → log-mel spectrum, frames × bands. */
  decode(latents: Float32Array): Promise<Float32Array>
  /** Log-mel spectrum, frames × bands → samples. */
  vocode(mel: Float32Array): Promise<Float32Array>
  release(): Promise<void>
}

const folders = ['text_encoder', 'unet', 'vae_decoder', 'vocoder'] as const

/**
 * Four ONNX files in the layout of diffusers' pipelines (`<part>/model.onnx`) and `tokenizer/tokenizer.json`; inputs and
 * outputs are named as optimum names them.
 */
export async function loadNetworks(
  files: ModelFiles,
  runtime: Runtime,
  options: DiffusionOptions,
): Promise<DiffusionNetworks> {
  const tokenizer = await loadTokenizer(
    files.path('tokenizer/tokenizer.json'),
    files.path('tokenizer/tokenizer_config.json'),
  )
  const [text, unet, decoder, vocoder] = await openAll(files, runtime)
  const { channels, bands } = options.latent

  return {
    async understand(words): Promise<Condition> {
      const { ids, cutShort } = tokensOf(words, tokenizer, options)
      const dims = [1, ids.length]
      const mask = { data: new BigInt64Array(ids.length).fill(1n), dims }
      const input_ids = { data: BigInt64Array.from(ids, BigInt), dims }
      const outputs = await text.run({ input_ids, attention_mask: mask })
      if (options.conditioning === 'class_labels') {
        const class_labels = unitLength(floats(outputs, 'text_embeds'))
        return { feeds: { class_labels }, cutShort }
      }
      const encoder_hidden_states = floats(outputs, 'last_hidden_state')
      return { feeds: { encoder_hidden_states, encoder_attention_mask: mask }, cutShort }
    },
    async predict(latents, timestep, { feeds }) {
      const sample = { data: latents, dims: [1, channels, latents.length / channels / bands, bands] }
      const outputs = await unet.run({
        ...feeds,
        sample,
        timestep: { data: BigInt64Array.of(BigInt(timestep)), dims: [1] },
      })
      return floats(outputs, 'out_sample').data
    },
    async decode(latents) {
      const frames = latents.length / channels / bands
      const outputs = await decoder.run({
        latent_sample: { data: latents, dims: [1, channels, frames, bands] },
      })
      return floats(outputs, 'sample').data
    },
    async vocode(mel) {
      const dims = [1, mel.length / options.mel.bands, options.mel.bands]
      return floats(await vocoder.run({ spectrogram: { data: mel, dims } }), 'waveform').data
    },
    async release() {
      await Promise.all([text, unet, decoder, vocoder].map((session) => session.release()))
    },
  }
}

type Sessions = [text: Session, unet: Session, decoder: Session, vocoder: Session]

/** All or none: what was opened before another failed is closed again. */
async function openAll(files: ModelFiles, runtime: Runtime): Promise<Sessions> {
  const opened: Session[] = []
  try {
    for (const folder of folders) opened.push(await runtime.createSession(files.path(`${folder}/model.onnx`)))
    return opened as Sessions
  } catch (error) {
    await Promise.all(opened.map((session) => session.release()))
    throw error
  }
}

function tokensOf(text: string, tokenizer: TextTokenizer, { tokens }: DiffusionOptions) {
  const special = (spelling: string | undefined) => {
    if (spelling === undefined) return []
    const id = tokenizer.idOf(spelling)
    if (id !== undefined) return [id]
    throw new AppError('model_corrupt', { message: `The tokenizer does not know “${spelling}”.` })
  }
  const [start, end] = [special(tokens.start), special(tokens.end)]
  const words = text === '' ? [] : tokenizer.encode(text)
  const most = tokens.most - start.length - end.length
  return { ids: [...start, ...words.slice(0, most), ...end], cutShort: words.length > most }
}

function unitLength({ data, dims }: { data: Float32Array; dims: readonly number[] }): Tensor {
  const length = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0))
  return { data: data.map((value) => value / Math.max(length, 1e-12)), dims }
}
