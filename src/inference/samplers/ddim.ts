import type { NoiseSchedule } from './noise-schedule'
import { dataEstimate, type Sampler, type SamplerOptions } from './sampler'
import { timestepsOf } from './spacing'

export interface DdimOptions extends SamplerOptions {
  /** 0: no noise is added on the way; 1: as much as in DDPM. Default 0. */
  eta?: number | undefined
  /** Standard normal numbers; needed where `eta` is above 0. */
  gaussian?: (() => number) | undefined
  /** Whether the last step ends at pure data, or at timestep 0 of training with its trace of noise. Default: true. */
  endsClean?: boolean | undefined
}

/** Song et al., "Denoising Diffusion Implicit Models", 2021, equations 12 and 16; steps as diffusers' `DDIMScheduler`. */
export function createDdim(schedule: NoiseSchedule, options: DdimOptions): Sampler {
  const { steps, prediction, spacing = 'leading', stepsOffset = 0, eta = 0, endsClean = true } = options
  const gaussian = options.gaussian ?? (() => 0)
  const { trainSteps, kept } = schedule
  const timesteps = timestepsOf(spacing, { trainSteps, steps, intervals: steps, offset: stepsOffset })
  const stride = Math.floor(trainSteps / steps)
  const keptBefore = (timestep: number) => kept(timestep < 0 && !endsClean ? 0 : timestep)

  return {
    timesteps,
    step(index, sample, output) {
      const now = kept(timesteps[index]!)
      const next = keptBefore(timesteps[index]! - stride)
      const signal = Math.sqrt(now)
      const noise = Math.sqrt(1 - now)
      const { fromSample, fromOutput } = dataEstimate(prediction, signal, noise)
      const added = eta * Math.sqrt(Math.max(0, ((1 - next) / (1 - now)) * (1 - now / next)))
      const toData = Math.sqrt(next)
      const toNoise = Math.sqrt(Math.max(0, 1 - next - added * added))
      for (let at = 0; at < sample.length; at++) {
        const data = fromSample * sample[at]! + fromOutput * output[at]!
        const epsilon = (sample[at]! - signal * data) / noise
        sample[at] = toData * data + toNoise * epsilon + (added > 0 ? added * gaussian() : 0)
      }
    },
  }
}
