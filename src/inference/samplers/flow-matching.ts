import type { Sampler } from './sampler'

export interface FlowMatchingOptions {
  /** From noise to data. */
  intervals: number
  /** `euler` asks the network once for every interval (default), `midpoint` twice. */
  method?: 'euler' | 'midpoint' | undefined
  /**
   * Sway sampling (Y. Chen et al., “F5-TTS”, 2024, equation 6): below 0 the steps are finer near the noise, above 0 near
   * the data. −1 … 2 / (π − 2); default 0, evenly spaced.
   */
  sway?: number | undefined
}

/**
 * Flow matching (Y. Lipman et al., 2023): follows the velocity that the network tells from noise at time 0 to data at
 * time 1. The timesteps are such times.
 */
export function createFlowMatching({ intervals, method = 'euler', sway = 0 }: FlowMatchingOptions): Sampler {
  const times = Array.from({ length: intervals + 1 }, (_, index) => swayed(index / intervals, sway))
  const lengthOf = (interval: number) => times[interval + 1]! - times[interval]!
  if (method === 'euler') {
    return {
      timesteps: times.slice(0, -1),
      step: (index, sample, output) => advance(sample, sample, output, lengthOf(index)),
    }
  }
  /** Where the interval begins. */
  let start = new Float32Array(0)
  return {
    timesteps: times.slice(0, -1).flatMap((time, interval) => [time, time + 0.5 * lengthOf(interval)]),
    step(index, sample, output) {
      const length = lengthOf(index >> 1)
      if (index % 2 === 0) {
        start = sample.slice()
        advance(sample, start, output, 0.5 * length)
      } else advance(sample, start, output, length)
    },
  }
}

function swayed(time: number, sway: number): number {
  return time + sway * (Math.cos(0.5 * Math.PI * time) - 1 + time)
}

function advance(sample: Float32Array, from: Float32Array, velocity: Float32Array, length: number): void {
  for (let at = 0; at < sample.length; at++) sample[at] = from[at]! + length * velocity[at]!
}
