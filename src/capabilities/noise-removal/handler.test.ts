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
import type { DenoiserEngine } from './denoiser'
import { createNoiseRemovalHandler } from './handler'
import type { NoiseRemovalParameters } from './index'

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

interface Changes {
  engine?: DenoiserEngine
  parameters?: Partial<NoiseRemovalParameters>
  task?: Partial<CapabilityTask<NoiseRemovalParameters>>
  ffmpeg?: Ffmpeg
  signal?: AbortSignal
  progress?: HandlerContext['progress']
  modelRateHz?: number
}

function clean(path: string, changes: Changes = {}) {
  const handler = createNoiseRemovalHandler([changes.engine ?? gainEngine(1)])
  const manifest = testManifest({ sampleRateHz: changes.modelRateHz ?? 48_000 })
  const models = createModelCache({
    runtime: { createSession: () => Promise.reject(new Error('not needed')) },
    maxBytes: 1000,
    idleMs: 1000,
  })
  return handler.run(
    {
      input: { kind: 'audio', path },
      parameters: { strength: 1, output: 'clean', ...changes.parameters },
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
      helperModel: () => null,
      helperModels: () => [],
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
