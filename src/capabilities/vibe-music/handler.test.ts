import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg, wavFile } from '../../../test/fixtures/audio-files'
import { testManifest } from '../../../test/fixtures/model-folder'
import { trackPitch } from '../../audio/pitch-track'
import { createRandom } from '../../audio/synthesis/noise'
import type { ModelFiles } from '../../inference/engine'
import type { Manifest } from '../../inference/manifest'
import { createModelCache, type ModelCache } from '../../inference/model-cache'
import { createOrtRuntime } from '../../inference/ort-runtime'
import { noResources, type CapabilityTask, type HandlerContext } from '../capability'
import { musicMakers } from './engines'
import { createVibeMusicHandler } from './handler'
import { vibeMusicParameters, type VibeMusicParameters } from './index'
import { hummed } from './testing/hum'

const modelFolder = 'models/vibe-music/timbre-ddsp'

let folder: string
let outputDir: string
let solo: ModelFiles
let models: ModelCache
const hum = hummed()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-solo-'))
  const manifest = JSON.parse(await readFile(`${modelFolder}/manifest.json`, 'utf8')) as Manifest
  solo = { manifest, path: (file) => `${modelFolder}/${file}` }
  models = createModelCache({
    runtime: createOrtRuntime({ providers: ['cpu'] }),
    ...{ maxBytes: 1e9, idleMs: 60_000 },
  })
})
beforeEach(async () => {
  outputDir = await mkdtemp(join(folder, 'out-'))
})
afterAll(async () => {
  await models.clear()
  await rm(folder, { recursive: true, force: true })
})

interface Changes {
  task?: Partial<CapabilityTask<VibeMusicParameters>>
  context?: Partial<HandlerContext>
}

function make(input: string | Float32Array, parameters: Record<string, unknown> = {}, changes: Changes = {}) {
  const run = async () => {
    const path = join(folder, 'recording.wav')
    if (typeof input !== 'string') await writeFile(path, wavFile([input], hum.sampleRateHz))
    return createVibeMusicHandler(musicMakers).run(
      {
        input: typeof input === 'string' ? { kind: 'text', text: input } : { kind: 'audio', path },
        parameters: vibeMusicParameters.parse({ seed: 1, ...parameters }),
        ...{ resources: noResources, model: solo, outputDir, outputFormat: 'flac' },
        ...{ previewSeconds: null, inputPreviewSeconds: null, maxInputSeconds: 60 },
        ...changes.task,
      },
      {
        ...{ signal: new AbortController().signal, seed: 0, progress: () => undefined },
        log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
        ...{ ffmpeg: packagedFfmpeg, models, helperModel: () => null, helperModels: () => [] },
        publishPart: () => undefined,
        runCapability: () => Promise.reject(new Error('not needed')),
        ...changes.context,
      },
    )
  }
  return run()
}

const timeout = 60_000

describe('a hummed tune', () => {
  it.each(['violin', 'alto-saxophone'])(
    'is what the %s plays: its pitches and times, as loud as clips are',
    async (instrument) => {
      const fractions: number[] = []
      const result = await make(
        hum.samples,
        { instrument },
        {
          task: { inputPreviewSeconds: 5, previewSeconds: 5 },
          context: { progress: (_, fraction) => fractions.push(fraction) },
        },
      )
      const { tune, loudness_lufs } = result.details as {
        tune: { from_seconds: number; to_seconds: number; octaves_up: number }
        loudness_lufs: number
      }
      expect(tune.from_seconds).toBeCloseTo(0.4, 1)
      expect(tune.to_seconds).toBeCloseTo(4.4, 1)
      const played = await decodeWhole(packagedFfmpeg, result.output.path)
      expect(played.map((plane) => plane.length)).toEqual([1, 1].map(() => result.output.audio!.frames))
      // From the first note to the last, and a quarter of a second to breathe.
      expect(result.output.durationSeconds).toBeCloseTo(tune.to_seconds - tune.from_seconds + 0.25, 1)
      expect(followed(played[0]!, tune)).toBeGreaterThanOrEqual(0.95)
      const measured = await packagedFfmpeg.measureLoudness(result.output.path)
      expect(Math.abs(measured.integratedLufs + 14)).toBeLessThan(0.5)
      expect(Math.abs(loudness_lufs + 14)).toBeLessThan(0.5)
      expect(measured.truePeakDbtp).toBeLessThan(-1)
      expect(result.inputSeconds).toBeCloseTo(4.8, 2)
      expect(result.waveform.input.length).toBeGreaterThan(100)
      expect(result.inputPreview!.bytes).toBeGreaterThan(1000)
      expect(fractions).toEqual(fractions.toSorted((a, b) => a - b))
      expect((await readdir(outputDir)).sort()).toEqual([
        ...['input-preview.mp3', 'music', 'output.flac', 'preview.mp3'],
      ])
      expect(await readdir(join(outputDir, 'music'))).toEqual(['output.flac'])
    },
    timeout,
  )

  it(
    'comes again until the asked time is full, to the sample, and goes round without a click',
    async () => {
      const { output, details } = await make(hum.samples, { duration_seconds: 9.99, instrument: 'clarinet' })
      expect(output.audio!.frames).toBe(479_520)
      expect(details!.loop).toBe(true)
      const [left] = (await decodeWhole(packagedFfmpeg, output.path)) as [Float32Array]
      const steps = left
        .slice(1)
        .map((sample, index) => Math.abs(sample - left[index]!))
        .sort()
      expect(Math.abs(left[0]! - left.at(-1)!)).toBeLessThan(steps[Math.floor(0.99 * steps.length)]!)
    },
    timeout,
  )

  it(
    'can have a band, in its key and to its notes, which pulls it into tune',
    async () => {
      const sharp = hummed(44_100, 0.3)
      const { details, output } = await make(sharp.samples, { accompaniment: 'band', duration_seconds: 5 })
      expect(details).toMatchObject({ accompaniment: 'band', key: 'A minor' })
      expect(details!.chords).toEqual(expect.arrayContaining(['Am']))
      expect(output.audio!.frames).toBe(240_000)
      const measured = await packagedFfmpeg.measureLoudness(output.path)
      expect(Math.abs(measured.integratedLufs + 14)).toBeLessThan(0.5)
      expect(measured.truePeakDbtp).toBeLessThan(-1)
    },
    timeout,
  )

  it(
    'is the same for the same seed, and has other breath for another',
    async () => {
      const render = async (seed: number) =>
        readFile((await make(hum.samples, { seed, duration_seconds: 5, instrument: 'flute' })).output.path)
      const [first, again, other] = [await render(5), await render(5), await render(6)]
      expect(first.equals(again)).toBe(true)
      expect(first.equals(other)).toBe(false)
    },
    timeout,
  )

  it(
    'may be whistled, and goes down by octaves to an instrument that is low',
    async () => {
      const whistle = hummed(44_100, 29)
      const { output, details } = await make(whistle.samples, { instrument: 'cello' })
      const { tune } = details as { tune: { from_seconds: number; octaves_up: number } }
      expect(tune.octaves_up).toBeLessThan(0)
      const [left] = await decodeWhole(packagedFfmpeg, output.path)
      expect(followed(left!, tune, whistle)).toBeGreaterThanOrEqual(0.95)
    },
    timeout,
  )

  /** Share of the frames between notes' ends where the clip has the tune's pitch, within 20 cents. */
  function followed(
    played: Float32Array,
    tune: { from_seconds: number; octaves_up: number },
    { pitchAt } = hum,
  ): number {
    const track = trackPitch(played, 48_000, { minHz: 65, maxHz: 2800 })
    const wanted = Array.from(track, (_, frame) => {
      const at = frame * 0.005 + tune.from_seconds
      return pitchAt(at - 0.03) > 0 && pitchAt(at + 0.03) > 0 ? pitchAt(at) : 0
    })
    const right = wanted.filter((hz, frame) => {
      const cents = 1200 * Math.log2(track[frame]! / (hz * 2 ** tune.octaves_up))
      return hz > 0 && Math.abs(cents) <= 20
    })
    expect(wanted.filter((hz) => hz > 0).length).toBeGreaterThan(600)
    return right.length / wanted.filter((hz) => hz > 0).length
  }
})

describe('words', () => {
  it(
    'become a melody before a band',
    async () => {
      const alone = await make('hopeful folk', { duration_seconds: 5, accompaniment: 'none' })
      expect(alone.details).toMatchObject({ moods: ['hopeful'], accompaniment: 'none' })
      const result = await make('hopeful folk', { duration_seconds: 5, key: 'G major', bpm: 96 })
      expect(result.details).toMatchObject({
        ...{ instrument: 'violin', accompaniment: 'band', key: 'G major', bpm: 96, genre: 'acoustic-folk' },
      })
      expect(result.output.audio).toEqual({ sampleRateHz: 48_000, channels: 2, frames: 240_000 })
      const measured = await packagedFfmpeg.measureLoudness(result.output.path)
      expect(Math.abs(measured.integratedLufs + 14)).toBeLessThan(0.5)
      expect(measured.truePeakDbtp).toBeLessThan(-1)
    },
    timeout,
  )
})

describe('what cannot be done', () => {
  const random = createRandom(3)
  const seconds = (length: number, sample: (at: number) => number) =>
    Float32Array.from({ length: length * hum.sampleRateHz }, (_, n) => sample(n / hum.sampleRateHz))

  it.each([
    ['silence', seconds(3, () => 0), 'silent'],
    ['a faint hiss', seconds(3, () => 0.0001 * random.gaussian()), 'silent'],
    ['noise', seconds(3, () => 0.2 * random.gaussian()), 'No tune'],
    ['whispering', seconds(3, (at) => 0.2 * random.gaussian() * Math.max(0, Math.sin(20 * at))), 'No tune'],
    [
      'a beep',
      seconds(3, (at) => (at < 0.2 ? 0.3 * Math.sin(2 * Math.PI * 440 * at) : 0.0002 * random.gaussian())),
      'No tune',
    ],
  ])('%s is refused, with what to do', async (_, samples, reason) => {
    const refusal = make(samples)
    await expect(refusal).rejects.toMatchObject({ code: 'invalid_media' })
    await expect(refusal).rejects.toThrow(new RegExp(`${reason}.*Hum, sing`))
  })

  it('neither is a file that is no recording, nor one that is too long', async () => {
    const path = join(folder, 'broken.wav')
    await writeFile(path, 'this is no sound')
    const broken = make('', {}, { task: { input: { kind: 'audio', path } } })
    await expect(broken).rejects.toMatchObject({ code: expect.stringMatching(/_media$/) as string })
    const long = make(hum.samples, {}, { task: { maxInputSeconds: 2 } })
    await expect(long).rejects.toMatchObject({ code: 'media_too_long' })
  })

  it('a model says which instruments it has', async () => {
    const { instruments } = solo.manifest.options as { instruments: { id: string }[] }
    const options = { ...solo.manifest.options, instruments: instruments.filter(({ id }) => id === 'cello') }
    const model = { ...solo, manifest: { ...solo.manifest, id: 'lone', options } }
    const asked = make('calm', { instrument: 'violin' }, { task: { model } })
    await expect(asked).rejects.toThrow('It plays: cello.')
    const { details } = await make(hum.samples, { duration_seconds: 5 }, { task: { model } })
    expect(details!.instrument).toBe('cello')
  })

  it('a recording goes to a model that takes one, where there is any', async () => {
    const composer = { manifest: { ...testManifest(), engine: 'composer' }, path: (file: string) => file }
    const task = { model: composer }
    await expect(make(hum.samples, {}, { task })).rejects.toMatchObject({ code: 'invalid_parameter' })
    const helperModels = () => [
      { files: composer, installed: true },
      { files: solo, installed: true },
    ]
    const { report } = await make(hum.samples, { duration_seconds: 5 }, { task, context: { helperModels } })
    expect(report.model.id).toBe('timbre-ddsp')
  })

  it('a cancel in the middle ends it within a moment, and leaves no music behind', async () => {
    const abort = new AbortController()
    let canceledAt = 0
    const progress: HandlerContext['progress'] = (_, fraction) => {
      if (fraction < 0.2 || abort.signal.aborted) return
      canceledAt = performance.now()
      abort.abort()
    }
    const making = make('epic', { duration_seconds: 60 }, { context: { signal: abort.signal, progress } })
    await expect(making).rejects.toMatchObject({ code: 'canceled' })
    expect(performance.now() - canceledAt).toBeLessThan(1500)
    expect(await readdir(outputDir)).not.toContain('output.flac')
  })
})
