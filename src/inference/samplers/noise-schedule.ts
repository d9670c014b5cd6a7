/** How much noise training mixed in at each of its timesteps. */
export interface NoiseScheduleOptions {
  /** Default 1000. */
  trainSteps?: number | undefined
  betaStart: number
  betaEnd: number
  /** How β grows: evenly, or its root does (as in latent diffusion). */
  growth: 'linear' | 'scaled_linear'
}

/** A variance-preserving schedule: at timestep t a sample is `signal(t)` · data + `noise(t)` · standard normal noise. */
export interface NoiseSchedule {
  trainSteps: number
  /** α̅ of t, the share of the data in the variance; 1 before the first timestep. */
  kept(timestep: number): number
  signal(timestep: number): number
  noise(timestep: number): number
}

/** Ho et al., "Denoising Diffusion Probabilistic Models", 2020; `scaled_linear` after Rombach et al., 2022. */
export function createNoiseSchedule(options: NoiseScheduleOptions): NoiseSchedule {
  const { trainSteps = 1000, betaStart, betaEnd, growth } = options
  const root = growth === 'scaled_linear'
  const [from, to] = root ? [Math.sqrt(betaStart), Math.sqrt(betaEnd)] : [betaStart, betaEnd]
  const products = new Float64Array(trainSteps)
  let product = 1
  for (let step = 0; step < trainSteps; step++) {
    const value = from + ((to - from) * step) / Math.max(1, trainSteps - 1)
    product *= 1 - (root ? value * value : value)
    products[step] = product
  }
  const kept = (timestep: number) => (timestep < 0 ? 1 : products[timestep]!)
  return {
    trainSteps,
    kept,
    signal: (timestep) => Math.sqrt(kept(timestep)),
    noise: (timestep) => Math.sqrt(1 - kept(timestep)),
  }
}
