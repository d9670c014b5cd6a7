import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg } from '../../../../../test/fixtures/audio-files'
import {
  diffusionFiles,
  expected,
  sampleRateHz,
  writeDiffusionModels,
} from '../../../../../test/fixtures/diffusion-models'
import type { JobContext, LoadedModel } from '../../../../inference/engine'
import { manifestSchema } from '../../../../inference/manifest'
import { createModelCache } from '../../../../inference/model-cache'
import { createOrtRuntime } from '../../../../inference/ort-runtime'
import { noResources } from '../../../capability'
import { createSoundEffectsHandler } from '../../handler'
import { soundEffectsParameters } from '../../index'
import type { EffectPlan, EffectRequest } from '../../synthesizer'
import { latentDiffusionEngine } from './index'
import { diffusionOptions } from './options'

const runtime = createOrtRuntime({ providers: ['cpu'] })
const { folder, model } = writeDiffusionModels()
afterAll(() => rmSync(folder, { recursive: true }))

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

  it('gives a file by way of the capability, and tells the whole way', async () => {
    const outputDir = mkdtempSync(join(folder, 'out-'))
    const shares: number[] = []
    const result = await createSoundEffectsHandler([latentDiffusionEngine]).run(
      {
        input: { kind: 'text', text: 'rain' },
        parameters: request({ duration_seconds: 1.3, loop: true }).parameters,
        model: {
          ...model('audioldm'),
          manifest: { ...model('audioldm').manifest, engine: 'latent-diffusion' },
        },
        ...{ resources: noResources, outputDir, outputFormat: 'wav', maxInputSeconds: 600 },
        ...{ previewSeconds: null, inputPreviewSeconds: null },
      },
      {
        ...job({ progress: (_, share) => shares.push(share) }),
        ffmpeg: packagedFfmpeg,
        models: createModelCache({ runtime, maxBytes: 1e9, idleMs: 1000 }),
        ...{ helperModel: () => null, helperModels: () => [], publishPart: () => undefined },
        runCapability: () => Promise.reject(new Error('not needed')),
      },
    )
    expect(result.output.audio).toEqual({ sampleRateHz, channels: 2, frames: 1.3 * sampleRateHz })
    expect((await decodeWhole(packagedFfmpeg, result.output.path))[0]).toHaveLength(1.3 * sampleRateHz)
    expect(result.details).toMatchObject({ loop: true, warnings: [expect.stringContaining('mono')] })
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares.filter((share) => share > 0.1 && share < 0.9).length).toBeGreaterThan(2)
  })

  it.each(['audioldm-s-full-v2', 'tango'])('knows what the manifest of %s says', (id) => {
    const manifest = manifestSchema.parse(
      JSON.parse(readFileSync(`models/sound-effects/${id}/manifest.json`, 'utf8')),
    )
    const { latent, mel, window } = diffusionOptions(manifest)
    // Ten seconds of a window, in frames that the UNet's halvings divide.
    expect((window.frames * latent.mel_frames * mel.hop) / manifest.sampleRateHz).toBeCloseTo(10.24)
    expect([window.frames % latent.multiple, window.least % latent.multiple]).toEqual([0, 0])
    expect(manifest.licence.commercialUse).toBe(false)
    expect(manifest.files.map(({ path }) => path)).toEqual(expect.arrayContaining(diffusionFiles))
  })

  it('refuses a manifest that describes no such model', async () => {
    const files = model('tango', { sampler: 'euler' })
    await expect(latentDiffusionEngine.load(files, runtime)).rejects.toMatchObject({ code: 'model_corrupt' })
  })
})
