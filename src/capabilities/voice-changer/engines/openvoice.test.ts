import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { PcmBlock } from '../../../audio/pcm'
import type { JobContext } from '../../../inference/engine'
import type { Runtime, Tensor } from '../../../inference/runtime'
import type { VoiceChangerInput } from '../changer'
import { joined } from '../speech-excerpt'
import {
  hop,
  openVoiceModel,
  sharedRuntime,
  rateHz,
  readReference,
  unpackOpenVoice,
} from '../../../../test/support/tiny-openvoice'
import type { VoiceStatistics } from '../voice-statistics'
import { openVoiceEngine } from './openvoice'
import { createToneSpectrogram } from './tone-spectrogram'

const reference = readReference()
const bins = 513
/** Cuts the target's sample into the pieces of the reference. */
const pieces = { piece_seconds: reference.pieceFrames / rateHz }
let folder: string
let drawing: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'timbre-openvoice-'))
  drawing = mkdtempSync(join(tmpdir(), 'timbre-openvoice-'))
  unpackOpenVoice(folder)
  unpackOpenVoice(drawing, { drawing: true })
})
afterAll(() => [folder, drawing].forEach((path) => rmSync(path, { recursive: true, force: true })))

function job(changes: Partial<JobContext> = {}): JobContext {
  const silent = () => undefined
  const log = { debug: silent, info: silent, warn: silent }
  return { signal: new AbortController().signal, seed: 3, log, progress: silent, ...changes }
}

function inputOf(samples: Float32Array, changes: Partial<VoiceChangerInput> = {}): VoiceChangerInput {
  const statistics = {} as VoiceStatistics
  return {
    ...{ sampleRateHz: rateHz, channels: 1, blocks: blocksOf([samples], 1000) },
    request: {
      ...{ source: statistics, target: statistics, strength: 1 },
      ...{ pitchSemitones: null, formantSemitones: null },
    },
    heard: {
      source: { sampleRateHz: rateHz, samples: reference.source },
      target: { sampleRateHz: rateHz, samples: reference.target },
    },
    ...changes,
  }
}

async function* blocksOf(channels: Float32Array[], length: number): AsyncGenerator<PcmBlock> {
  for (let at = 0; at < channels[0]!.length; at += length) {
    await Promise.resolve()
    yield { channels: channels.map((samples) => samples.slice(at, at + length)) }
  }
}

interface Conversion {
  path?: string
  options?: Record<string, unknown>
  runtime?: Runtime
  job?: Partial<JobContext>
}

async function convert(
  input: VoiceChangerInput,
  { path = folder, options, runtime, ...rest }: Conversion = {},
) {
  const model = await openVoiceEngine.load(
    openVoiceModel(path, { ...pieces, ...options }),
    runtime ?? sharedRuntime,
  )
  try {
    const parts: PcmBlock[] = []
    for await (const block of (await model.run(input, job(rest.job))).blocks) parts.push(block)
    return Array.from({ length: input.channels }, (_, n) => joined(parts.map(({ channels }) => channels[n]!)))
  } finally {
    await model.release()
  }
}

/** Shows what the networks are given, and gives the converter other noise. */
function spyRuntime(noise?: Float32Array) {
  const feeds: Record<string, Tensor>[] = []
  const runtime: Runtime = {
    async createSession(graph, options) {
      const session = await sharedRuntime.createSession(graph, options)
      return {
        ...session,
        run: (given) => {
          const seen = given.noise && noise ? { ...given, noise: { ...given.noise, data: noise } } : given
          feeds.push(seen)
          return session.run(seen)
        },
      }
    },
  }
  return { feeds, runtime }
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  return Array.from(a).reduce((largest, value, n) => Math.max(largest, Math.abs(value - b[n]!)), 0)
}

const rms = (samples: Float32Array) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length)

/** Bursts of a gliding tone. */
function voiceLike(frames: number, hz = 140): Float32Array {
  return Float32Array.from({ length: frames }, (_, n) => {
    const burst = Math.max(0, Math.min(1, Math.sin(n / 1500) + 0.6))
    return 0.2 * burst * Math.sin((2 * Math.PI * hz * n) / rateHz + 3 * Math.sin(n / 4000))
  })
}

/* Largest differences that were seen: spectrum 3.8e-6 (of 36), tones 1.2e-7, sound 1.9e-7 (standard deviation 0.048). */
describe('OpenVoice beside its authors’ code', () => {
  it('hears the same spectrum', () => {
    for (const block of [1, 700, reference.source.length]) {
      const spectrogram = createToneSpectrogram(1024, hop)
      const frames: Float32Array[] = []
      for (let at = 0; at < reference.source.length; at += block) {
        frames.push(...spectrogram.push(reference.source.slice(at, at + block)))
      }
      frames.push(...spectrogram.finish())
      expect(frames).toHaveLength(reference.source.length / hop)
      expect(largestDifference(joined(frames.slice(0, 4)), reference.spectrum)).toBeLessThan(2e-5)
      expect(largestDifference(frames.at(-1)!, reference.lastFrame)).toBeLessThan(2e-5)
    }
  })

  it('finds the same tones, and gives the same sound for the same noise', async () => {
    const { feeds, runtime } = spyRuntime(reference.noise)
    const [sound] = await convert(inputOf(reference.source), { runtime, options: { tau: reference.tau } })
    const { src_tone: from, dest_tone: to, audio } = feeds.at(-1)!
    expect(largestDifference(from!.data as Float32Array, reference.sourceTone)).toBeLessThan(2e-6)
    expect(largestDifference(to!.data as Float32Array, reference.targetTone)).toBeLessThan(2e-6)
    expect(audio!.dims).toEqual([1, bins, reference.source.length / hop])
    expect(rms(reference.audio)).toBeGreaterThan(0.03)
    expect(largestDifference(sound!, reference.audio)).toBeLessThan(2e-6)
  })

  it.each(['own', 'drawing'])('gives the same sound without noise: %s converter', async (kind) => {
    const path = kind === 'own' ? folder : drawing
    const [sound] = await convert(inputOf(reference.source), { path, options: { tau: 0 } })
    expect(largestDifference(sound!, reference.calm)).toBeLessThan(2e-6)
  })
})

describe('a long recording', () => {
  const long = voiceLike(400 * hop)

  it('is in windows what it is at once', async () => {
    const [whole] = await convert(inputOf(long))
    const [windows] = await convert(inputOf(long), { options: { window_frames: 50 } })
    expect(rms(whole!)).toBeGreaterThan(0.01)
    expect(largestDifference(windows!, whole!)).toBeLessThan(1e-6)
    const deaf = await convert(inputOf(long), { options: { window_frames: 50, context_frames: 8 } })
    expect(largestDifference(deaf[0]!, whole!)).toBeGreaterThan(1e-4)
  })

  it('is read as it is converted', async () => {
    const { feeds, runtime } = spyRuntime()
    let read = 0
    async function* counted(): AsyncGenerator<PcmBlock> {
      for await (const block of blocksOf([long], hop)) {
        read += 1
        // 60 frames of a window, 120 of context and what a spectrum reaches ahead.
        expect(read).toBeLessThan(feeds.filter(({ audio }) => audio).length * 60 + 60 + 120 + 5)
        yield block
      }
    }
    const options = { window_frames: 60 }
    await convert(inputOf(long, { blocks: counted() }), { runtime, options })
    const widths = feeds.flatMap(({ audio }) => (audio ? [audio.dims[2]!] : []))
    expect(Math.max(...widths)).toBe(60 + 2 * 120)
  })

  it('stops between two windows when it is canceled', async () => {
    const { feeds, runtime } = spyRuntime()
    const stop = new AbortController()
    async function* canceling(): AsyncGenerator<PcmBlock> {
      for await (const block of blocksOf([long], hop)) {
        if (feeds.filter(({ audio }) => audio).length === 2) stop.abort()
        yield block
      }
    }
    const input = inputOf(long, { blocks: canceling() })
    const run = convert(input, { runtime, options: { window_frames: 60 }, job: { signal: stop.signal } })
    await expect(run).rejects.toThrow(/abort/i)
    expect(feeds.filter(({ audio }) => audio)).toHaveLength(2)
  })
})

describe('a conversion', () => {
  it('follows the seed', async () => {
    const run = async (seed: number) => (await convert(inputOf(reference.source), { job: { seed } }))[0]!
    const first = await run(1)
    expect(await run(1)).toEqual(first)
    expect(largestDifference(await run(2), first)).toBeGreaterThan(1e-3)
  })

  it('goes as far to the other voice as it is told', async () => {
    const toneAt = async (strength: number) => {
      const { feeds, runtime } = spyRuntime()
      const input = inputOf(reference.source)
      await convert({ ...input, request: { ...input.request, strength } }, { runtime })
      return feeds.at(-1)!.dest_tone!.data as Float32Array
    }
    expect(largestDifference(await toneAt(0), reference.sourceTone)).toBeLessThan(2e-6)
    const half = reference.sourceTone.map((value, n) => 0.5 * (value + reference.targetTone[n]!))
    expect(largestDifference(await toneAt(0.5), half)).toBeLessThan(2e-6)
  })

  it.each([1, 380, 2205, 5000])('of %i frames is as long', async (frames) => {
    const [sound] = await convert(inputOf(voiceLike(frames)))
    expect(sound).toHaveLength(frames)
    expect(sound!.every(Number.isFinite)).toBe(true)
  })

  it('leaves every voice where it was among the channels, at any rate', async () => {
    const left = voiceLike(16_000)
    const silent = new Float32Array(16_000)
    const channels = [left, silent, left.map((x) => 0.5 * x), ...new Array<Float32Array>(5).fill(silent)]
    const blocks = blocksOf(channels, 900)
    const sound = await convert(inputOf(left, { sampleRateHz: 8000, channels: 8, blocks }))
    expect(sound.map(({ length }) => length)).toEqual(new Array(8).fill(16_000))
    expect(rms(sound[0]!) / rms(sound[2]!)).toBeCloseTo(2, 1)
    expect(rms(sound[1]!)).toBeLessThan(0.02 * rms(sound[0]!))
  })
})

describe('files that are not right', () => {
  it('are refused', async () => {
    const broken = mkdtempSync(join(folder, 'broken-'))
    unpackOpenVoice(broken)
    writeFileSync(join(broken, 'tone_clone_model.onnx'), 'not a network')
    const load = (path: string) => openVoiceEngine.load(openVoiceModel(path), sharedRuntime)
    await expect(load(broken)).rejects.toMatchObject({ code: 'model_corrupt' })
    const swapped = openVoiceModel(folder)
    const extractor = () => join(folder, 'tone_color_extract_model.onnx')
    const wrong = openVoiceEngine.load({ ...swapped, path: extractor }, sharedRuntime)
    await expect(wrong).rejects.toMatchObject({ code: 'model_corrupt' })
  })

  it('or of another hop are noticed', async () => {
    const run = convert(inputOf(reference.source), { options: { hop_length: 128 } })
    await expect(run).rejects.toMatchObject({ code: 'model_corrupt' })
  })
})
