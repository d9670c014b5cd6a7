import { describe, expect, it } from 'vitest'

import { createBleep } from './bleep'
import { mergeEdits, type Edit, type EditAction } from './edit-list'
import { applyEdits, type EditedAudio } from './edit-list-apply'
import { createSilence } from './edit-list-fill'
import { createRealFft } from './fft-real'
import type { PcmBlock } from './pcm'
import { createRoomTone, createRoomToneFinder } from './room-tone'

const rate = 16_000
const fadeFrames = 128
const crossfadeFrames = 192

const edit = (startFrame: number, endFrame: number, action: EditAction, exact = true): Edit => ({
  startFrame,
  endFrame,
  action,
  exact,
})

/** White noise of a seed. */
function noise(frames: number, seed: number, amplitude = 0.5): Float32Array {
  let state = seed >>> 0
  return Float32Array.from({ length: frames }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return amplitude * (state / 2 ** 31 - 1)
  })
}

function tone(frequencyHz: number, frames: number, amplitude = 0.5): Float32Array {
  return Float32Array.from(
    { length: frames },
    (_, n) => amplitude * Math.sin((2 * Math.PI * frequencyHz * n) / rate + 0.3),
  )
}

async function* blocksOf(channels: Float32Array[], blockFrames: number): AsyncGenerator<PcmBlock> {
  for (let start = 0; start < channels[0]!.length; start += blockFrames) {
    yield { channels: channels.map((samples) => samples.slice(start, start + blockFrames)) }
  }
}

async function run(
  channels: Float32Array[],
  edits: Edit[],
  changes: Partial<Parameters<typeof applyEdits>[2]> & { blockFrames?: number } = {},
): Promise<{ channels: Float32Array[]; edited: EditedAudio }> {
  const { blockFrames = 1000, ...options } = changes
  const edited = applyEdits(blocksOf(channels, blockFrames), mergeEdits(edits), {
    ...{ channels: channels.length, totalFrames: channels[0]!.length },
    ...{ fadeFrames, crossfadeFrames, searchFrames: 80 },
    fill: ({ action }) =>
      action === 'bleep'
        ? createBleep({ sampleRateHz: rate, frequencyHz: 1000, amplitudes: channels.map(() => 0.4) })
        : createSilence(channels.length),
    ...options,
  })
  const parts: Float32Array[][] = channels.map(() => [])
  for await (const block of edited.blocks) block.channels.forEach((samples, c) => parts[c]!.push(samples))
  return { channels: parts.map((list) => Float32Array.from(list.flatMap((part) => [...part]))), edited }
}

/** Largest difference of neighbouring samples in `start` ≤ n < `end`. */
function steepest(samples: Float32Array, start: number, end: number): number {
  let steepestStep = 0
  for (let n = Math.max(1, start); n < end; n++) {
    steepestStep = Math.max(steepestStep, Math.abs(samples[n]! - samples[n - 1]!))
  }
  return steepestStep
}

/** Share of the power of 512 samples around a place that lies above a quarter of the sample rate. */
function highShare(samples: Float32Array, around: number): number {
  const size = 512
  const frame = samples
    .slice(around - size / 2, around + size / 2)
    .map((x, n) => x * Math.sin((Math.PI * (n + 0.5)) / size) ** 2)
  const spectrum = new Float64Array(size + 2)
  createRealFft(size).forward(Float64Array.from(frame), spectrum)
  const power = Array.from(
    { length: size / 2 + 1 },
    (_, bin) => spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2,
  )
  const sum = (part: number[]) => part.reduce((total, value) => total + value, 0)
  return sum(power.slice(size / 4)) / sum(power)
}

describe('mute and bleep', () => {
  const input = [noise(20_000, 1), noise(20_000, 2)]

  it.each([1, 37, 1000, 20_000])('change nothing outside, in blocks of %i', async (blockFrames) => {
    const { channels } = await run(input, [edit(5_000, 9_000, 'mute'), edit(12_345, 15_001, 'bleep')], {
      blockFrames,
    })
    channels.forEach((samples, c) => {
      expect(samples.length).toBe(20_000)
      for (const [start, end] of [
        [0, 5_000],
        [9_000, 12_345],
        [15_001, 20_000],
      ] as const) {
        expect(samples.subarray(start, end)).toEqual(input[c]!.subarray(start, end))
      }
    })
  })

  it('leave digital silence within the fades of a mute, and fades without a step', async () => {
    const low = [tone(200, 20_000)]
    const { channels } = await run(low, [edit(5_000, 9_000, 'mute')])
    expect(channels[0]!.subarray(5_000 + fadeFrames, 9_000 - fadeFrames).every((x) => x === 0)).toBe(true)
    expect(steepest(channels[0]!, 4_900, 9_100)).toBeLessThan(1.2 * steepest(low[0]!, 0, 5_000))
  })

  it('put a tone of the asked pitch and loudness in the place of the sound', async () => {
    const { channels } = await run(input, [edit(4_000, 12_000, 'bleep')])
    const inside = channels[0]!.slice(4_000 + fadeFrames, 12_000 - fadeFrames)
    expect(Math.max(...inside)).toBeCloseTo(0.4, 3)
    const crossings = inside.filter((x, n) => n > 0 && x >= 0 && inside[n - 1]! < 0).length
    expect(crossings / (inside.length / rate)).toBeCloseTo(1000, -1)
  })

  it('take edits shorter than their fades, and of one frame', async () => {
    const { channels } = await run(input, [edit(100, 101, 'mute'), edit(200, 260, 'mute')])
    expect(channels[0]!.length).toBe(20_000)
    expect(Math.abs(channels[0]![230]!)).toBeLessThan(0.05)
    expect(channels[0]!.subarray(260)).toEqual(input[0]!.subarray(260))
  })
})

describe('cuts', () => {
  it('take out exactly their frames, and change nothing but half a crossfade at either side', async () => {
    const input = [noise(30_000, 3), noise(30_000, 4)]
    const { channels, edited } = await run(input, [edit(10_000, 14_321, 'cut'), edit(20_000, 20_500, 'cut')])
    const half = crossfadeFrames / 2
    channels.forEach((samples, c) => {
      expect(samples.length).toBe(30_000 - 4_321 - 500)
      expect(samples.subarray(0, 10_000 - half)).toEqual(input[c]!.subarray(0, 10_000 - half))
      expect(samples.subarray(10_000 + half, 15_679 - half)).toEqual(
        input[c]!.subarray(14_321 + half, 20_000 - half),
      )
      expect(samples.subarray(15_679 + half)).toEqual(input[c]!.subarray(20_500 + half))
    })
    expect(edited.applied()).toMatchObject([
      { outputStartFrame: 10_000, outputEndFrame: 10_000 },
      { outputStartFrame: 15_679, outputEndFrame: 15_679 },
    ])
  })

  it('sound without a click: no step and no splash of high frequencies in the seam of a tone', async () => {
    const input = tone(220, 32_000)
    // Cut so that the two sides are as far out of phase as can be.
    const period = rate / 220
    const end = 10_000 + Math.round(20.5 * period)
    const plain = Float32Array.from([...input.subarray(0, 10_000), ...input.subarray(end)])
    const { channels } = await run([input], [edit(10_000, end, 'cut')])
    const [samples] = channels as [Float32Array]
    expect(steepest(samples, 9_700, 10_300)).toBeLessThan(1.5 * steepest(input, 0, 9_000))
    expect(highShare(samples, 10_000)).toBeLessThan(1e-4)
    // What a click looks like by the same measure:
    expect(highShare(plain, 10_000)).toBeGreaterThan(10 * highShare(samples, 10_000))
  })

  it('align the end of a cut that is not exact, and say where it is', async () => {
    const input = tone(220, 32_000)
    const end = 10_000 + Math.round(20.5 * (rate / 220))
    const { channels, edited } = await run([input], [edit(10_000, end, 'cut', false)])
    const [cut] = edited.applied() as [ReturnType<EditedAudio['applied']>[number]]
    const removed = cut.endFrame - cut.startFrame
    expect(channels[0]!.length).toBe(32_000 - removed)
    expect(Math.abs(cut.endFrame - end)).toBeLessThanOrEqual(80)
    // A whole number of periods is taken out: the tone goes on as if nothing had been.
    expect(Math.abs(removed / (rate / 220) - Math.round(removed / (rate / 220)))).toBeLessThan(0.02)
    const seam = channels[0]!.subarray(9_900, 10_100)
    expect(Math.max(...seam.map(Math.abs))).toBeCloseTo(0.5, 2)
  })

  it('keep the loudness in the seam of sounds that are not alike', async () => {
    const powers: number[] = []
    for (let seed = 1; seed <= 60; seed++) {
      const { channels } = await run([noise(4_000, seed)], [edit(1_000, 2_000, 'cut')])
      const seam = channels[0]!.subarray(1_000 - 60, 1_000 + 60)
      powers.push(seam.reduce((sum, x) => sum + x * x, 0) / seam.length)
    }
    const decibels = 10 * Math.log10(powers.reduce((sum, p) => sum + p, 0) / powers.length / (0.25 / 3))
    expect(Math.abs(decibels)).toBeLessThan(0.5)
  })

  it('fade in where the beginning is cut off, and out where the end is', async () => {
    const input = [tone(300, 8_000).map(() => 0.5)]
    const { channels } = await run(input, [edit(0, 2_000, 'cut'), edit(6_000, 8_000, 'cut')])
    const [samples] = channels as [Float32Array]
    expect(samples.length).toBe(4_000)
    expect(Math.abs(samples[0]!)).toBeLessThan(0.02)
    expect(Math.abs(samples.at(-1)!)).toBeLessThan(0.02)
    expect(steepest(samples, 0, 4_000)).toBeLessThan(0.02)
    expect(samples.subarray(96, 3_904).every((x) => x === 0.5)).toBe(true)
  })

  it('hold their lengths when they are close together, short, or beside a bleep', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const dice = noise(40, seed, 1)
      const edits = Array.from({ length: 8 }, (_, index) => {
        const start = Math.floor(Math.abs(dice[4 * index]!) * 3_000)
        const length = 1 + Math.floor(Math.abs(dice[4 * index + 1]!) * 300)
        const action = (['cut', 'cut', 'bleep', 'mute'] as const)[index % 4]!
        return edit(start, Math.min(3_000, start + length), action, dice[4 * index + 2]! > 0)
      })
      const { channels, edited } = await run([noise(3_000, seed)], edits, { blockFrames: 1 + seed })
      const applied = edited.applied()
      const removed = applied
        .filter(({ action }) => action === 'cut')
        .reduce((sum, { startFrame, endFrame }) => sum + endFrame - startFrame, 0)
      expect(channels[0]!.length, `seed ${seed}`).toBe(3_000 - removed)
      expect(channels[0]!.every(Number.isFinite)).toBe(true)
      applied.slice(1).forEach((next, index) => {
        expect(next.startFrame, `seed ${seed}`).toBeGreaterThanOrEqual(applied[index]!.endFrame)
      })
    }
  })
})

describe('room tone', () => {
  const level = (samples: Float32Array) =>
    10 * Math.log10(samples.reduce((sum, x) => sum + x * x, 0) / samples.length)
  const piece = 320

  function findIn(samples: Float32Array) {
    const finder = createRoomToneFinder(1)
    for (let start = 0; start + piece <= samples.length; start += piece) {
      const part = samples.slice(start, start + piece)
      finder.add({ channels: [part] }, level(part))
    }
    return finder.found()
  }

  it('is found in the quietest stretch, not in digital silence', () => {
    const samples = Float32Array.from([
      ...new Float32Array(16_000),
      ...noise(16_000, 5, 0.3),
      ...noise(8_000, 6, 0.002),
      ...noise(16_000, 7, 0.3),
    ])
    // The loudest of its pieces is a little above the mean.
    expect(Math.abs(findIn(samples)!.levelDb - 20 * Math.log10(0.002 / Math.sqrt(3)))).toBeLessThan(1)
    expect(findIn(new Float32Array(32_000))).toBeNull()
    expect(findIn(noise(1_000, 8))).toBeNull()
  })

  it.each([
    ['faint, as it is', 0.0002, 0.0002],
    ['loud, below the limit', 0.02, 0.0009],
  ])('goes on for as long as wanted: %s', (_, amplitude, expected) => {
    const found = findIn(noise(16_000, 9, amplitude))!
    const fill = createRoomTone(found, { sampleRateHz: rate, maxAmplitude: 0.0009, seed: 1 })
    const samples = Float32Array.from([...fill(777)[0]!, ...fill(60_000)[0]!])
    expect(Math.max(...samples.map(Math.abs))).toBeLessThanOrEqual(0.0009)
    expect(level(samples)).toBeGreaterThan(20 * Math.log10(expected / Math.SQRT2 / Math.sqrt(3)) - 1)
    // No loop: half a second later it is something else.
    const product = samples.subarray(0, 30_000).reduce((sum, x, n) => sum + x * samples[n + 8_000]!, 0)
    const power = samples.subarray(0, 30_000).reduce((sum, x) => sum + x * x, 0)
    expect(Math.abs(product / power)).toBeLessThan(0.1)
  })
})
