import { rmSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import {
  expected,
  numbers,
  writeDiffusionModels,
  type Layout,
} from '../../../../../test/fixtures/diffusion-models'
import { createOrtRuntime } from '../../../../inference/ort-runtime'
import { denoise, samplerOf } from './denoise'
import { loadNetworks, type DiffusionNetworks } from './networks'
import { diffusionOptions } from './options'
import { soundOf, spectrumOf } from './sound'
import type { Row } from './windows'

const runtime = createOrtRuntime({ providers: ['cpu'] })
const { folder, model } = writeDiffusionModels()
const names: Layout[] = ['audioldm', 'tango']
const networks = {} as Record<Layout, DiffusionNetworks>
const optionsOf = (layout: Layout, changes: Record<string, unknown> = {}) =>
  diffusionOptions(model(layout, changes).manifest)

beforeAll(async () => {
  for (const layout of names) {
    networks[layout] = await loadNetworks(model(layout), runtime, optionsOf(layout))
  }
})
afterAll(async () => {
  await Promise.all(Object.values(networks).map((loaded) => loaded.release()))
  rmSync(folder, { recursive: true })
})

/** Differences are told in relation to the largest number; on the machine that wrote this they were 2e-6 at most. */
function near(what: string, actual: Float32Array, wanted: Float32Array) {
  expect(actual).toHaveLength(wanted.length)
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const worst = actual.reduce((most, value, at) => Math.max(most, Math.abs(value - wanted[at]!)), 0)
  expect(worst / largest, what).toBeLessThan(2e-5)
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

describe('the sound of a long spectrum', () => {
  it('has no chunks', async () => {
    const frames = 1100
    const data = Float32Array.from({ length: frames * 64 }, (_, index) => Math.sin(index * index))
    const whole = await networks.tango.vocode(data)
    const samples = frames * 40
    const parts: number[] = []
    const options = { networks: networks.tango, hop: 40, sampleRateHz: 4000, samples, loop: false }
    for await (const part of soundOf({ data, channels: 1, frames, bands: 64 }, options)) parts.push(...part)
    expect(parts).toHaveLength(samples)
    const faded = 0.02 * 4000
    near('in chunks', Float32Array.from(parts.slice(0, -faded)), whole.slice(0, samples - faded))
  })
})
