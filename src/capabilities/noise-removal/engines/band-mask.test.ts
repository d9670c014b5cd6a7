import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PcmBlock } from '../../../audio/pcm'
import type { LoadedModel } from '../../../inference/engine'
import type { DenoiserInput, DenoiserOutput } from '../denoiser'
import { createBandLayout } from './band-layout'
import { bandMaskEngine } from './band-mask'
import { encodeOnnxModel } from '../../../inference/onnx-graph'
import { collect, loadEngine, loadFolder, noise, quietJob, streamOf } from './testing/engine-bench'

type Model = LoadedModel<DenoiserInput, DenoiserOutput>

const folder = mkdtempSync(join(tmpdir(), 'band-mask-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A network that leaves everything as it is: every gain is one. */
function openGraph(): string {
  const path = join(folder, 'open.onnx')
  const graph = encodeOnnxModel({
    name: 'open',
    nodes: [
      { operator: 'Mul', inputs: ['power', 'zero'], outputs: ['nothing'] },
      { operator: 'Add', inputs: ['nothing', 'one'], outputs: ['gains'] },
      { operator: 'Identity', inputs: ['state_in'], outputs: ['state_out'] },
    ],
    constants: {
      zero: { dims: [1], data: Float32Array.of(0) },
      one: { dims: [1], data: Float32Array.of(1) },
    },
    inputs: [
      { name: 'power', dims: ['T', 1, 12] },
      { name: 'state_in', dims: [1, 1, 4] },
    ],
    outputs: [
      { name: 'gains', dims: ['T', 1, 12] },
      { name: 'state_out', dims: [1, 1, 4] },
    ],
  })
  writeFileSync(path, graph)
  return path
}

const options = {
  windowSamples: 96,
  lookaheadFrames: 3,
  fineBins: 8,
  coarseCentres: [8, 12, 24, 48],
  stateShape: [1, 1, 4],
}

describe('band-mask with a network that changes nothing', () => {
  let model: Model
  beforeAll(async () => {
    model = await loadEngine(bandMaskEngine, { 'model.onnx': openGraph() }, options)
  })
  afterAll(() => model.release())

  it.each([[1], [7], [47, 3, 5000], [100_000]])(
    'gives the input back, aligned, for blocks of %i',
    async (...lengths) => {
      const channels = [noise(9_001, 0.5, 1), noise(9_001, 0.5, 2)]
      const output = await collect(
        await model.run({ channels: 2, blocks: streamOf(channels, ...lengths) }, quietJob()),
      )
      for (const [index, samples] of channels.entries()) {
        expect(output[index]).toHaveLength(samples.length)
        const worst = samples.reduce(
          (most, value, n) => Math.max(most, Math.abs(value - output[index]![n]!)),
          0,
        )
        expect(worst).toBeLessThan(1e-6)
      }
    },
  )

  it('takes an empty stream and one shorter than a window', async () => {
    expect(
      await collect(await model.run({ channels: 1, blocks: streamOf([new Float32Array()]) }, quietJob())),
    ).toEqual([])
    const short = await collect(
      await model.run({ channels: 1, blocks: streamOf([noise(10, 1)]) }, quietJob()),
    )
    expect(short[0]).toHaveLength(10)
  })

  it('reads no further ahead than a few blocks', async () => {
    let read = 0
    async function* source(): AsyncGenerator<PcmBlock> {
      for (let block = 0; block < 100; block++) {
        read += 3072
        yield { channels: [noise(3072, 0.1, block + 1)] }
        await Promise.resolve()
      }
    }
    let written = 0
    for await (const block of await model.run({ channels: 1, blocks: source() }, quietJob())) {
      written += block.channels[0]!.length
      expect(read - written).toBeLessThan(3 * 3072)
    }
    expect(written).toBe(307_200)
  })

  it('stops between blocks when the job is canceled', async () => {
    const cancel = new AbortController()
    const blocks = streamOf([noise(60_000, 0.1)], 3072)
    const output = await model.run({ channels: 1, blocks }, quietJob(cancel.signal))
    const consume = async () => {
      for await (const block of output) if (block.channels.length > 0) cancel.abort()
    }
    await expect(consume()).rejects.toThrow('aborted')
  })
})

describe('the starter model', () => {
  let model: Model
  beforeAll(async () => {
    model = await loadFolder(bandMaskEngine, 'models/noise-removal/timbre-denoise-48k')
  })
  afterAll(() => model.release())
  const run = async (channels: Float32Array[], length = 10_000) =>
    collect(await model.run({ channels: channels.length, blocks: streamOf(channels, length) }, quietJob()))
  const level = (samples: Float32Array) =>
    10 * Math.log10(samples.reduce((sum, value) => sum + value * value, 0) / samples.length + 1e-20)

  it('makes steady noise at least 15 dB quieter', async () => {
    const hiss = noise(48_000 * 4, 0.1)
    const [cleaned] = await run([hiss])
    expect(level(hiss.subarray(96_000)) - level(cleaned!.subarray(96_000))).toBeGreaterThan(15)
  })

  it('leaves silence silent', async () => {
    const [cleaned] = await run([new Float32Array(48_000)])
    expect(cleaned!.every((value) => Math.abs(value) < 1e-9)).toBe(true)
  })

  it('gives the same samples whatever the length of the blocks', async () => {
    const hiss = noise(60_000, 0.3)
    const [once, pieces] = [await run([hiss], 60_000), await run([hiss], 977)]
    expect(pieces[0]).toEqual(once[0])
  })

  it('keeps the balance of two channels', async () => {
    const left = noise(60_000, 0.3).map((value, n) => value * Math.sin(n / 4000))
    const [a, b] = await run([left, left.map((value) => value * -0.5)])
    const worst = a!.reduce((most, value, n) => Math.max(most, Math.abs(value * -0.5 - b![n]!)), 0)
    expect(worst).toBeLessThan(1e-6)
  })
})

describe('band layout', () => {
  it('averages the bins of a band and spreads gains along straight lines', () => {
    const layout = createBandLayout(2, [2, 6])
    const bands = new Float32Array(4)
    layout.gather(Float64Array.of(1, 2, 8, 8, 8, 8, 8), bands, 0)
    expect([...bands]).toEqual([1, 2, 8, 8])
    const bins = new Float64Array(7)
    layout.spread(Float32Array.of(1, 0, 0.5, 1), 0, bins)
    expect([...bins]).toEqual([1, 0, 0.5, 0.625, 0.75, 0.875, 1])
  })
})
