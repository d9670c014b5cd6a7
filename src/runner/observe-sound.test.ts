import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { decodeWhole, packagedFfmpeg, wavFile } from '../../test/fixtures/audio-files'
import { previewOutput, previewRateHz } from '../audio/encode'
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

/** A handler that passes its input on, with a stem beside it and a file for itself in a folder of its own. */
async function passOn(watermark: number | null) {
  const observed = observeSound(packagedFfmpeg, {
    inputPath: input,
    outputDir: folder,
    speech: true,
    watermark,
  })
  const output = join(folder, 'output.flac')
  const stem = join(folder, 'stem.flac')
  const side = join(folder, 'draft', 'output.flac')
  await mkdir(join(folder, 'draft'))
  const decoded = await observed.ffmpeg.decode(input, { maxSeconds: 60 })
  const sinks = [output, stem, side].map((path) =>
    observed.ffmpeg.encode({ outputs: [{ path, format: 'flac' }] }),
  )
  for (const sink of sinks) sink.begin(decoded.sampleRateHz, decoded.channels)
  for await (const block of decoded.blocks) for (const sink of sinks) await sink.write(block)
  for (const sink of sinks) await sink.finish()
  const [written, beside, aside] = await Promise.all(
    [output, stem, side].map(async (path) => (await decodeWhole(packagedFfmpeg, path))[0]!),
  )
  return { observed, written: written!, beside: beside!, aside: aside! }
}

function marksIn(samples: Float32Array, sampleRateHz = rateHz) {
  const detector = createWatermarkDetector(sampleRateHz)
  detector.push({ channels: [samples] })
  return detector.finish()
}

it('measures what goes in and what comes out, and changes nothing', async () => {
  const { observed, written, beside, aside } = await passOn(null)
  const before = (await decodeWhole(packagedFfmpeg, input))[0]!
  for (const file of [written, beside, aside]) {
    expect(file.length).toBe(before.length)
    expect(file.every((sample, frame) => sample === before[frame])).toBe(true)
  }
  expect(observed.input()!.sound.durationSeconds).toBe(8)
  expect(observed.output()!.sound.integratedLufs).toBeCloseTo(observed.input()!.sound.integratedLufs!, 2)
  expect(observed.output()!.excerpt!.windows()).toHaveLength(1)
})

it('marks the output and what lies beside it, and nothing else', async () => {
  const { written, beside, aside } = await passOn(0x1234)
  const before = (await decodeWhole(packagedFfmpeg, input))[0]!
  expect(aside.every((sample, frame) => sample === before[frame])).toBe(true)
  for (const marked of [written, beside]) {
    expect(marked.length).toBe(before.length)
    expect(marksIn(marked)).toMatchObject([{ payload: 0x1234 }])
  }
})

it('marks the parts of a preview as one sound', async () => {
  const { ffmpeg } = observeSound(packagedFfmpeg, {
    ...{ inputPath: null, outputDir: folder, speech: false, watermark: 0x1234 },
  })
  const sound = noise(9)
  const joined: number[] = []
  const ends = [1.9, 4.3, 6.95, 9].map((seconds) => Math.round(seconds * rateHz))
  for (const [part, end] of ends.entries()) {
    const path = join(folder, `part-${part + 1}.mp3`)
    const samples = sound.slice(ends[part - 1] ?? 0, end)
    const sink = ffmpeg.encode({ outputs: [previewOutput(path, samples.length / rateHz)] })
    sink.begin(rateHz, 1)
    await sink.write({ channels: [samples] })
    await sink.finish()
    joined.push(...(await decodeWhole(packagedFfmpeg, path))[0]!)
  }
  expect(marksIn(Float32Array.from(joined), previewRateHz)).toMatchObject([{ payload: 0x1234 }])
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
