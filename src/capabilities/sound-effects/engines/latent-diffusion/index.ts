import type { PcmBlock } from '../../../../audio/pcm'
import type { JobContext } from '../../../../inference/engine'
import type { EffectEngine, EffectPlan, EffectRequest } from '../../synthesizer'
import { denoise, noiseRow, samplerOf } from './denoise'
import { loadNetworks, type DiffusionNetworks } from './networks'
import { diffusionOptions, type DiffusionOptions } from './options'
import { soundOf, spectrumOf } from './sound'
import { framesToMake, windowsOf } from './windows'

/** Share of the work that is done before the first sound. */
const prepared = 0.9
const denoised = 0.85

interface Model {
  id: string
  sampleRateHz: number
  options: DiffusionOptions
  networks: DiffusionNetworks
}

/**
 * Text to sound by latent diffusion: AudioLDM (Liu et al., 2023; a CLAP embedding as the class) and Tango (Ghosal et al.,
 * 2023; a T5 encoder's hidden states). A UNet makes latents of noise, a VAE a log-mel spectrum of those and a HiFi-GAN the
 * sound. What is longer than the UNet's window is made of overlapping ones that are averaged at every step; a loop is made
 * in a circle.
 */
export const latentDiffusionEngine: EffectEngine = {
  id: 'latent-diffusion',
  async load(files, runtime) {
    const { id, sampleRateHz, requirements } = files.manifest
    const options = diffusionOptions(files.manifest)
    const networks = await loadNetworks(files, runtime, options)
    return {
      bytes: requirements.memoryMb * 1024 * 1024,
      run: (request, job) => planOf(request, { id, sampleRateHz, options, networks }, job),
      release: () => networks.release(),
    }
  },
}

async function planOf(request: EffectRequest, model: Model, job: JobContext): Promise<EffectPlan> {
  const { text, parameters, seed } = request
  const { sampleRateHz, options, networks } = model
  const { duration_seconds, loop, channels, prompt_influence, negative_prompt } = parameters
  const frameSamples = options.latent.mel_frames * options.mel.hop
  const samples =
    duration_seconds === null
      ? options.window.frames * frameSamples
      : Math.round(duration_seconds * sampleRateHz)
  const between = ([low, high]: [number, number]) => low + (high - low) * prompt_influence
  const steps = Math.max(1, Math.round(between(options.steps)))
  const scale = between(options.guidance)
  const [condition, negative] = [await networks.understand(text), await networks.understand(negative_prompt)]
  const windowing = { ...options.window, multiple: options.latent.multiple }
  const frames = framesToMake(Math.ceil(samples / frameSamples), loop, windowing)
  const windows = windowsOf(frames, loop, windowing)

  async function* blocks(): AsyncGenerator<PcmBlock> {
    const latents = noiseRow(options, frames, seed)
    await denoise(latents, {
      ...{ networks, windows, signal: job.signal },
      sampler: samplerOf(options, steps),
      guidance: { text: condition, negative, scale },
      onProgress: (done) => job.progress('denoise', denoised * done),
    })
    const spectrum = await spectrumOf(latents, windows, networks, options, job.signal)
    job.progress('decode', prepared)
    const sound = soundOf(spectrum, { networks, hop: options.mel.hop, sampleRateHz, samples, loop })
    for await (const block of sound) {
      const plane = block.map((sample) => Math.max(-1, Math.min(1, sample)))
      yield { channels: channels === 1 ? [plane] : [plane, plane.slice()] }
    }
  }

  return {
    ...{ sampleRateHz, channels, frames: samples, prepared, blocks },
    understood: { steps, guidance: rounded(scale), windows: windows.length, negative_prompt, seed, loop },
    warnings: warningsOf(request, model, [condition.cutShort, negative.cutShort], scale),
  }
}

/** What was asked for and the model cannot do. */
function warningsOf(
  { parameters }: EffectRequest,
  { id, options }: Model,
  cutShort: boolean[],
  scale: number,
): string[] {
  const warnings: string[] = []
  const { most } = options.tokens
  if (cutShort.some(Boolean)) {
    warnings.push(
      `The description is longer than the ${most} tokens that “${id}” reads; the rest was left out.`,
    )
  }
  const unknown = (['intensity', 'distance', 'size'] as const).filter(
    (name) => parameters[name] !== neutral[name],
  )
  if (unknown.length > 0) {
    warnings.push(
      `“${id}” goes by words alone: ${unknown.join(', ')} made no difference. Say it in the description, such as “heavy” or “in the distance”.`,
    )
  }
  if (parameters.channels === 2) warnings.push(`“${id}” makes mono: both channels hold the same.`)
  if (parameters.negative_prompt !== '' && scale <= 1) {
    warnings.push('With so little influence of the description, the negative one has none.')
  }
  return warnings
}

const neutral = { intensity: 0.5, distance: 0, size: 0.5 } as const

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
