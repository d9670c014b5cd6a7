import { createRandom } from '../../../../audio/synthesis/noise'
import { createDdim } from '../../../../inference/samplers/ddim'
import { createDpmSolver } from '../../../../inference/samplers/dpm-solver'
import { guide } from '../../../../inference/samplers/guidance'
import { createNoiseSchedule } from '../../../../inference/samplers/noise-schedule'
import type { Sampler } from '../../../../inference/samplers/sampler'
import { AppError } from '../../../../platform/errors'
import type { Condition, DiffusionNetworks } from './networks'
import type { DiffusionOptions } from './options'
import { blend, cut, type Row, type Window } from './windows'

export interface Guidance {
  text: Condition
  /** What is to be kept away from; asked only where `scale` is above 1. */
  negative: Condition
  scale: number
}

export interface Denoising {
  networks: DiffusionNetworks
  sampler: Sampler
  guidance: Guidance
  windows: readonly Window[]
  signal: AbortSignal
  /** @param done Share of the steps, after every window. */
  onProgress(done: number): void
}

export function samplerOf({ schedule, sampler }: DiffusionOptions, steps: number): Sampler {
  const { beta_start: betaStart, beta_end: betaEnd, growth, prediction } = schedule
  const noise = createNoiseSchedule({ betaStart, betaEnd, growth })
  return sampler === 'dpm-solver'
    ? createDpmSolver(noise, { steps, prediction })
    : createDdim(noise, { steps, prediction, stepsOffset: 1, endsClean: false })
}

/** Where every sound begins. */
export function noiseRow({ latent }: DiffusionOptions, frames: number, seed: number): Row {
  const { channels, bands } = latent
  const { gaussian } = createRandom(seed)
  const data = Float32Array.from({ length: channels * frames * bands }, () => gaussian())
  return { data, channels, frames, bands }
}

/**
 * Makes latents of noise, in place. All windows take a step together, so that what is longer than one grows as a whole.
 *
 * @throws AppError `canceled` between two windows.
 */
export async function denoise(row: Row, denoising: Denoising): Promise<void> {
  const { networks, sampler, guidance, windows, signal, onProgress } = denoising
  const output: Row = { ...row, data: new Float32Array(row.data.length) }
  const runs = sampler.timesteps.length * windows.length
  let done = 0
  for (const [index, timestep] of sampler.timesteps.entries()) {
    await blend(output, windows, 1, async (window) => {
      if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
      const part = await predictGuided(networks, cut(row, window), timestep, guidance)
      onProgress(++done / runs)
      return part
    })
    sampler.step(index, row.data, output.data)
  }
}

async function predictGuided(
  networks: DiffusionNetworks,
  latents: Float32Array,
  timestep: number,
  { text, negative, scale }: Guidance,
): Promise<Float32Array> {
  const told = await networks.predict(latents, timestep, text)
  return scale > 1 ? guide(told, await networks.predict(latents, timestep, negative), scale) : told
}
