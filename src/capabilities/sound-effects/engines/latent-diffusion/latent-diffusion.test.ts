import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { testManifest } from '../../../../../test/fixtures/model-folder'
import type { JobContext, LoadedModel, ModelFiles } from '../../../../inference/engine'
import { createOrtRuntime } from '../../../../inference/ort-runtime'
import { soundEffectsParameters } from '../../index'
import type { EffectPlan, EffectRequest } from '../../synthesizer'
import { denoise, samplerOf } from './denoise'
import { latentDiffusionEngine } from './index'
import { loadNetworks, type DiffusionNetworks } from './networks'
import { diffusionOptions, type DiffusionOptions } from './options'
import { spectrumOf } from './sound'
import type { Row } from './windows'

/* The tiny pipelines of scripts/reference/audioldm/make.py, and what diffusers and transformers compute with them. */

interface Reference {
  text: { ids: number[]; embedding: string }
  negative?: { ids: number[]; embedding: string }
  empty?: { ids: number[]; embedding: string }
  firstStep: string
  runs: Record<'ddim' | 'dpm-solver', { latents: string }>
  mel: string
  waveform: string
}

const fixture = 'test/fixtures/engines/audioldm'
const unzipped = (name: string) => gunzipSync(readFileSync(`${fixture}/${name}.gz`))
const expected = JSON.parse(unzipped('expected.json').toString('utf8')) as {
  prompt: string
  negative: string
  frames: number
  guidance: number
  steps: number
  noise: string
  audioldm: Reference
  tango: Reference
}
const numbers = (packed: string) =>
  new Float32Array(Uint8Array.from(Buffer.from(packed, 'base64')).buffer.slice(0))

const graphs = ['text_encoder/model.onnx', 'unet/model.onnx', 'vae_decoder/model.onnx', 'vocoder/model.onnx']
const paths = [...graphs, 'tokenizer/tokenizer.json', 'tokenizer/tokenizer_config.json']
const shape = {
  scale_factor: 0.9,
  latent: { channels: 8, bands: 16, mel_frames: 4, multiple: 2 },
  mel: { bands: 64, hop: 40 },
  window: { frames: 16, least: 8, overlap: 4 },
  steps: [2, 2],
  guidance: [1, 3],
}
const layouts = {
  audioldm: {
    ...shape,
    conditioning: 'class_labels',
    tokens: { start: '<s>', end: '</s>', most: 60 },
    schedule: { beta_start: 0.0015, beta_end: 0.0195, growth: 'scaled_linear', prediction: 'epsilon' },
    sampler: 'ddim',
  },
  tango: {
    ...shape,
    conditioning: 'encoder_hidden_states',
    tokens: { end: '</s>', most: 60 },
    schedule: { beta_start: 0.00085, beta_end: 0.012, growth: 'scaled_linear', prediction: 'v_prediction' },
    sampler: 'dpm-solver',
  },
}
type Layout = keyof typeof layouts
const names = Object.keys(layouts) as Layout[]

const runtime = createOrtRuntime({ providers: ['cpu'] })
const sampleRateHz = 4000
let folder: string
const networks = {} as Record<Layout, DiffusionNetworks>

const model = (layout: Layout, options: Record<string, unknown> = {}): ModelFiles => ({
  manifest: testManifest({
    ...{ id: layout, capability: 'sound-effects', sampleRateHz },
    options: { ...layouts[layout], ...options },
  }),
  path: (file) => join(folder, layout, file),
})
const optionsOf = (layout: Layout, changes: Record<string, unknown> = {}): DiffusionOptions =>
  diffusionOptions(model(layout, changes).manifest)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'timbre-diffusion-'))
  for (const layout of names) {
    for (const path of paths) {
      const shared = path.startsWith('v') ? 'shared' : layout
      const target = join(folder, layout, path)
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(target, unzipped(`${shared}/${path}`))
    }
    networks[layout] = await loadNetworks(model(layout), runtime, optionsOf(layout))
  }
})
afterAll(async () => {
  await Promise.all(Object.values(networks).map((loaded) => loaded.release()))
  rmSync(folder, { recursive: true })
})

const worstOf = (actual: Float32Array, wanted: Float32Array) => {
  expect(actual).toHaveLength(wanted.length)
  const largest = Math.max(...wanted.map(Math.abs))
  return Math.max(...actual.map((value, index) => Math.abs(value - wanted[index]!))) / largest
}

/** Differences are told in relation to the largest number; on the machine that wrote this they were 2e-6 at most. */
function near(what: string, actual: Float32Array, wanted: Float32Array) {
  const worst = worstOf(actual, wanted)
  expect(worst, what).toBeLessThan(2e-5)
}

const row = (data: Float32Array): Row => ({ data, channels: 8, frames: expected.frames, bands: 16 })

describe.each(names)('latent diffusion beside diffusers: %s', (layout) => {
  const reference = expected[layout]

  it('takes a text as transformers does', async () => {
    const { feeds, cutShort } = await networks[layout].understand(expected.prompt)
    const tensor = feeds.class_labels ?? feeds.encoder_hidden_states!
    near('text', tensor.data as Float32Array, numbers(reference.text.embedding))
    expect(cutShort).toBe(false)
    expect((await networks[layout].understand(expected.prompt.repeat(9))).cutShort).toBe(true)
    for (const [text, known] of [
      [expected.negative, reference.negative],
      ['', reference.empty],
    ] as const) {
      if (!known) continue
      const other = await networks[layout].understand(text)
      near(`“${text}”`, other.feeds.class_labels!.data as Float32Array, numbers(known.embedding))
    }
  })

  it('asks the UNet alike', async () => {
    const condition = await networks[layout].understand(expected.prompt)
    const output = await networks[layout].predict(numbers(expected.noise), 801, condition)
    near('UNet', output, numbers(reference.firstStep))
  })

  it.each(['ddim', 'dpm-solver'] as const)('makes the same latents of noise by %s', async (sampler) => {
    const latents = row(numbers(expected.noise))
    const text = await networks[layout].understand(expected.prompt)
    // Tango's inference knows no negative description.
    const negative = await networks[layout].understand(layout === 'audioldm' ? expected.negative : '')
    const shares: number[] = []
    await denoise(latents, {
      networks: networks[layout],
      sampler: samplerOf(optionsOf(layout, { sampler }), expected.steps),
      guidance: { text, negative, scale: expected.guidance },
      windows: [{ start: 0, frames: expected.frames, ramp: 4 }],
      signal: new AbortController().signal,
      onProgress: (share) => shares.push(share),
    })
    near(`latents by ${sampler}`, latents.data, numbers(reference.runs[sampler].latents))
    expect(shares).toHaveLength(expected.steps)
    expect(shares.at(-1)).toBe(1)
  })

  it('hears the same in them', async () => {
    const latents = row(numbers(reference.runs[layout === 'audioldm' ? 'ddim' : 'dpm-solver'].latents))
    const windows = [{ start: 0, frames: expected.frames, ramp: 4 }]
    const { signal } = new AbortController()
    const spectrum = await spectrumOf(latents, windows, networks[layout], optionsOf(layout), signal)
    near('mel', spectrum.data, numbers(reference.mel))
    near('waveform', await networks[layout].vocode(spectrum.data), numbers(reference.waveform))
  })
})

describe('latent diffusion as an engine of effects', () => {
  let loaded: LoadedModel<EffectRequest, EffectPlan>
  beforeAll(async () => {
    loaded = await latentDiffusionEngine.load(model('tango'), runtime)
  })
  afterAll(() => loaded.release())

  const job = (changes: Partial<JobContext> = {}): JobContext => ({
    ...{ signal: new AbortController().signal, seed: 0, progress: () => undefined },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
    ...changes,
  })
  const request = (parameters: object, seed = 1): EffectRequest => ({
    ...{ text: expected.prompt, seed },
    parameters: soundEffectsParameters.parse(parameters),
  })

  async function make(parameters: object, seed = 1, changes: Partial<JobContext> = {}) {
    const plan = await loaded.run(request(parameters, seed), job(changes))
    const parts: Float32Array[] = []
    for await (const { channels } of plan.blocks()) parts.push(channels[0]!)
    const sound = Float32Array.from(parts.flatMap((part) => [...part]))
    return { plan, sound }
  }

  it.each([0.5, 0.6401, 1.2345, 4.001])('makes exactly %s s', async (seconds) => {
    const { plan, sound } = await make({ duration_seconds: seconds })
    expect(sound).toHaveLength(Math.round(seconds * sampleRateHz))
    expect(plan.frames).toBe(sound.length)
    expect(Math.max(...sound.map(Math.abs))).toBeGreaterThan(0.01)
  })

  it('lasts as long as the model’s window where nothing is said', async () => {
    expect((await make({})).sound).toHaveLength(16 * 4 * 40)
  })

  it('makes the same with a seed, something else with another', async () => {
    const first = await make({ duration_seconds: 0.7 })
    expect((await make({ duration_seconds: 0.7 })).sound).toEqual(first.sound)
    expect((await make({ duration_seconds: 0.7 }, 2)).sound).not.toEqual(first.sound)
  })

  it.each([0.5, 0.641, 2.003])('closes a loop of %s s without a step', async (seconds) => {
    const { sound } = await make({ duration_seconds: seconds, loop: true })
    expect(sound).toHaveLength(Math.round(seconds * sampleRateHz))
    const steps = sound.map((value, index) => Math.abs(value - sound.at(index - 1)!))
    const seam = steps[0]!
    const usual = [...steps.slice(1)].sort((a, b) => a - b)
    // At the seam it goes from one sample to the next as elsewhere.
    expect(seam).toBeLessThanOrEqual(usual[Math.floor(usual.length * 0.995)]!)
  })

  it('tells its progress step by step, and stops between two windows', async () => {
    const shares: number[] = []
    await make({ duration_seconds: 2 }, 1, { progress: (_, share) => shares.push(share) })
    expect(shares.length).toBeGreaterThan(6)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))

    const canceled = new AbortController()
    let told = 0
    const run = make({ duration_seconds: 600 }, 1, {
      signal: canceled.signal,
      progress: () => {
        if (++told === 3) canceled.abort()
      },
    })
    await expect(run).rejects.toMatchObject({ code: 'canceled' })
    expect(told).toBe(3)
  })

  it('goes by the influence of the description, and says what it cannot do', async () => {
    const strong = await loaded.run(request({ prompt_influence: 1, channels: 1 }), job())
    expect(strong).toMatchObject({ understood: { guidance: 3 }, warnings: [] })
    const weak = await loaded.run(
      request({ prompt_influence: 0, size: 1, distance: 0.5, negative_prompt: 'music' }),
      job(),
    )
    expect(weak.understood).toMatchObject({ guidance: 1, negative_prompt: 'music' })
    expect(weak.warnings).toEqual([
      expect.stringContaining('distance, size made no difference'),
      expect.stringContaining('mono'),
      expect.stringContaining('influence'),
    ])
    const without = await make({ duration_seconds: 0.5 })
    const other = await make({ duration_seconds: 0.5, negative_prompt: 'a dog' })
    expect(other.sound).not.toEqual(without.sound)
  })

  it('refuses a manifest that describes no such model', async () => {
    const files = model('tango', { sampler: 'euler' })
    await expect(latentDiffusionEngine.load(files, runtime)).rejects.toMatchObject({ code: 'model_corrupt' })
  })
})
