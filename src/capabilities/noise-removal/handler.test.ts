import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import {
  availableFfmpegs,
  decodeWhole,
  makeAudio,
  packagedFfmpeg,
  sine,
  wavFile,
} from '../../../test/fixtures/audio-files'
import { testManifest } from '../../../test/fixtures/model-folder'
import type { Ffmpeg } from '../../audio/ffmpeg'
import { frameCount, type PcmBlock } from '../../audio/pcm'
import { createModelCache } from '../../inference/model-cache'
import { noResources, type CapabilityTask, type HandlerContext } from '../capability'
import type { Manifest } from '../../inference/manifest'
import type { DenoiserEngine } from './denoiser'
import { createNoiseRemovalHandler } from './handler'
import type { NoiseRemovalParameters } from './index'
import type { SeparatorEngine, SeparatorInput } from './separator'

let folder: string
let outputDir: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-handler-'))
})
beforeEach(async () => {
  outputDir = await mkdtemp(join(folder, 'out-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** An engine that applies a gain, in blocks of another length than it gets. */
function gainEngine(gain: number, regroup = 4801): DenoiserEngine {
  async function* process(blocks: AsyncIterable<PcmBlock>): AsyncGenerator<PcmBlock> {
    for await (const block of blocks) {
      for (let start = 0; start < frameCount(block); start += regroup) {
        yield { channels: block.channels.map((c) => c.slice(start, start + regroup).map((x) => x * gain)) }
      }
    }
  }
  return {
    id: 'pass-through',
    load: () =>
      Promise.resolve({
        bytes: 1,
        run: (input) => Promise.resolve(process(input.blocks)),
        release: () => Promise.resolve(),
      }),
  }
}

/** A separator that gives every stem a share of the sound, and notes what it was told. */
function sharesEngine(shares: Record<string, number>, told: SeparatorInput[] = []): SeparatorEngine {
  async function* process({ blocks }: SeparatorInput): AsyncGenerator<PcmBlock[]> {
    for await (const block of blocks) {
      yield Object.values(shares).map((share) => ({
        channels: block.channels.map((samples) => samples.map((sample) => sample * share)),
      }))
    }
  }
  return {
    id: 'shares',
    load: () =>
      Promise.resolve({
        bytes: 1,
        run(input) {
          told.push(input)
          return Promise.resolve(process(input))
        },
        release: () => Promise.resolve(),
      }),
  }
}

const repairs = { hum: false, wind: false, clicks: false }

/** What the installation has, besides the task's model. */
function installedModels(...manifests: Partial<Manifest>[]) {
  return manifests.map((changes) => {
    const manifest = testManifest({ ...changes, files: [] })
    return { files: { manifest, path: (file: string) => file }, installed: changes.version !== 'missing' }
  })
}

interface Changes {
  engine?: DenoiserEngine
  music?: DenoiserEngine
  separator?: SeparatorEngine
  installed?: ReturnType<typeof installedModels>
  parameters?: Partial<NoiseRemovalParameters>
  task?: Partial<CapabilityTask<NoiseRemovalParameters>>
  ffmpeg?: Ffmpeg
  signal?: AbortSignal
  progress?: HandlerContext['progress']
  modelRateHz?: number
}

function clean(path: string, changes: Changes = {}) {
  const denoisers = [changes.engine ?? gainEngine(1), ...(changes.music ? [changes.music] : [])]
  const handler = createNoiseRemovalHandler(denoisers, changes.separator ? [changes.separator] : [])
  const installed = changes.installed ?? []
  const manifest = testManifest({ sampleRateHz: changes.modelRateHz ?? 48_000 })
  const models = createModelCache({
    runtime: { createSession: () => Promise.reject(new Error('not needed')) },
    maxBytes: 1000,
    idleMs: 1000,
  })
  return handler.run(
    {
      input: { kind: 'audio', path },
      parameters: {
        mode: 'auto',
        strength: 1,
        output: 'clean',
        shifts: 0,
        ...repairs,
        ...changes.parameters,
      },
      resources: noResources,
      model: { manifest, path: (file) => file },
      outputDir,
      outputFormat: 'flac',
      previewSeconds: 30,
      inputPreviewSeconds: 30,
      maxInputSeconds: 600,
      ...changes.task,
    },
    {
      signal: changes.signal ?? new AbortController().signal,
      seed: 0,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
      progress: changes.progress ?? (() => undefined),
      ffmpeg: changes.ffmpeg ?? packagedFfmpeg,
      models,
      helperModel: () => installed[0]?.files ?? null,
      helperModels: () => installed,
      publishPart: () => undefined,
      runCapability: () => Promise.reject(new Error('noise removal works alone')),
    },
  )
}

async function wav(name: string, channels: Float32Array[], rate: number): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, wavFile(channels, rate))
  return path
}

function largestDifference(a: Float32Array, b: Float32Array, edge = 0): number {
  let largest = 0
  for (let index = edge; index < a.length - edge; index++) {
    largest = Math.max(largest, Math.abs(a[index]! - b[index]!))
  }
  return largest
}

describe('length and alignment', () => {
  it.each([8_000, 16_000, 22_050, 44_100, 48_000, 96_000])(
    'gives the same frames at %i Hz, to the sample, in stereo',
    async (rate) => {
      const frames = rate + 1
      const path = await wav(
        `align-${rate}.wav`,
        [sine(440, frames, rate), sine(700, frames, rate, 0.3)],
        rate,
      )
      const { output, inputSeconds } = await clean(path)
      expect(output).toMatchObject({
        audio: { frames, sampleRateHz: rate, channels: 2 },
        contentType: 'audio/flac',
      })
      expect(inputSeconds).toBeCloseTo(frames / rate, 9)
      const before = await decodeWhole(packagedFfmpeg, path)
      const after = await decodeWhole(packagedFfmpeg, output.path)
      expect(after.map((plane) => plane.length)).toEqual([frames, frames])
      // A shift by a single sample would change these tones by more than 0.02.
      expect(largestDifference(before[0]!, after[0]!, 200)).toBeLessThan(0.0005)
      expect(largestDifference(before[1]!, after[1]!, 200)).toBeLessThan(0.0005)
    },
  )

  it('also for a model that works at 16 kHz, and for files of a few frames', async () => {
    for (const frames of [1, 2, 160, 44_100]) {
      const path = await wav('short.wav', [sine(300, frames, 44_100)], 44_100)
      const { output } = await clean(path, { modelRateHz: 16_000 })
      expect(output.audio?.frames).toBe(frames)
      expect((await decodeWhole(packagedFfmpeg, output.path))[0]!.length).toBe(frames)
    }
  })

  it.each(availableFfmpegs)('works with the %s ffmpeg on compressed input', async (name, ffmpeg) => {
    for (const extension of ['mp3', 'm4a', 'opus', 'webm']) {
      const path = join(folder, `${name}.${extension}`)
      makeAudio(['-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', '3', path])
      const { output } = await clean(path, { ffmpeg })
      expect(output.audio?.frames).toBe((await decodeWhole(ffmpeg, path))[0]!.length)
      expect(output.durationSeconds).toBeCloseTo(3, 0)
    }
  })
})

describe('memory', () => {
  it('does not grow with the length of the input', async () => {
    const path = join(folder, 'hour.flac')
    const source = 'anullsrc=r=8000:cl=mono:n=16384'
    makeAudio(['-f', 'lavfi', '-i', source, '-t', '1800', '-frame_size', '16384', path])
    const held: number[] = []
    const progress = () => {
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      held.push(heapUsed + arrayBuffers)
    }
    const { output } = await clean(path, { progress, task: { maxInputSeconds: 3600 } })
    expect(output.audio?.frames).toBe(1800 * 8000)
    // All samples at the model's rate would be 345 MB.
    const quarter = Math.floor(held.length / 4)
    const early = Math.max(...held.slice(0, quarter))
    expect(Math.max(...held.slice(-quarter)) - early).toBeLessThan(40e6)
  }, 120_000)
})

describe('parameters', () => {
  const rate = 48_000
  let path: string
  let before: Float32Array

  beforeAll(async () => {
    path = await wav('parameters.wav', [sine(440, rate, rate, 0.8)], rate)
    before = (await decodeWhole(packagedFfmpeg, path))[0]!
  })

  it.each([
    [{ strength: 0, output: 'clean' }, 1],
    [{ strength: 0.5, output: 'clean' }, 0.75],
    [{ strength: 1, output: 'clean' }, 0.5],
    [{ strength: 1, output: 'residue' }, 0.5],
    [{ strength: 0.5, output: 'residue' }, 0.25],
    [{ strength: 0, output: 'residue' }, 0],
  ] as const)('%o gives %d of the input with an engine of gain 0.5', async (parameters, gain) => {
    const { output } = await clean(path, { engine: gainEngine(0.5), parameters })
    const after = (await decodeWhole(packagedFfmpeg, output.path))[0]!
    expect(
      largestDifference(
        after,
        before.map((sample) => sample * gain),
      ),
    ).toBeLessThan(2 ** -22)
  })

  it('leaves the recording untouched at strength 0, whatever the rates', async () => {
    const odd = await wav('odd.wav', [sine(9_000, 44_101, 44_100)], 44_100)
    const { output } = await clean(odd, {
      modelRateHz: 16_000,
      engine: gainEngine(0),
      parameters: { strength: 0 },
    })
    expect(await decodeWhole(packagedFfmpeg, output.path)).toEqual(await decodeWhole(packagedFfmpeg, odd))
  })

  it('introduces no clipping', async () => {
    const { output, waveform } = await clean(path, { engine: gainEngine(3) })
    const after = (await decodeWhole(packagedFfmpeg, output.path))[0]!
    expect(Math.max(...after)).toBeLessThanOrEqual(1)
    // A clipped sine stays at full scale for many samples in a row.
    expect(after.filter((sample) => sample > 0.9999).length / after.length).toBeLessThan(0.05)
    expect(Math.max(...waveform.output)).toBeLessThanOrEqual(1)
  })
})

describe('modes', () => {
  const rate = 44_100
  const shares = { drums: 0.1, bass: 0.2, other: 0.3, vocals: 0.4 }
  const separating = {
    id: 'stems',
    engine: 'shares',
    sampleRateHz: rate,
    options: { stems: Object.keys(shares) },
  }
  const musical = { id: 'music', engine: 'halves', options: { keeps: 'music' } }
  const halves: DenoiserEngine = { ...gainEngine(0.5), id: 'halves' }
  let tune: string
  let speech: string

  beforeAll(async () => {
    // A chord that is held is music for sure.
    const chord = [220, 277, 330, 440, 554, 660].map((hz) => sine(hz, 8 * rate, rate, 0.1))
    const sum = chord[0]!.map((_, n) => chord.reduce((total, tone) => total + tone[n]!, 0))
    tune = await wav('tune.wav', [sum, sum.map((sample) => 0.5 * sample + 0.01)], rate)
    speech = join(process.cwd(), 'test/fixtures/speech/letter.opus')
  })

  const gainOf = async (path: string, result: string) => {
    const [before] = await decodeWhole(packagedFfmpeg, path)
    const [after] = await decodeWhole(packagedFfmpeg, result)
    expect(after).toHaveLength(before!.length)
    const [energy, product] = before!.reduce(([e, p], x, n) => [e + x * x, p + x * after![n]!], [0, 0])
    return product / energy
  }

  it('auto: music goes to the model that keeps music, speech to the default one', async () => {
    const installed = installedModels({}, musical, separating)
    const changes = { engine: gainEngine(0.1), music: halves, separator: sharesEngine(shares), installed }
    const music = await clean(tune, changes)
    expect(music.details).toEqual({ mode: 'music', model: 'music', hum_hz: [], warnings: [] })
    expect(music.report.model.id).toBe('music')
    expect(await gainOf(tune, music.output.path)).toBeCloseTo(0.5, 3)
    const spoken = await clean(speech, changes)
    expect(spoken.details).toEqual({ mode: 'speech', model: 'test-model', hum_hz: [], warnings: [] })
  })

  it('auto: without a model for music the default one does it, and says so', async () => {
    const changes = { music: halves, installed: installedModels({}, { ...musical, version: 'missing' }) }
    const { details } = await clean(tune, changes)
    expect(details).toMatchObject({ mode: 'speech', warnings: [expect.stringMatching(/sounds like music/)] })
  })

  it('auto: a model that somebody chose is what counts', async () => {
    const installed = installedModels({ id: 'the-default' }, musical)
    const { details } = await clean(tune, { music: halves, installed })
    expect(details).toEqual({ mode: 'speech', model: 'test-model', hum_hz: [], warnings: [] })
  })

  it('stems: the vocals, what is left without them, and every part as a file', async () => {
    const told: SeparatorInput[] = []
    const changes = { separator: sharesEngine(shares, told), installed: installedModels({}, separating) }
    const vocals = await clean(tune, { ...changes, parameters: { mode: 'stems' } })
    expect(vocals.details).toEqual({ mode: 'stems', model: 'stems', hum_hz: [], warnings: [] })
    expect(vocals.artifacts).toEqual([])
    expect(await gainOf(tune, vocals.output.path)).toBeCloseTo(0.4, 5)
    const rest = await clean(tune, { ...changes, parameters: { mode: 'stems', output: 'residue' } })
    expect(await gainOf(tune, rest.output.path)).toBeCloseTo(0.6, 5)
    const all = await clean(tune, { ...changes, parameters: { mode: 'stems', output: 'stems', shifts: 2 } })
    expect(all.artifacts.map(({ name, free }) => [name, free])).toEqual([
      ...[
        ['drums.flac', false],
        ['bass.flac', false],
        ['other.flac', false],
        ['vocals.flac', false],
      ],
    ])
    for (const [index, share] of Object.values(shares).entries()) {
      expect(await gainOf(tune, all.artifacts[index]!.path)).toBeCloseTo(share, 5)
    }
    expect(told.map(({ shifts }) => shifts.length)).toEqual([1, 1, 2])
    const [left, right] = await decodeWhole(packagedFfmpeg, tune)
    const mono = Array.from(left!, (sample, n) => (sample + right![n]!) / 2)
    const mean = mono.reduce((sum, sample) => sum + sample, 0) / mono.length
    const square = mono.reduce((sum, sample) => sum + (sample - mean) ** 2, 0)
    expect(told[0]!.level.mean).toBeCloseTo(mean, 7)
    expect(told[0]!.level.deviation).toBeCloseTo(Math.sqrt(square / (mono.length - 1)), 7)
  })

  it('stems of another rate than the model’s keep every frame', async () => {
    const path = await wav('odd-stems.wav', [sine(300, 30_001, 48_000)], 48_000)
    const changes = { separator: sharesEngine(shares), installed: installedModels({}, separating) }
    const { artifacts, output } = await clean(path, {
      ...changes,
      parameters: { mode: 'stems', output: 'stems' },
    })
    expect(output.audio).toEqual({ frames: 30_001, sampleRateHz: 48_000, channels: 1 })
    for (const { path: part } of artifacts) {
      expect((await decodeWhole(packagedFfmpeg, part))[0]).toHaveLength(30_001)
    }
  })

  it('stems of a denoiser: the clean sound and what was removed, which are the recording together', async () => {
    const { artifacts } = await clean(tune, { engine: gainEngine(0.7), parameters: { output: 'stems' } })
    expect(artifacts.map(({ name }) => name)).toEqual(['clean.flac', 'removed.flac'])
    expect(await gainOf(tune, artifacts[0]!.path)).toBeCloseTo(0.7, 5)
    expect(await gainOf(tune, artifacts[1]!.path)).toBeCloseTo(0.3, 5)
  })

  it('a mode that no installed model has is refused with what to do; another model than chosen is told', async () => {
    const missing = installedModels({}, { ...separating, version: 'missing' })
    const asked = clean(tune, {
      ...{ separator: sharesEngine(shares), installed: missing, parameters: { mode: 'stems' } },
    })
    await expect(asked).rejects.toMatchObject({ code: 'model_file_missing' })
    await expect(asked).rejects.toThrow(/npm run models pull htdemucs/)
    expect(await readdir(outputDir)).toEqual([])
    const installed = installedModels({ id: 'the-default' }, musical)
    const { details } = await clean(tune, { music: halves, installed, parameters: { mode: 'music' } })
    expect(details).toMatchObject({ model: 'music', warnings: [expect.stringMatching(/“music” was used/)] })
  })

  it('a cancel while stems are made leaves nothing behind', async () => {
    const abort = new AbortController()
    const progress = (stage: string, fraction: number) => {
      if (stage === 'separate' && fraction > 0.2) abort.abort()
    }
    const changes = { separator: sharesEngine(shares), installed: installedModels({}, separating) }
    const parameters = { mode: 'stems', output: 'stems' } as const
    const canceled = clean(tune, { ...changes, parameters, progress, signal: abort.signal })
    await expect(canceled).rejects.toMatchObject({ code: 'canceled' })
    expect(await readdir(outputDir)).toEqual([])
  })
})

describe('repairs', () => {
  const rate = 44_100

  it('take hum out before the model hears it, and the residue has it', async () => {
    const mains = [50, 100, 150].map((hz) => sine(hz, 10 * rate, rate, 0.05))
    const path = await wav(
      'hum.wav',
      [mains[0]!.map((_, n) => mains.reduce((sum, tone) => sum + tone[n]!, 0))],
      rate,
    )
    const parameters = { hum: true, wind: true, clicks: true, output: 'stems' } as const
    const { artifacts, details, output } = await clean(path, { parameters })
    expect(output.audio?.frames).toBe(10 * rate)
    expect(details).toMatchObject({ hum_hz: [50, 100, 150], warnings: [] })
    const [cleaned, removed] = await Promise.all(
      artifacts.map(async (part) => (await decodeWhole(packagedFfmpeg, part.path))[0]!),
    )
    const energy = (samples: Float32Array) => samples.reduce((sum, value) => sum + value * value, 0)
    expect(10 * Math.log10(energy(removed!) / energy(cleaned!))).toBeGreaterThan(30)
  })

  it('say where there was no hum', async () => {
    const path = await wav('no-hum.wav', [sine(440, 8 * rate, rate, 0.1)], rate)
    const { details } = await clean(path, { parameters: { hum: true } })
    expect(details).toMatchObject({ hum_hz: [], warnings: ['No mains hum was found.'] })
  })
})

describe('results', () => {
  it('come with previews, waveforms, progress and a report', async () => {
    const path = await wav('report.wav', [sine(440, 96_000, 48_000, 0.5)], 48_000)
    const fractions: number[] = []
    const result = await clean(path, {
      engine: gainEngine(0.5),
      progress: (_, fraction) => fractions.push(fraction),
    })
    expect((await readdir(outputDir)).sort()).toEqual(['input-preview.mp3', 'output.flac', 'preview.mp3'])
    expect(result.preview?.bytes).toBeGreaterThan(1000)
    expect(result.inputPreview?.bytes).toBeGreaterThan(1000)
    expect(Math.max(...result.waveform.input)).toBe(0.5)
    expect(Math.max(...result.waveform.output)).toBe(0.25)
    expect(fractions.length).toBeGreaterThan(3)
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
    expect(result.report).toMatchObject({ provider: 'cpu', model: { id: 'test-model', version: '1' } })
    expect(result.report.timingsMs.inference).toBeLessThanOrEqual(result.report.timingsMs.total)
    expect(result.report.realTimeFactor).toBeCloseTo(result.report.timingsMs.inference / 2000, 9)
  })

  it('come without previews and in another format where that is asked for', async () => {
    const path = await wav('format.wav', [sine(440, 4800, 48_000)], 48_000)
    const task = { previewSeconds: null, inputPreviewSeconds: null, outputFormat: 'mp3' as const }
    const { output, preview } = await clean(path, { task })
    expect(preview).toBeNull()
    expect(output.contentType).toBe('audio/mpeg')
    expect(await readdir(outputDir)).toEqual(['output.mp3'])
  })
})

describe('failures leave nothing behind', () => {
  it('a cancel in the middle', async () => {
    const path = await wav('cancel.wav', [sine(440, 480_000, 48_000)], 48_000)
    const abort = new AbortController()
    const progress = (_: string, fraction: number) => {
      if (fraction > 0.2) abort.abort()
    }
    await expect(clean(path, { signal: abort.signal, progress })).rejects.toMatchObject({ code: 'canceled' })
    expect(await readdir(outputDir)).toEqual([])
  })

  it('an engine that throws, or that loses frames', async () => {
    const path = await wav('fault.wav', [sine(440, 480_000, 48_000)], 48_000)
    const faulty = (blocks: (input: AsyncIterable<PcmBlock>) => AsyncIterable<PcmBlock>): DenoiserEngine => ({
      ...gainEngine(1),
      load: () =>
        Promise.resolve({
          bytes: 1,
          run: (input) => Promise.resolve(blocks(input.blocks)),
          release: () => Promise.resolve(),
        }),
    })
    const throwing = faulty(async function* (blocks) {
      for await (const block of blocks) {
        yield block
        throw new Error('NaN in the graph')
      }
    })
    const losing = faulty(async function* (blocks) {
      for await (const block of blocks) {
        yield block
        break
      }
    })
    await expect(clean(path, { engine: throwing })).rejects.toMatchObject({ code: 'engine_failed' })
    await expect(clean(path, { engine: losing })).rejects.toMatchObject({ code: 'engine_failed' })
    expect(await readdir(outputDir)).toEqual([])
  })

  it('an input beyond the limit, before any inference', async () => {
    const path = await wav('long.wav', [sine(440, 480_000, 48_000)], 48_000)
    const engine = gainEngine(1)
    let ran = false
    const spying: DenoiserEngine = {
      ...engine,
      async load(model, runtime) {
        const loaded = await engine.load(model, runtime)
        return {
          ...loaded,
          run(input, job) {
            ran = true
            return loaded.run(input, job)
          },
        }
      },
    }
    await expect(clean(path, { engine: spying, task: { maxInputSeconds: 5 } })).rejects.toMatchObject({
      code: 'media_too_long',
    })
    expect(ran).toBe(false)
    expect(await readdir(outputDir)).toEqual([])
  })

  it('a model whose engine this version does not have', async () => {
    const path = await wav('engine.wav', [sine(440, 480, 48_000)], 48_000)
    await expect(clean(path, { engine: { ...gainEngine(1), id: 'other' } })).rejects.toMatchObject({
      code: 'model_not_found',
    })
    expect(await readdir(outputDir)).toEqual([])
  })
})
