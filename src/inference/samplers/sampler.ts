/** What a network was trained to tell of a noisy sample: its noise, or the velocity α · noise − σ · data. */
export type Prediction = 'epsilon' | 'v_prediction'

/** How the steps lie among the timesteps of training; names as in Lin et al., 2023, table 2. */
export type Spacing = 'leading' | 'trailing' | 'linspace'

export interface SamplerOptions {
  /** How often the network is asked. */
  steps: number
  prediction: Prediction
  /** Default: `leading` for DDIM, `linspace` for DPM-Solver++, as in diffusers. */
  spacing?: Spacing | undefined
  /** Added to the timesteps of `leading`. Default 0. */
  stepsOffset?: number | undefined
}

/** A way from noise to data. One of its own for every sample, as some remember their last step. */
export interface Sampler {
  /** Timesteps of training at which the network is asked, the noisiest first. */
  readonly timesteps: readonly number[]
  /**
   * Takes a sample from `timesteps[index]` to the next one, in place; after the last one it is data.
   *
   * @param output What the network told of the sample at `timesteps[index]`.
   */
  step(index: number, sample: Float32Array, output: Float32Array): void
}

/** Data = `fromSample` · sample + `fromOutput` · output of the network. */
export interface DataEstimate {
  fromSample: number
  fromOutput: number
}

/** @param signal Share of the data in the sample; @param noise of the noise. */
export function dataEstimate(prediction: Prediction, signal: number, noise: number): DataEstimate {
  return prediction === 'epsilon'
    ? { fromSample: 1 / signal, fromOutput: -noise / signal }
    : { fromSample: signal, fromOutput: -noise }
}
