import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testManifest } from '../../../../test/fixtures/model-folder'
import type { PcmBlock } from '../../../audio/pcm'
import type { Manifest } from '../../../inference/manifest'
import { createOrtRuntime } from '../../../inference/ort-runtime'
import { drawShifts, type SeparatorInput } from '../separator'
import { withFastFourier } from './fourier-graph'
import { htdemucsEngine } from './htdemucs'
import { noise, quietJob, streamOf } from './testing/engine-bench'

/* A tiny HDemucs with random weights, and what the demucs package makes with it: scripts/reference/demucs/make.py. */

const fixtures = 'test/fixtures/engines/demucs'

interface Expected {
  segment: number
  sampleRateHz: number
  sources: string[]
  cases: { frames: number; shifts: number; leadingFrames: number[] }[]
}

let folder: string
let expected: Expected
let numbers: Float32Array
let model: Awaited<ReturnType<typeof load>>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-demucs-'))
  await writeFile(join(folder, 'model.onnx'), gunzipSync(await readFile(`${fixtures}/hdemucs-tiny.onnx.gz`)))
  expected = JSON.parse(await readFile(`${fixtures}/expected.json`, 'utf8')) as Expected
  numbers = new Float32Array(new Uint8Array(await readFile(`${fixtures}/expected.f32`)).buffer)
  model = await load()
})
afterAll(async () => {
  await model.release()
  await rm(folder, { recursive: true, force: true })
})

function manifest(options: Manifest['options'] = {}): Manifest {
  return testManifest({
    engine: 'htdemucs',
    sampleRateHz: expected.sampleRateHz,
    files: [{ path: 'model.onnx' }],
    options: { stems: expected.sources, segmentFrames: expected.segment, ...options },
  })
}

function load(options: Manifest['options'] = {}) {
  const model = { manifest: manifest(options), path: (file: string) => join(folder, file) }
  return htdemucsEngine.load(model, createOrtRuntime({ providers: ['cpu'] }))
}

/** As demucs/api.py: mean and deviation of the channels' mean. */
function levelOf(channels: Float32Array[]) {
  const mono = Array.from(
    channels[0]!,
    (_, n) => channels.reduce((sum, plane) => sum + plane[n]!, 0) / channels.length,
  )
  const mean = mono.reduce((sum, value) => sum + value, 0) / mono.length
  const square = mono.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: Math.sqrt(square / (mono.length - 1)) }
}

/** All stems, [stem][channel], by blocks of the given lengths. */
async function separate(
  channels: Float32Array[],
  blockLengths: number[],
  changes: Partial<SeparatorInput> = {},
  signal?: AbortSignal,
): Promise<Float32Array[][]> {
  const parts: (readonly PcmBlock[])[] = []
  const input = { channels: channels.length, blocks: streamOf(channels, ...blockLengths) }
  const level = changes.level ?? levelOf(channels)
  const stems = await model.run({ ...input, shifts: [0], ...changes, level }, quietJob(signal))
  for await (const part of stems) parts.push(part)
  return expected.sources.map((_, stem) =>
    channels.map((_, channel) =>
      Float32Array.from(parts.flatMap((part) => Array.from(part[stem]!.channels[channel]!))),
    ),
  )
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a).toHaveLength(b.length)
  return a.reduce((largest, value, n) => Math.max(largest, Math.abs(value - b[n]!)), 0)
}

function peak(samples: Float32Array): number {
  return samples.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
}

describe('windows against the demucs package around torchaudio’s HDemucs', () => {
  it.each([0, 1, 2, 3])('case %i: all stems to 5e-7 of full scale', async (index) => {
    const { frames, shifts, leadingFrames } = expected.cases[index]!
    const at = expected.cases.slice(0, index).reduce((sum, done) => sum + 10 * done.frames, 0)
    const plane = (number: number) => numbers.subarray(at + number * frames, at + (number + 1) * frames)
    const result = await separate([plane(0), plane(1)], [97, 411], {
      shifts: shifts === 0 ? [0] : leadingFrames,
    })
    for (const [stem, channels] of result.entries()) {
      for (const [channel, samples] of channels.entries()) {
        const reference = plane(2 + 2 * stem + channel)
        expect(peak(reference)).toBeGreaterThan(0.02)
        expect(largestDifference(samples, reference)).toBeLessThan(5e-7)
      }
    }
  })
})

it('runs that network with fast Fourier transforms in place of its slow ones', async () => {
  const graph = await readFile(join(folder, 'model.onnx'))
  expect(withFastFourier(graph)!.length).toBeLessThan(graph.length)
})

describe('channels, blocks and shifts', () => {
  it('hears one channel as two equal ones, and a third one as one alone', async () => {
    const [left, right, third] = [noise(1300, 0.2, 1), noise(1300, 0.2, 2), noise(1300, 0.2, 3)]
    const level = { mean: 0, deviation: 0.1 }
    const alone = await separate([third], [1300], { level })
    const twice = await separate([third, third], [1300], { level })
    const pair = await separate([left, right], [1300], { level })
    const all = await separate([left, right, third], [1300], { level })
    for (const [stem, channels] of all.entries()) {
      expect(channels[0]).toEqual(pair[stem]![0])
      expect(channels[1]).toEqual(pair[stem]![1])
      expect(channels[2]).toEqual(alone[stem]![0])
      const mean = twice[stem]![0]!.map((value, n) => 0.5 * (value + twice[stem]![1]![n]!))
      expect(largestDifference(alone[stem]![0]!, mean)).toBeLessThan(1e-6)
    }
  })

  it('gives the same whatever the blocks, for any length', async () => {
    for (const frames of [1, 2, 513, 514, 515, 385, 386, 900]) {
      const channels = [noise(frames, 0.2, 4), noise(frames, 0.2, 5)]
      const level = { mean: 0.01, deviation: 0.1 }
      expect(await separate(channels, [1, 700], { level })).toEqual(
        await separate(channels, [frames], { level }),
      )
    }
  })

  it('draws shifts below half a second from the seed', () => {
    expect(drawShifts(0, 44_100, 1)).toEqual([0])
    const drawn = drawShifts(200, 44_100, 1)
    expect(drawn).toEqual(drawShifts(200, 44_100, 1))
    expect(drawn).not.toEqual(drawShifts(200, 44_100, 2))
    expect(Math.max(...drawn)).toBeLessThanOrEqual(22_050)
    expect(Math.max(...drawn)).toBeGreaterThan(21_000)
    expect(Math.min(...drawn)).toBeLessThan(1_000)
  })
})

describe('bounds', () => {
  it('holds a few segments of an endless sound, and stops reading it where nobody wants more', async () => {
    let read = 0
    let closed = false
    async function* endless(): AsyncGenerator<PcmBlock> {
      try {
        for (;;) {
          read += 256
          yield { channels: [noise(256, 0.2, read), noise(256, 0.2, read + 1)] }
          await Promise.resolve()
        }
      } finally {
        closed = true
      }
    }
    const input = { channels: 2, blocks: endless(), level: { mean: 0, deviation: 0.1 }, shifts: [0, 300] }
    let given = 0
    for await (const stems of await model.run(input, quietJob())) {
      given += stems[0]!.channels[0]!.length
      expect(read - given).toBeLessThan(4 * expected.segment)
      if (given > 40 * expected.segment) break
    }
    expect(closed).toBe(true)
  })

  it('stops between windows when the job is canceled', async () => {
    const abort = new AbortController()
    async function* canceling(): AsyncGenerator<PcmBlock> {
      for (let count = 0; count < 100; count++) {
        if (count === 50) abort.abort()
        yield { channels: [noise(256, 0.2, count), noise(256, 0.2, count)] }
        await Promise.resolve()
      }
    }
    const sound = [noise(10, 0.1), noise(10, 0.1)]
    await expect(separate(sound, [10], { blocks: canceling() }, abort.signal)).rejects.toThrow(/abort/i)
  })

  it('says what a manifest or a graph lacks', async () => {
    await expect(load({ stems: ['drums', 'bass'] })).rejects.toMatchObject({ code: 'model_corrupt' })
    const wrong = await load({ stems: ['vocals', 'rest'] })
    const input = {
      ...{ channels: 1, blocks: streamOf([noise(600, 0.1)], 600) },
      ...{ level: { mean: 0, deviation: 0.1 }, shifts: [0] },
    }
    const first = (await wrong.run(input, quietJob()))[Symbol.asyncIterator]().next()
    await expect(first).rejects.toMatchObject({ code: 'model_corrupt' })
    await wrong.release()
  })
})
