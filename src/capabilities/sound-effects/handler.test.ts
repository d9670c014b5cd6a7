import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg } from '../../../test/fixtures/audio-files'
import { testManifest } from '../../../test/fixtures/model-folder'
import { createModelCache } from '../../inference/model-cache'
import { noResources, type CapabilityTask, type HandlerContext } from '../capability'
import { effectEngines } from './engines'
import { createSoundEffectsHandler } from './handler'
import { soundEffects, soundEffectsParameters, type SoundEffectsParameters } from './index'

let folder: string
let outputDir: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-effects-'))
})
beforeEach(async () => {
  outputDir = await mkdtemp(join(folder, 'out-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Changes {
  parameters?: Partial<SoundEffectsParameters>
  task?: Partial<CapabilityTask<SoundEffectsParameters>>
  signal?: AbortSignal
  progress?: HandlerContext['progress']
}

function make(text: string, { parameters, task, signal, progress }: Changes = {}) {
  const manifest = {
    ...testManifest({ sampleRateHz: 48_000 }),
    capability: 'sound-effects',
    engine: 'foley',
    files: [],
  }
  const models = createModelCache({
    runtime: { createSession: () => Promise.reject(new Error('not needed')) },
    maxBytes: 1e9,
    idleMs: 1000,
  })
  return createSoundEffectsHandler(effectEngines).run(
    {
      input: { kind: 'text', text },
      parameters: { ...soundEffectsParameters.parse({}), ...parameters },
      resources: noResources,
      model: { manifest, path: (file) => file },
      outputDir,
      outputFormat: 'flac',
      previewSeconds: 30,
      inputPreviewSeconds: null,
      maxInputSeconds: 600,
      ...task,
    },
    {
      signal: signal ?? new AbortController().signal,
      seed: 5,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
      progress: progress ?? (() => undefined),
      ffmpeg: packagedFfmpeg,
      models,
      helperModel: () => null,
      helperModels: () => [],
      publishPart: () => undefined,
      runCapability: () => Promise.reject(new Error('sound effects work alone')),
    },
  )
}

describe('sound effects', () => {
  it('give exactly the frames that were asked for, in stereo at 48 kHz, and tell what was understood', async () => {
    const fractions: number[] = []
    const result = await make('rain on a tin roof with three distant bells', {
      parameters: { duration_seconds: 1.2345, seed: 9 },
      progress: (_, fraction) => fractions.push(fraction),
    })
    const frames = Math.round(1.2345 * 48_000)
    expect(result.output).toMatchObject({
      kind: 'audio',
      audio: { frames, sampleRateHz: 48_000, channels: 2 },
    })
    expect(result.billedSeconds).toBeCloseTo(1.2345, 4)
    const decoded = await decodeWhole(packagedFfmpeg, result.output.path)
    expect(decoded).toHaveLength(2)
    expect(decoded[0]).toHaveLength(frames)
    expect(result.preview?.bytes).toBeGreaterThan(500)
    expect(Math.max(...result.waveform.output)).toBeGreaterThan(0.02)
    expect(result.details).toMatchObject({
      effects: [
        { effect: 'rain', variant: 'tin' },
        { effect: 'bell', count: 3, distance: expect.any(Number) },
      ],
      warnings: [],
      seed: 9,
    })
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
    expect(fractions.at(-1)).toBeGreaterThan(0.9)
  })

  it('are mono where that is asked, and last as long as the effect does', async () => {
    const result = await make('a door slam', { parameters: { channels: 1 }, task: { previewSeconds: null } })
    expect(result.output.audio?.channels).toBe(1)
    expect(result.output.durationSeconds).toBeGreaterThan(0.5)
    expect(result.output.durationSeconds).toBeLessThan(4)
    expect(result.preview).toBeNull()
  })

  it('say what was taken instead of what is not known', async () => {
    const result = await make('a lion roaring', { parameters: { duration_seconds: 0.5 } })
    expect(result.details?.warnings).toEqual([expect.stringContaining('nearest')])
  })

  it.each([
    ['', 'invalid_parameter', 'empty'],
    ['  \n ', 'invalid_parameter', 'empty'],
    ['asdf qwerty zxcv', 'invalid_parameter', 'weather'],
    ['no rain', 'invalid_parameter', 'leaves out'],
    ['x'.repeat(1024 * 1024), 'text_too_long', '2000'],
  ])('refuse what says nothing (%#)', async (text, code, words) => {
    await expect(make(text)).rejects.toMatchObject({ code, message: expect.stringContaining(words) })
    expect(await readdir(outputDir)).toEqual([])
  })

  it('leave out what is not wanted', async () => {
    const result = await make('rain with thunder and wind', {
      parameters: { duration_seconds: 0.5, negative_prompt: 'thunder, wind' },
    })
    expect(result.details).toMatchObject({ effects: [{ effect: 'rain' }] })
  })

  it('refuse recordings', async () => {
    await expect(make('', { task: { input: { kind: 'audio', path: 'a.wav' } } })).rejects.toMatchObject({
      code: 'invalid_parameter',
    })
  })

  it('stop at once where they are canceled, and leave nothing', async () => {
    const canceled = new AbortController()
    const startedAt = performance.now()
    const run = make('rain', {
      parameters: { duration_seconds: 600 },
      signal: canceled.signal,
      progress: (stage) => stage === 'synthesize' && canceled.abort(),
    })
    await expect(run).rejects.toMatchObject({ code: 'canceled' })
    expect(performance.now() - startedAt).toBeLessThan(4000)
    expect(await readdir(outputDir)).toEqual([])
  })

  it('have a schema that fills in everything', () => {
    expect(soundEffectsParameters.parse({})).toEqual({
      ...{
        duration_seconds: null,
        loop: false,
        intensity: 0.5,
        distance: 0,
        size: 0.5,
        prompt_influence: 0.7,
        negative_prompt: '',
        channels: 2,
        seed: null,
      },
    })
    expect(soundEffectsParameters.safeParse({ duration_seconds: 601 }).success).toBe(false)
    expect(soundEffects.deadlineMs(null)).toBeGreaterThan(600_000)
  })
})
