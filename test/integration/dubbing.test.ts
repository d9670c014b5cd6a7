import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { integratedLoudness } from '../../src/audio/loudness'
import { createDefaultRegistry, type TaskResult } from '../../src/capabilities'
import { createModelStore } from '../../src/inference'
import { createModelCache } from '../../src/inference/model-cache'
import { testRuntime } from '../../src/capabilities/text-to-speech/engines/testing/tiny-networks'
import { createTaskExecutor } from '../../src/runner/execute'
import { decodeWhole, packagedFfmpeg, wavFile } from '../fixtures/audio-files'

const quiet = () => undefined
const rate = 16_000
let folder: string
let path: string
let execute: (parameters: Record<string, unknown>) => Promise<TaskResult>
let close: () => Promise<void>
let original: Float32Array

/** Seconds at which the sentence of the clip begins; it goes on to the end. */
const start = 1

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-dub-'))
  const { clips } = JSON.parse(await readFile('test/fixtures/speech/manifest.json', 'utf8')) as {
    clips: { file: string; seconds: number }[]
  }
  const clip = clips.filter(({ seconds }) => seconds > 3.2).sort((a, b) => a.seconds - b.seconds)[0]!
  const [speech] = await decodeWhole(packagedFfmpeg, join('test/fixtures/speech', clip.file))
  original = Float32Array.from([...new Float32Array(start * rate), ...speech!, ...new Float32Array(rate)])
  path = join(folder, 'speech.wav')
  await writeFile(path, wavFile([original], rate))
  const models = createModelCache({
    ...{ runtime: testRuntime, maxBytes: Infinity, idleMs: 60_000 },
  })
  const store = await createModelStore({ modelsDir: 'models', dataDir: folder })
  const executor = createTaskExecutor({
    ...{ registry: createDefaultRegistry(), models, store, ffmpeg: packagedFfmpeg },
  })
  execute = async (parameters) =>
    executor.execute(
      {
        ...{ capability: 'dubbing', model: 'dub_mo2', parameters, input: { kind: 'audio', path } },
        ...{ outputDir: await mkdtemp(join(folder, 'task-')), outputFormat: 'wav', previewSeconds: null },
      },
      {
        ...{ signal: new AbortController().signal, seed: 0, progress: quiet },
        log: { debug: quiet, info: quiet, warn: quiet },
      },
    )
  close = () => models.clear()
})
afterAll(async () => {
  await close()
  await rm(folder, { recursive: true, force: true })
})

describe('a dub in the speaker’s own voice, by everything as it is delivered', () => {
  it(
    'speaks a sentence in time, as loud as it was, and leaves the rest alone',
    { timeout: 60_000 },
    async () => {
      const end = original.length / rate - 1
      const segments = [{ start, end, text: 'The ship left at dawn.', source_text: 'Something else.' }]
      const { output, details, artifacts, models } = await execute({
        ...{ target_language: 'en', source_language: 'en', segments, keep_background: false },
      })
      const [dub] = (await decodeWhole(packagedFfmpeg, output.path)) as [Float32Array]
      expect(dub.length).toBe(original.length)
      // Licences of all of them decide what may be sold.
      expect(models).toEqual(expect.arrayContaining(['dub_mo2', 'timbre-tacotron2', 'timbre-world']))
      const first = dub.findIndex((x) => Math.abs(x) > 0.01) / rate
      expect(Math.abs(first - start)).toBeLessThan(0.1)
      const loudness = (samples: Float32Array) => integratedLoudness(samples, rate)
      expect(Math.abs(loudness(dub) - loudness(original))).toBeLessThan(1)
      const { segments: found, warnings } = details as {
        segments: { fit: { rate: number; lost: number } }[]
        warnings: { code: string }[]
      }
      expect(warnings.filter(({ code }) => code === 'voice_too_short')).toEqual([])
      expect(found[0]!.fit.rate).toBeGreaterThanOrEqual(0.85)
      expect(found[0]!.fit.rate).toBeLessThanOrEqual(1.25)
      expect(found[0]!.fit.lost).toBe(0)
      const subtitles = artifacts.find(({ name }) => name === 'subtitles.target.srt')!
      expect(await readFile(subtitles.path, 'utf8')).toContain('00:00:01,000 -->')
    },
  )
})
