import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { testManifest } from '../../../../../test/fixtures/model-folder'
import { readMusicgenConfig } from './config'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-musicgen-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function read(config: object, options: Record<string, unknown> = {}) {
  await writeFile(join(folder, 'config.json'), JSON.stringify(config))
  return readMusicgenConfig({ manifest: testManifest({ options }), path: (file) => join(folder, file) })
}

describe('config.json', () => {
  it('may leave out what transformers has by default', async () => {
    const audio = { sampling_rate: 32_000, upsampling_ratios: [8, 5, 4, 4] }
    expect(await read({ text_encoder: {}, audio_encoder: audio, decoder: {} })).toMatchObject({
      ...{ endToken: 1, sampleRateHz: 32_000, frameSamples: 640 },
      ...{ heads: 16, headWidth: 64, codebooks: 4, padding: 2048 },
      options: { window_seconds: 30, stride_seconds: 18, guidance_scale: 3, top_k: 250, temperature: 1 },
    })
  })

  it.each([
    [{ text_encoder: {}, audio_encoder: {}, decoder: { audio_channels: 2, num_codebooks: 8 } }, {}],
    [{ model_type: 'whisper' }, {}],
    [{ text_encoder: {}, audio_encoder: {}, decoder: {} }, { top_k: 0 }],
    [{ text_encoder: {}, audio_encoder: {}, decoder: {} }, { window_seconds: 18 }],
  ])('of something else is refused: %j, options %j', async (config, options) => {
    await expect(read(config, options)).rejects.toMatchObject({ code: 'model_corrupt' })
  })
})
