import { readFile } from 'node:fs/promises'

import { z } from 'zod'

import type { ModelFiles } from '../../../../inference/engine'
import { AppError } from '../../../../platform/errors'

/** What the engine needs of a published `config.json`. transformers leaves out what its classes have by default. */
const configSchema = z.object({
  text_encoder: z.object({ eos_token_id: z.int().default(1) }),
  audio_encoder: z.object({
    sampling_rate: z.int().positive().default(24_000),
    upsampling_ratios: z.array(z.int().positive()).min(1).default([8, 5, 4, 2]),
    audio_channels: z.literal(1).default(1),
  }),
  decoder: z.object({
    hidden_size: z.int().positive().default(1024),
    num_attention_heads: z.int().positive().default(16),
    num_codebooks: z.int().positive().default(4),
    pad_token_id: z.int().default(2048),
    audio_channels: z.literal(1).default(1),
  }),
})

/** Engine settings of a manifest, with the values of the paper and of its authors' code where they are left out. */
const optionsSchema = z
  .object({
    text_encoder: z.string().default('onnx/text_encoder.onnx'),
    decoder: z.string().default('onnx/decoder_model_merged.onnx'),
    codec: z.string().default('onnx/encodec_decode.onnx'),
    /** The longest that the network was trained on. */
    window_seconds: z.number().positive().default(30),
    /** How far a window goes on beyond the one before it: the rest of it is given. */
    stride_seconds: z.number().positive().default(18),
    guidance_scale: z.number().min(1).default(3),
    top_k: z.int().positive().default(250),
    temperature: z.number().positive().default(1),
  })
  .refine(({ window_seconds, stride_seconds }) => stride_seconds < window_seconds)

export interface MusicgenConfig {
  endToken: number
  sampleRateHz: number
  /** Samples that a frame of codes becomes. */
  frameSamples: number
  heads: number
  headWidth: number
  codebooks: number
  padding: number
  options: z.output<typeof optionsSchema>
}

/** @throws AppError `model_corrupt` where a file misses values, or is that of a stereo model. */
export async function readMusicgenConfig(files: ModelFiles): Promise<MusicgenConfig> {
  const options = optionsSchema.safeParse(files.manifest.options)
  const config = configSchema.safeParse(JSON.parse(await readFile(files.path('config.json'), 'utf8')))
  if (!config.success || !options.success) {
    throw new AppError('model_corrupt', {
      message: 'The model’s config.json, or the options of its manifest, are not those of a mono MusicGen.',
      cause: config.error ?? options.error,
    })
  }
  const { text_encoder: text, audio_encoder: audio, decoder } = config.data
  return {
    endToken: text.eos_token_id,
    sampleRateHz: audio.sampling_rate,
    frameSamples: audio.upsampling_ratios.reduce((product, ratio) => product * ratio, 1),
    heads: decoder.num_attention_heads,
    headWidth: decoder.hidden_size / decoder.num_attention_heads,
    codebooks: decoder.num_codebooks,
    padding: decoder.pad_token_id,
    options: options.data,
  }
}
