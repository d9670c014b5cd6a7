import { z } from 'zod'

import { AppError } from '../../platform/errors'

/**
 * What the numbers of a mel spectrogram mean: acoustic models and vocoders that agree in it can be combined. The defaults
 * are those of NVIDIA's Tacotron2 and WaveGlow and of HiFi-GAN's LJSpeech models.
 */
export const melConventionSchema = z.object({
  sample_rate_hz: z.int().positive().default(22_050),
  n_fft: z.int().positive().default(1024),
  hop_length: z.int().positive().default(256),
  win_length: z.int().positive().default(1024),
  mel_bins: z.int().positive().default(80),
  f_min: z.number().min(0).default(0),
  f_max: z.number().positive().default(8000),
  /** Triangles of equal area, or of equal height. */
  norm: z.enum(['slaney', 'none']).default('slaney'),
  /** Of magnitudes: natural logarithm, or base 10. */
  scale: z.enum(['log', 'log10']).default('log'),
  /** Magnitudes below this count as this. */
  floor: z.number().positive().default(1e-5),
})

export type MelConvention = z.output<typeof melConventionSchema>

/** A stretch of log-mel frames; `data` is [bands, frames], band by band. */
export interface Mel {
  bands: number
  frames: number
  data: Float32Array
}

/** Frames `from`…`to` of a mel. */
export function melSlice({ bands, frames, data }: Mel, from: number, to: number): Mel {
  const count = to - from
  const part = new Float32Array(bands * count)
  for (let band = 0; band < bands; band++) {
    part.set(data.subarray(band * frames + from, band * frames + to), band * count)
  }
  return { bands, frames: count, data: part }
}

/** @throws AppError `invalid_parameter` that names what the two do not agree in. */
export function assertSameConvention(
  voice: { id: string; mel: MelConvention },
  vocoder: { id: string; mel: MelConvention },
): void {
  const keys = Object.keys(voice.mel) as (keyof MelConvention)[]
  const different = keys.filter((key) => voice.mel[key] !== vocoder.mel[key])
  if (different.length === 0) return
  const list = different.map((key) => `${key} ${voice.mel[key]} and ${vocoder.mel[key]}`).join(', ')
  throw new AppError('invalid_parameter', {
    message: `The vocoder “${vocoder.id}” does not fit the model “${voice.id}”: they differ in ${list}. Choose another vocoder, or leave it to the model.`,
    details: { parameter: 'vocoder' },
  })
}
