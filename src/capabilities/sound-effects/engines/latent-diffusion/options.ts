import { z } from 'zod'

import type { Manifest } from '../../../../inference/manifest'
import { AppError } from '../../../../platform/errors'

/** What it is at `prompt_influence` 0 and at 1; between them evenly. */
const range = z.tuple([z.number(), z.number()])
const count = z.int().positive()

/** A manifest's `options`: how the networks of a latent-diffusion model fit together. */
const optionsSchema = z.strictObject({
  /** How the UNet takes the text: as one embedding (AudioLDM's CLAP) or word by word (Tango's T5). */
  conditioning: z.enum(['class_labels', 'encoder_hidden_states']),
  /** Special tokens around a text, and how many tokens there may be in all. */
  tokens: z.strictObject({ start: z.string().optional(), end: z.string(), most: count }),
  schedule: z.strictObject({
    beta_start: z.number().positive(),
    beta_end: z.number().positive(),
    growth: z.enum(['linear', 'scaled_linear']),
    prediction: z.enum(['epsilon', 'v_prediction']),
  }),
  sampler: z.enum(['ddim', 'dpm-solver']),
  steps: range,
  guidance: range,
  /** The latents that the UNet knows are those of the VAE times this. */
  scale_factor: z.number().positive(),
  /** `mel_frames`: of sound to one of the latents; `multiple`: numbers of frames that the UNet's layers divide evenly. */
  latent: z.strictObject({ channels: count, bands: count, mel_frames: count, multiple: count }),
  /** `hop`: samples of one frame. */
  mel: z.strictObject({ bands: count, hop: count }),
  /** In frames of the latents: what the UNet sees at once, the least that it may see, and how far windows overlap. */
  window: z.strictObject({ frames: count, least: count, overlap: count }),
})

export type DiffusionOptions = z.output<typeof optionsSchema>

/** @throws AppError `model_corrupt` where the manifest's options are not those of a latent-diffusion model. */
export function diffusionOptions({ id, options }: Manifest): DiffusionOptions {
  const parsed = optionsSchema.safeParse(options)
  if (parsed.success) return parsed.data
  throw new AppError('model_corrupt', {
    message: `The options in the manifest of “${id}” do not describe a latent-diffusion model.`,
    cause: parsed.error,
  })
}
