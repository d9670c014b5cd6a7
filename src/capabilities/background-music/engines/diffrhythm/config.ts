import { readFile } from 'node:fs/promises'

import { z } from 'zod'

import type { ModelFiles } from '../../../../inference/engine'
import { AppError } from '../../../../platform/errors'

/** Engine settings of a manifest: those of DiffRhythm v1.2, with the values of its authors’ code where they are left out. */
const optionsSchema = z
  .object({
    style_encoder: z.string().default('onnx/style_encoder.onnx'),
    transformer: z.string().default('onnx/transformer.onnx'),
    decoder: z.string().default('onnx/vae_decoder.onnx'),
    /** Latent frames of one run; 6144 for the model of whole songs. */
    max_frames: z.int().positive().default(2048),
    channels: z.int().positive().default(64),
    /** Samples that a latent frame becomes. */
    frame_samples: z.int().positive().default(2048),
    /** So many of the last frames are given to a run that goes on from another. */
    known_frames: z.int().positive().default(512),
    /** At which the velocity is asked for, and the end: the number of intervals and one. */
    time_points: z.int().min(2).default(32),
    method: z.enum(['euler', 'midpoint']).default('euler'),
    sway: z.number().default(0),
    /** Of the guidance, beyond 1: 0 is without. */
    guidance_strength: z.number().min(0).default(4),
  })
  .refine(({ max_frames, known_frames }) => known_frames < max_frames)

export type DiffrhythmOptions = z.output<typeof optionsSchema>

export interface DiffrhythmConfig {
  options: DiffrhythmOptions
  /** Of singing nothing; 512 numbers. */
  negativeStyle: Float32Array
  /** Number of each phoneme, as it is written in IPA. */
  phonemes: ReadonlyMap<string, number>
}

/** @throws AppError `model_corrupt` where a file or an option is not as DiffRhythm has it. */
export async function readDiffrhythmConfig(files: ModelFiles): Promise<DiffrhythmConfig> {
  const json = async (file: string): Promise<unknown> => JSON.parse(await readFile(files.path(file), 'utf8'))
  const options = optionsSchema.safeParse(files.manifest.options)
  const style = z
    .array(z.number())
    .min(1)
    .safeParse(await json('negative_style.json'))
  const phonemes = z.record(z.string(), z.int().min(0)).safeParse(await json('phonemes.json'))
  if (!options.success || !style.success || !phonemes.success) {
    throw new AppError('model_corrupt', {
      message: 'A file of the model, or an option of its manifest, is not one of DiffRhythm.',
      cause: options.error ?? style.error ?? phonemes.error,
    })
  }
  return {
    options: options.data,
    negativeStyle: Float32Array.from(style.data),
    phonemes: new Map(Object.entries(phonemes.data)),
  }
}
