import type { NoiseSchedule } from './noise-schedule'
import { dataEstimate, type Sampler, type SamplerOptions } from './sampler'
import { timestepsOf } from './spacing'

export interface DpmSolverOptions extends SamplerOptions {
  /** 1 is DDIM's path; 2 (default) looks back one step. */
  order?: 1 | 2 | undefined
}

/**
 * DPM-Solver++(2M): Lu et al., "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models", 2022,
 * algorithm 2. Multistep in λ = log(signal / noise), predicting data; the first and the last step are of first order, and
 * the last one ends at the data. Steps as diffusers' `DPMSolverMultistepScheduler` with its defaults.
 */
export function createDpmSolver(schedule: NoiseSchedule, options: DpmSolverOptions): Sampler {
  const { steps, prediction, spacing = 'linspace', stepsOffset = 0, order = 2 } = options
  const { trainSteps, signal, noise } = schedule
  const timesteps = timestepsOf(spacing, { trainSteps, steps, intervals: steps + 1, offset: stepsOffset })
  const logRatio = (timestep: number) => Math.log(signal(timestep) / noise(timestep))
  /** What the network told of the data a step ago. */
  let before: Float32Array | undefined

  /** What the last two estimates of the data weigh on the way to the next timestep. */
  const weightsOf = (index: number) => {
    const now = timesteps[index]!
    // Before the first timestep of training lies the data itself.
    const next = timesteps[index + 1] ?? -1
    const step = logRatio(next) - logRatio(now)
    const gain = signal(next) * (1 - Math.exp(-step))
    const looksBack = order === 2 && before !== undefined && index < steps - 1
    const back = looksBack ? (0.5 * gain * step) / (logRatio(now) - logRatio(timesteps[index - 1]!)) : 0
    return { sample: noise(next) / noise(now), data: gain + back, before: -back }
  }

  return {
    timesteps,
    step(index, sample, output) {
      const now = timesteps[index]!
      const { fromSample, fromOutput } = dataEstimate(prediction, signal(now), noise(now))
      if (index === 0) before = undefined
      const weights = weightsOf(index)
      const past = before ?? new Float32Array(sample.length)
      for (let at = 0; at < sample.length; at++) {
        const data = fromSample * sample[at]! + fromOutput * output[at]!
        sample[at] = weights.sample * sample[at]! + weights.data * data + weights.before * past[at]!
        past[at] = data
      }
      before = past
    },
  }
}
