import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg, wavFile } from '../fixtures/audio-files'
import { createModelStore } from '../../src/inference'
import { createModelCache } from '../../src/inference/model-cache'
import { createOrtRuntime } from '../../src/inference/ort-runtime'
import { createTaskExecutor } from '../../src/runner/execute'
import { createDefaultRegistry } from '../../src/capabilities'
import type { TaskInput } from '../../src/capabilities'
import { titleLines } from '../../src/capabilities/vibe-music/look'
import { platforms } from '../../src/capabilities/vibe-music/platforms'
import { hummed } from '../../src/capabilities/vibe-music/testing/hum'

let folder: string
let outputDir: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-vibe-'))
})
beforeEach(async () => {
  outputDir = await mkdtemp(join(folder, 'out-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** As a worker would run it: the composer and the models that come with the product do their part. */
async function make(
  source: string | TaskInput,
  parameters: Record<string, unknown>,
  signal = new AbortController().signal,
) {
  const executor = createTaskExecutor({
    registry: createDefaultRegistry(),
    store: await createModelStore({ modelsDir: 'models', dataDir: folder }),
    models: createModelCache({
      runtime: createOrtRuntime({ providers: ['cpu'] }),
      ...{ maxBytes: 1e9, idleMs: 1000 },
    }),
    ffmpeg: packagedFfmpeg,
  })
  return executor.execute(
    {
      ...{ capability: 'vibe-music', outputDir, outputFormat: 'wav' },
      input: typeof source === 'string' ? { kind: 'text', text: source } : source,
      parameters: { duration_seconds: 5, seed: 3, ...parameters },
      ...{ previewSeconds: 30, seed: 0 },
    },
    {
      ...{ signal, seed: 0, progress: () => undefined },
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
    },
  )
}

const timeout = 120_000

describe('a clip', () => {
  it(
    'begins with the hook, is as long and loud as asked, and loops',
    async () => {
      const { output, preview, details, waveform } = await make('🌧️ rainy monday, hopeful', { bpm: 96 })
      expect(output).toMatchObject({ kind: 'audio', contentType: 'audio/wav', durationSeconds: 5 })
      const [left, right] = await decodeWhole(packagedFfmpeg, output.path)
      expect(left!.length).toBe(240_000)
      expect(details).toMatchObject({
        moods: expect.arrayContaining(['hopeful']) as string[],
        bpm: 96,
        loop: true,
      })
      expect((details!.sections as { name: string }[])[0]!.name).toBe('B')
      expect(Math.abs((details!.loudness_lufs as number) + 14)).toBeLessThan(0.5)
      // The step over the seam is like the steps on either side of it.
      for (const samples of [left!, right!]) {
        const steps = Array.from({ length: 4000 }, (_, n) => Math.abs(samples[n + 1]! - samples[n]!))
        expect(Math.abs(samples[0]! - samples.at(-1)!)).toBeLessThanOrEqual(Math.max(...steps))
      }
      expect(preview!.bytes).toBeGreaterThan(1000)
      expect(waveform.output.length).toBeGreaterThan(100)
      expect(await readdir(join(outputDir, 'music'))).toEqual(['output.flac'])
    },
    timeout,
  )

  it(
    'comes as an upright video with a title, below the size that the platform takes',
    async () => {
      const { output, artifacts, preview } = await make('party', {
        ...{ output: 'video', title: "It's 5:00, [finally] 100% \\o/ 🎉", platform: 'whatsapp-status' },
      })
      expect(output).toMatchObject({ kind: 'video', contentType: 'video/mp4' })
      expect(output.bytes).toBeLessThan(platforms['whatsapp-status'].maxBytes)
      const media = await packagedFfmpeg.probe(output.path, { video: true })
      expect(media.video).toMatchObject({ codec: 'h264' })
      expect(media.durationSeconds).toBeCloseTo(5, 1)
      expect(artifacts.map(({ name, contentType }) => [name, contentType])).toEqual([
        ['sound.flac', 'audio/flac'],
      ])
      expect(preview!.bytes).toBeGreaterThan(1000)
      expect((await readdir(outputDir)).sort()).toEqual(['music', 'output.flac', 'output.mp4', 'preview.mp3'])
    },
    timeout,
  )

  it(
    'is made of a hummed tune as well: the default model hands it to one that plays an instrument',
    async () => {
      const path = join(folder, 'hum.wav')
      const { samples, sampleRateHz } = hummed()
      await writeFile(path, wavFile([samples], sampleRateHz))
      const { output, details, report, inputPreview } = await make(
        { kind: 'audio', path },
        { instrument: 'trumpet', accompaniment: 'band', output: 'video', title: 'My tune' },
      )
      expect(report.model.id).toBe('timbre-ddsp')
      expect(output).toMatchObject({ kind: 'video', contentType: 'video/mp4', durationSeconds: 5 })
      expect(details).toMatchObject({ instrument: 'trumpet', key: 'A minor', platform: 'Instagram Story' })
      expect(Math.abs((details!.loudness_lufs as number) + 14)).toBeLessThan(0.5)
      expect(inputPreview!.bytes).toBeGreaterThan(1000)
    },
    timeout,
  )

  it('stops when it is canceled', async () => {
    const aborted = AbortSignal.abort(new Error('enough'))
    await expect(make('calm', {}, aborted)).rejects.toMatchObject({ code: 'canceled' })
  })
})

describe('the lines of a title', () => {
  it('are filled word by word, without emoji and what cannot be seen', () => {
    expect(titleLines('rainy monday ☔ but\u0000 hopeful 🌈')).toEqual(['rainy monday but', 'hopeful'])
    expect(titleLines('')).toEqual([])
  })
  it('are at most four, of long words as well', () => {
    const lines = titleLines('w'.repeat(80))
    expect(lines).toHaveLength(4)
    expect(lines.every((line) => line.length <= 18)).toBe(true)
  })
})
