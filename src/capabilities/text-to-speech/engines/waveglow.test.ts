import { beforeAll, describe, expect, it } from 'vitest'

import { testManifest } from '../../../../test/fixtures/model-folder'
import type { Session } from '../../../inference/runtime'
import { quietJob } from '../testing/quiet-job'
import type { VocoderInput } from '../voice-model'
import { createBiasDenoiser } from './bias-denoiser'
import {
  largestDifference,
  readReference,
  testRuntime,
  waveglowFolder,
  type WaveglowReference,
} from './testing/tiny-networks'
import { inferWaveglow, waveglowEngine } from './waveglow'

let reference: WaveglowReference
let session: Session

beforeAll(async () => {
  reference = readReference(waveglowFolder) as WaveglowReference
  session = await testRuntime.createSession(`${waveglowFolder}/waveglow.onnx`)
})

const layout = { groups: 8, base_channels: 6, graph_sigma: 0.9 }
const manifest = testManifest({
  ...{ engine: 'waveglow', capability: 'vocoder', sampleRateHz: 22_050 },
  files: [{ path: 'waveglow.onnx', bytes: 152_039 }],
  options: { mel: { mel_bins: 4 }, base_channels: 6 },
})
const model = (options: Record<string, unknown> = {}) =>
  waveglowEngine.load(
    {
      manifest: { ...manifest, options: { ...manifest.options, ...options } },
      path: (file) => `${waveglowFolder}/${file}`,
    },
    testRuntime,
  )

function mel(frames: number): VocoderInput {
  const { mel: known, frames: period, bands } = reference
  const data = Float32Array.from({ length: bands * frames }, (_, index) => {
    const [band, frame] = [Math.floor(index / frames), index % frames]
    return known[band * period + (frame % period)]!
  })
  return { mel: { bands, frames, data }, seed: 5, sigma: 0.6, denoiser: 0 }
}

/* Largest differences that were seen: flow 4.8e-7, hum 6.0e-8, denoiser 3.6e-7; the sound’s standard deviation is 0.58. */
describe('against NVIDIA’s WaveGlow', () => {
  it('the inverse flow gives the same sound from the same noise', async () => {
    const { bands, frames, sigma } = reference
    const input = { bands, frames, data: Float32Array.from(reference.mel) }
    const sound = await inferWaveglow(session, layout, input, Float32Array.from(reference.z), sigma)
    expect(largestDifference(sound, reference.audio)).toBeLessThan(1e-5)
  })

  it('what it hums over silence is the same', async () => {
    const silence = { bands: 4, frames: 88, data: new Float32Array(4 * 88) }
    const hum = await inferWaveglow(session, layout, silence, new Float32Array(88 * 256), 0)
    expect(largestDifference(hum.subarray(0, 1024), reference.bias)).toBeLessThan(1e-5)
  })

  it('the denoiser takes the same away', () => {
    const denoiser = createBiasDenoiser(Float32Array.from(reference.bias))
    const cleaned = denoiser.apply(Float32Array.from(reference.audio), reference.strength)
    expect(largestDifference(cleaned, reference.denoised)).toBeLessThan(1e-5)
    expect(largestDifference(reference.audio, reference.denoised)).toBeGreaterThan(1e-3)
  })
})

describe('the engine', () => {
  it('makes the same sound in chunks as in one go', async () => {
    const input = mel(150)
    const whole = await (await model({ chunk_frames: 1000 })).run(input, quietJob())
    const parts = await (await model({ chunk_frames: 40, context_frames: 16 })).run(input, quietJob())
    expect(whole.length).toBe(150 * 256)
    expect(largestDifference(whole, parts)).toBeLessThan(1e-5)
  })

  it('gives the same sound for the same seed, and another for another', async () => {
    const engine = await model()
    const first = await engine.run(mel(20), quietJob())
    expect(await engine.run(mel(20), quietJob())).toEqual(first)
    expect(largestDifference(await engine.run({ ...mel(20), seed: 6 }, quietJob()), first)).toBeGreaterThan(
      0.1,
    )
  })

  it('takes its own hum away only when asked to', async () => {
    const engine = await model()
    const plain = await engine.run(mel(20), quietJob())
    const cleaned = await engine.run({ ...mel(20), denoiser: 0.1 }, quietJob())
    expect(cleaned.length).toBe(plain.length)
    expect(largestDifference(plain, cleaned)).toBeGreaterThan(1e-4)
  })

  it('refuses a damaged file', async () => {
    const path = () => `${waveglowFolder}/expected.json.gz`
    await expect(waveglowEngine.load({ manifest, path }, testRuntime)).rejects.toMatchObject({
      code: 'model_corrupt',
    })
  })
})
