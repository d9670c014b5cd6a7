import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { packagedFfmpeg, sine, wavFile } from '../../test/fixtures/audio-files'
import { frameCount, type PcmBlock } from './pcm'
import { createResampler } from './resample'

/** Resamples in blocks of uneven lengths. */
function resample(samples: Float32Array, inputRateHz: number, outputRateHz: number): Float32Array {
  const resampler = createResampler(inputRateHz, outputRateHz, 1)
  const blocks: PcmBlock[] = []
  for (
    let start = 0, length = 1;
    start < samples.length;
    start += length, length = (length * 7 + 13) % 5000
  ) {
    blocks.push(resampler.push({ channels: [samples.subarray(start, start + length)] }))
  }
  blocks.push(resampler.finish())
  const joined = new Float32Array(blocks.reduce((sum, block) => sum + frameCount(block), 0))
  let offset = 0
  for (const block of blocks) {
    joined.set(block.channels[0]!, offset)
    offset += frameCount(block)
  }
  return joined
}

/** Level of the difference below full scale, without the ends, where the tone is cut off. */
function differenceDb(actual: Float32Array, expected: Float32Array, edgeFrames: number): number {
  let sum = 0
  for (let index = edgeFrames; index < actual.length - edgeFrames; index++) {
    sum += (actual[index]! - expected[index]!) ** 2
  }
  return 10 * Math.log10(sum / (actual.length - 2 * edgeFrames))
}

const pairs: [number, number][] = [
  [44_100, 48_000],
  [48_000, 44_100],
  [16_000, 48_000],
  [48_000, 16_000],
  [96_000, 48_000],
  [8_000, 48_000],
  [22_050, 48_000],
  [44_101, 48_000],
  [192_000, 44_100],
]

describe('resampler', () => {
  it.each(pairs)('gives the same tone at the same place: %i to %i Hz', (inputRateHz, outputRateHz) => {
    const frames = inputRateHz
    const frequencyHz = 0.3 * Math.min(inputRateHz, outputRateHz)
    const output = resample(sine(frequencyHz, frames, inputRateHz), inputRateHz, outputRateHz)
    expect(output.length).toBe(Math.ceil((frames * outputRateHz) / inputRateHz))
    const expected = sine(frequencyHz, output.length, outputRateHz)
    expect(differenceDb(output, expected, outputRateHz / 20)).toBeLessThan(-80)
  })

  it.each([1, 2, 3, 147, 1000, 44_099, 44_101])('keeps the count of %i frames there and back', (frames) => {
    for (const rate of [8_000, 44_100, 88_200, 192_000]) {
      const there = resample(new Float32Array(frames), rate, 48_000)
      const back = resample(there, 48_000, rate)
      expect(back.length).toBeGreaterThanOrEqual(frames)
      expect(back.length - frames).toBeLessThanOrEqual(Math.ceil(rate / 48_000))
    }
  })

  it('keeps a constant constant', () => {
    const output = resample(new Float32Array(44_100).fill(0.25), 44_100, 48_000)
    expect(Math.max(...output.subarray(100, -100))).toBeCloseTo(0.25, 5)
    expect(Math.min(...output.subarray(100, -100))).toBeCloseTo(0.25, 5)
  })

  it('suppresses what the lower rate cannot hold', () => {
    const output = resample(sine(11_000, 48_000, 48_000), 48_000, 16_000)
    expect(differenceDb(output, new Float32Array(output.length), 1000)).toBeLessThan(-75)
  })

  it('agrees with swresample on music-like content', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'timbre-resample-'))
    try {
      const tones = [220, 997, 3001, 7919].map((frequencyHz) => sine(frequencyHz, 44_100, 44_100, 0.2))
      const mix = Float32Array.from({ length: 44_100 }, (_, frame) =>
        tones.reduce((sum, tone) => sum + tone[frame]!, 0),
      )
      const path = join(folder, 'mix.wav')
      await writeFile(path, wavFile([mix], 44_100))
      const theirs = await packagedFfmpeg.decode(path, { maxSeconds: 10, sampleRateHz: 48_000 })
      const reference: number[] = []
      for await (const block of theirs.blocks) reference.push(...block.channels[0]!)
      const quantised = mix.map((sample) => Math.round(sample * 32767) / 32768)
      const ours = resample(quantised, 44_100, 48_000)
      expect(Math.abs(ours.length - reference.length)).toBeLessThanOrEqual(1)
      expect(differenceDb(ours, Float32Array.from(reference), 2000)).toBeLessThan(-80)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
