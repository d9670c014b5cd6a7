import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg } from '../../../test/fixtures/audio-files'
import { testManifest } from '../../../test/fixtures/model-folder'
import { createModelCache } from '../../inference/model-cache'
import { noResources, type CapabilityTask, type HandlerContext } from '../capability'
import { musicEngines } from './engines'
import { createBackgroundMusicHandler } from './handler'
import { backgroundMusicParameters, type BackgroundMusicParameters } from './index'

let folder: string
let outputDir: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-music-'))
})
beforeEach(async () => {
  outputDir = await mkdtemp(join(folder, 'out-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Changes {
  task?: Partial<CapabilityTask<BackgroundMusicParameters>>
  context?: Partial<HandlerContext>
}

function make(text: string, parameters: Record<string, unknown>, changes: Changes = {}) {
  const models = createModelCache({
    runtime: { createSession: () => Promise.reject(new Error('not needed')) },
    maxBytes: 1000,
    idleMs: 1000,
  })
  const manifest = { ...testManifest({ sampleRateHz: 48_000 }), engine: 'composer' }
  return createBackgroundMusicHandler(musicEngines).run(
    {
      input: { kind: 'text', text },
      parameters: backgroundMusicParameters.parse({ duration_seconds: 6, seed: 1, ...parameters }),
      ...{ resources: noResources, model: { manifest, path: (file) => file } },
      ...{ outputDir, outputFormat: 'flac', previewSeconds: null, inputPreviewSeconds: null },
      maxInputSeconds: 600,
      ...changes.task,
    },
    {
      signal: new AbortController().signal,
      seed: 0,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
      progress: () => undefined,
      ffmpeg: packagedFfmpeg,
      models,
      helperModel: () => null,
      helperModels: () => [],
      publishPart: () => undefined,
      runCapability: () => Promise.reject(new Error('the composer works alone')),
      ...changes.context,
    },
  )
}

const timeout = 60_000

describe('the music', () => {
  it(
    'has the asked length to the sample, key, tempo, loudness, a preview and progress',
    async () => {
      const fractions: number[] = []
      const result = await make(
        'hopeful corporate video with piano',
        { duration_seconds: 7.77, key: 'Eb major', bpm: 111 },
        {
          task: { previewSeconds: 5 },
          context: { progress: (_, fraction) => fractions.push(fraction) },
        },
      )
      expect(result.output.audio).toEqual({ sampleRateHz: 48_000, channels: 2, frames: 372_960 })
      const planes = await decodeWhole(packagedFfmpeg, result.output.path)
      expect(planes.map((plane) => plane.length)).toEqual([372_960, 372_960])
      expect(result.details).toMatchObject({
        ...{ key: 'Eb major', bpm: 111, genre: 'corporate', moods: ['hopeful'], warnings: [] },
        understood: [
          { text: 'hopeful', meaning: 'mood: hopeful' },
          { text: 'corporate', meaning: 'genre: corporate' },
          { text: 'piano', meaning: 'instrument: piano' },
        ],
      })
      expect(Math.abs((result.details!.loudness_lufs as number) + 16)).toBeLessThan(0.5)
      const peak = planes[0]!.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
      expect(peak).toBeGreaterThan(0.1)
      expect(peak).toBeLessThan(10 ** (-1 / 20))
      expect(result.preview?.bytes).toBeGreaterThan(1000)
      expect(fractions).toEqual(fractions.toSorted((a, b) => a - b))
      expect((await readdir(outputDir)).sort()).toEqual(['output.flac', 'preview.mp3'])
    },
    timeout,
  )

  it(
    'is the same for the same seed, another for another',
    async () => {
      const render = async (seed: number) => {
        const { output } = await make('jazz', { seed, duration_seconds: 5 })
        return readFile(output.path)
      }
      const [first, again, other] = [await render(5), await render(5), await render(6)]
      expect(first.equals(again)).toBe(true)
      expect(first.equals(other)).toBe(false)
    },
    timeout,
  )

  it(
    'comes with stems and notes where they are asked for',
    async () => {
      const { artifacts } = await make('pop', { stems: true, duration_seconds: 5, bpm: 120 })
      const names = artifacts.map(({ name }) => name)
      expect(names).toEqual(['melody.flac', 'chords.flac', 'bass.flac', 'drums.flac', 'music.mid'])
      const stem = await decodeWhole(packagedFfmpeg, artifacts[0]!.path)
      expect(stem[0]!.length).toBe(240_000)
      expect((await readFile(artifacts[4]!.path)).subarray(0, 4).toString()).toBe('MThd')
    },
    timeout,
  )
})

describe('a loop', () => {
  it(
    'has no seam: the step and the spectrum across it are those of the music',
    async () => {
      const { output, details } = await make('calm ambient', { loop: true, duration_seconds: 6.4, bpm: 75 })
      expect(details!.bpm).toBe(75)
      const [left] = (await decodeWhole(packagedFfmpeg, output.path)) as [Float32Array]
      const steps = left.slice(1).map((sample, index) => Math.abs(sample - left[index]!))
      const sorted = steps.toSorted()
      const seam = Math.abs(left[0]! - left.at(-1)!)
      expect(seam).toBeLessThan(sorted[Math.floor(0.999 * sorted.length)]!)
      // A click is what a second difference shows: energy at the top of the spectrum.
      const turned = Float32Array.from({ length: 4000 }, (_, index) => left.at((index - 2000) % left.length)!)
      const bend = (index: number) => Math.abs(turned[index - 1]! - 2 * turned[index]! + turned[index + 1]!)
      const around = Array.from({ length: 3900 }, (_, index) => bend(index + 50)).toSorted((a, b) => a - b)
      const atSeam = Math.max(...[1998, 1999, 2000, 2001].map(bend))
      expect(atSeam).toBeLessThanOrEqual(4 * around[Math.floor(0.95 * around.length)]!)
    },
    timeout,
  )

  it('says where the tempo gave way', async () => {
    const { details } = await make('calm', { loop: true, duration_seconds: 5, bpm: 70 })
    expect(details!.bpm).toBe(72)
    expect(details!.warnings).toEqual([expect.stringContaining('72.00 instead of 70 bpm')])
  })
})

describe('input that is not as hoped', () => {
  it.each(['', 'zzxqv blorf', '🪣', '我想要音乐'])(
    '“%s” gives music by default, and says so',
    async (text) => {
      const { details, output } = await make(text, { duration_seconds: 5 })
      expect(details!.understood).toEqual([])
      expect(details!.warnings).toEqual([expect.stringContaining('No word of the description is known')])
      expect(output.bytes).toBeGreaterThan(10_000)
    },
  )

  it('a description that is too long, or a recording, is refused', async () => {
    await expect(make('a'.repeat(1_000_000), {})).rejects.toMatchObject({ code: 'text_too_long' })
    const task = { input: { kind: 'audio', path: 'x.wav' } } as const
    await expect(make('', {}, { task })).rejects.toMatchObject({ code: 'invalid_parameter' })
    expect(await readdir(outputDir)).toEqual([])
  })

  it.each([
    { key: 'H minor' },
    { key: 'C blue' },
    { bpm: 900 },
    { bpm: 10 },
    { duration_seconds: 4 },
    { duration_seconds: 601 },
    { loop: true, fade_out: 2 },
    { fade_in: 20, fade_out: 20, duration_seconds: 30 },
    { mood: 'purple' },
    { instruments: ['kazoo'] },
  ])('%o is refused', (parameters) => {
    expect(backgroundMusicParameters.safeParse(parameters).success).toBe(false)
  })

  it('singing is not promised', async () => {
    const { details } = await make('happy pop', { instrumental: false, duration_seconds: 5 })
    expect(details!.warnings).toEqual([expect.stringContaining('cannot sing')])
  })

  it('a cancel in the middle ends it within a moment, and leaves nothing behind', async () => {
    const abort = new AbortController()
    let canceledAt = 0
    const progress: HandlerContext['progress'] = (_, fraction) => {
      if (fraction < 0.1 || abort.signal.aborted) return
      canceledAt = performance.now()
      abort.abort()
    }
    const making = make('epic', { duration_seconds: 60 }, { context: { signal: abort.signal, progress } })
    await expect(making).rejects.toMatchObject({ code: 'canceled' })
    expect(performance.now() - canceledAt).toBeLessThan(1000)
    expect(await readdir(outputDir)).toEqual([])
  })
})
