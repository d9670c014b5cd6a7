import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, expect, describe, it } from 'vitest'

import { createDefaultRegistry } from '../../src/capabilities'
import { createModelStore, noModelChoices } from '../../src/inference'
import { createModelCache } from '../../src/inference/model-cache'
import { createOrtRuntime } from '../../src/inference/ort-runtime'
import { createTaskExecutor } from '../../src/runner/execute'
import { decodeWhole, packagedFfmpeg } from '../fixtures/audio-files'
import { diffusionFiles, writeDiffusionModels } from '../fixtures/diffusion-models'

/* The product's manifest of Tango's clips, with a tiny random network in Tango's place. */

const { folder, model } = writeDiffusionModels()
afterAll(() => rmSync(folder, { recursive: true }))

/** A folder of models in which the effects model is installed, or only known. */
function modelsFolder(installed: boolean): string {
  const modelsDir = mkdtempSync(join(folder, 'models-'))
  const clips = join(modelsDir, 'vibe-music/tango-clips')
  const tango = join(modelsDir, 'sound-effects/tango')
  for (const place of [clips, tango]) mkdirSync(place, { recursive: true })
  copyFileSync('models/vibe-music/tango-clips/manifest.json', join(clips, 'manifest.json'))
  const { manifest, path } = model('tango')
  const licence = { spdx: 'CC-BY-NC-SA-4.0', commercialUse: false }
  const files = diffusionFiles.map((file) => ({ path: file }))
  writeFileSync(join(tango, 'manifest.json'), JSON.stringify({ ...manifest, licence, files }))
  for (const file of installed ? diffusionFiles : []) {
    mkdirSync(join(tango, file, '..'), { recursive: true })
    copyFileSync(path(file), join(tango, file))
  }
  return modelsDir
}

async function make(installed: boolean, nonCommercial = true) {
  const shares: number[] = []
  const models = createModelCache({
    runtime: createOrtRuntime({ providers: ['cpu'] }),
    ...{ maxBytes: 1e9, idleMs: 1000 },
  })
  const executor = createTaskExecutor({
    registry: createDefaultRegistry(),
    store: await createModelStore({ modelsDir: modelsFolder(installed), dataDir: join(folder, 'data') }),
    ...{ models, ffmpeg: packagedFfmpeg },
  })
  const result = await executor.execute(
    {
      ...{ capability: 'vibe-music', model: 'tango-clips', outputFormat: 'wav' },
      outputDir: mkdtempSync(join(folder, 'out-')),
      input: { kind: 'text', text: 'rainy monday, hopeful 🌧️' },
      parameters: { duration_seconds: 5, seed: 3 },
      choices: { ...noModelChoices, nonCommercial },
      ...{ previewSeconds: null, seed: 0 },
    },
    {
      ...{ signal: new AbortController().signal, seed: 0 },
      progress: (_, share) => shares.push(share),
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
    },
  )
  return { result, shares }
}

describe('vibe clips by Tango', () => {
  it('are made by the effects model that the manifest names', { timeout: 30_000 }, async () => {
    const { result, shares } = await make(true)
    expect(result.output.audio).toEqual({ sampleRateHz: 48_000, channels: 2, frames: 5 * 48_000 })
    expect((await decodeWhole(packagedFfmpeg, result.output.path))[0]).toHaveLength(5 * 48_000)
    expect(result.details).toMatchObject({ prompt: 'rainy monday, hopeful, sad hopeful lo-fi music' })
    expect(Math.abs((result.details!.loudness_lufs as number) + 14)).toBeLessThan(0.5)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
  })

  it('say which model is missing, and how to get it', async () => {
    await expect(make(false)).rejects.toMatchObject({
      code: 'model_file_missing',
      message: expect.stringContaining('npm run models pull tango'),
    })
  })

  it('are not sold', async () => {
    await expect(make(true, false)).rejects.toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('licence'),
    })
  })
})
