import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg, wavFile } from '../../test/fixtures/audio-files'
import { createWatermarkDetector } from '../audio/watermark-detect'
import { observeSound } from './observe-sound'

const rateHz = 16_000
let folder: string
let input: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-observe-'))
  input = join(folder, 'input.wav')
  await writeFile(input, wavFile([noise(8)], rateHz))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function noise(seconds: number): Float32Array {
  let state = 7
  return Float32Array.from({ length: seconds * rateHz }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (0.2 * state) / 2 ** 31
  })
}

/** A handler that passes its input on, with a file of its own on the side. */
async function passOn(watermark: number | null) {
  const observed = observeSound(packagedFfmpeg, {
    inputPath: input,
    outputDir: folder,
    speech: true,
    watermark,
  })
  const output = join(folder, 'output.flac')
  const side = join(folder, 'stem.flac')
  const decoded = await observed.ffmpeg.decode(input, { maxSeconds: 60 })
  const sinks = [output, side].map((path) => observed.ffmpeg.encode({ outputs: [{ path, format: 'flac' }] }))
  for (const sink of sinks) sink.begin(decoded.sampleRateHz, decoded.channels)
  for await (const block of decoded.blocks) for (const sink of sinks) await sink.write(block)
  for (const sink of sinks) await sink.finish()
  const [written, aside] = await Promise.all([output, side].map((path) => decodeWhole(packagedFfmpeg, path)))
  return { observed, written: written![0]!, aside: aside![0]! }
}

it('measures what goes in and what comes out, and changes nothing', async () => {
  const { observed, written, aside } = await passOn(null)
  expect(written).toEqual((await decodeWhole(packagedFfmpeg, input))[0])
  expect(aside).toEqual(written)
  expect(observed.input()!.sound.durationSeconds).toBe(8)
  expect(observed.output()!.sound.integratedLufs).toBeCloseTo(observed.input()!.sound.integratedLufs!, 2)
  expect(observed.output()!.excerpt!.windows()).toHaveLength(1)
})

it('marks the output and nothing else', async () => {
  const { written, aside } = await passOn(0x1234)
  const before = (await decodeWhole(packagedFfmpeg, input))[0]!
  expect(aside).toEqual(before)
  expect(written.length).toBe(before.length)
  const detector = createWatermarkDetector(rateHz)
  detector.push({ channels: [written] })
  expect(detector.finish()).toMatchObject([{ payload: 0x1234 }])
})

it('knows nothing of an input that was read in another form, or not to its end', async () => {
  const options = { inputPath: input, outputDir: folder, speech: false, watermark: null }
  const observed = observeSound(packagedFfmpeg, options)
  const resampled = await observed.ffmpeg.decode(input, { sampleRateHz: 8000, maxSeconds: 60 })
  for await (const block of resampled.blocks) expect(block.channels).toHaveLength(1)
  const broken = await observed.ffmpeg.decode(input, { maxSeconds: 60 })
  for await (const block of broken.blocks) if (block.channels[0]!.length > 0) break
  await broken.stop()
  expect(observed.input()).toBeNull()
  expect(observed.output()).toBeNull()
})
