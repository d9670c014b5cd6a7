import { describe, expect, it } from 'vitest'
import {
  createSpeechWindows,
  cutIntoWindows,
  type SpeechWindow,
  type SpeechWindowOptions,
} from './speech-windows'
import { loudnessDetector } from './testing/loudness-detector'
import { quietJob } from './testing/quiet-job'
import { seededRandom } from './testing/seeded-random'

const RATE = 16_000

/** `parts` of [seconds, level]; every sample is a different number, so that a wrong offset shows. */
function stream(...parts: [seconds: number, level: number][]): Float32Array {
  const random = seededRandom(7)
  const lengths = parts.map(([seconds]) => Math.round(seconds * RATE))
  const samples = new Float32Array(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  for (const [index, [, level]] of parts.entries()) {
    for (const end = at + lengths[index]!; at < end; at++) samples[at] = level * (0.95 + 0.1 * random())
  }
  return samples
}

async function* blocksOf(samples: Float32Array, ...lengths: number[]): AsyncGenerator<Float32Array> {
  for (let at = 0, turn = 0; at < samples.length; turn++) {
    const length = lengths[turn % lengths.length]!
    yield samples.slice(at, at + length)
    at += length
    await Promise.resolve()
  }
}

async function cut(
  samples: Float32Array,
  options: Partial<SpeechWindowOptions> = {},
  blocks = [7777, 1, 64_000],
) {
  const windows = createSpeechWindows({
    model: loudnessDetector(),
    job: quietJob(),
    windowSeconds: 30,
    ...options,
  })
  const found: SpeechWindow[] = []
  for await (const window of cutIntoWindows(blocksOf(samples, ...blocks), windows)) found.push(window)
  for (const { start, samples: held } of found) {
    const first = Math.round(start * RATE)
    expect(first / RATE).toBe(start)
    expect(
      Buffer.from(held.buffer).equals(Buffer.from(samples.slice(first, first + held.length).buffer)),
    ).toBe(true)
  }
  return { found, regions: windows.regions() }
}

const lengthOf = (window: SpeechWindow) => window.samples.length / RATE

describe('speech windows', () => {
  it('gives nothing for silence, for nothing and for a click', async () => {
    expect((await cut(stream([30, 0]))).found).toEqual([])
    expect((await cut(new Float32Array())).found).toEqual([])
    expect((await cut(stream([2, 0], [0.1, 1], [2, 0]))).found).toEqual([])
    expect((await cut(stream([0.1, 0]))).found).toEqual([])
  })

  it('pads speech and gives its place to the frame', async () => {
    const { found, regions } = await cut(stream([1.6, 0], [1.6, 1], [4.8, 0]))
    expect(found).toHaveLength(1)
    expect(regions).toEqual([{ start: 1.6, end: 3.2 }])
    expect(found[0]).toMatchObject({ start: 1.4, cut: 'pause', overlapSeconds: 0, regions })
    expect(lengthOf(found[0]!)).toBeCloseTo(2, 6)
  })

  it('keeps speech that reaches the ends of the recording', async () => {
    const samples = stream([1.23456, 1])
    const { found } = await cut(samples)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ start: 0, cut: 'pause' })
    expect(found[0]!.samples).toHaveLength(samples.length)
  })

  it('joins what is near, parts what is far', async () => {
    const near = await cut(stream([1, 1], [1.5, 0], [1, 1], [1.5, 0], [1, 1], [4, 0]))
    expect(near.found).toHaveLength(1)
    expect(near.found[0]!.regions).toHaveLength(3)
    const far = await cut(stream([1, 1], [2.5, 0], [1, 1], [4, 0]))
    expect(far.found).toHaveLength(2)
  })

  it('cuts in the last pause that fits', async () => {
    const { found } = await cut(stream([4, 1], [0.5, 0], [4, 1], [0.5, 0], [4, 1], [0.5, 0], [4, 1]), {
      windowSeconds: 10,
    })
    expect(found.map(({ regions }) => regions.length)).toEqual([2, 2])
    expect(found.every((window) => lengthOf(window) <= 10 && window.overlapSeconds === 0)).toBe(true)
  })

  it('cuts speech without a pause where it is weakest, with an overlap', async () => {
    const { found, regions } = await cut(stream([8, 0.9], [0.1, 0.55], [6, 0.9], [1, 0]), {
      windowSeconds: 10,
    })
    expect(regions).toHaveLength(1)
    expect(found.map((window) => window.cut)).toEqual(['forced', 'pause'])
    const [first, second] = found as [SpeechWindow, SpeechWindow]
    expect(second.overlapSeconds).toBe(1)
    expect(first.start + lengthOf(first) - second.start).toBeCloseTo(1, 6)
    expect(second.start + 0.5).toBeGreaterThan(8)
    expect(second.start + 0.5).toBeLessThan(8.1)
  })

  it('among equally likely places it cuts at the quietest', async () => {
    const { found } = await cut(stream([8, 1], [0.1, 0.97], [6, 1], [1, 0]), { windowSeconds: 10 })
    expect(found[1]!.start + 0.5).toBeCloseTo(8.05, 1)
  })

  it('covers all speech, in order, within bounds, for random recordings and blocks', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed)
      const parts = Array.from({ length: 12 }, (_, index): [number, number] => [
        random() ** 3 * (index % 2 ? 20 : 6),
        index % 2 ? 0.7 + 0.2 * random() : 0,
      ])
      const windowSeconds = 3 + random() * 10
      const blocks = [1 + random() * 5000, 1 + random() * 90_000].map(Math.floor)
      const { found, regions } = await cut(stream(...parts), { windowSeconds }, blocks)
      for (const [index, window] of found.entries()) {
        expect(lengthOf(window)).toBeLessThanOrEqual(windowSeconds + 1e-4)
        const previous = found[index - 1]
        if (!previous) continue
        const shared = previous.start + lengthOf(previous) - window.start
        if (previous.cut === 'forced') expect(shared).toBeCloseTo(window.overlapSeconds, 6)
        else {
          expect(shared).toBeLessThanOrEqual(1e-9)
          expect(window.overlapSeconds).toBe(0)
        }
      }
      const held = (at: number) =>
        found.some(({ start, samples }) => at >= start && at < start + samples.length / RATE)
      for (const { start, end } of regions) {
        for (let at = start; at < end; at += 0.05) expect(held(at), `seed ${seed} at ${at}`).toBe(true)
      }
    }
  })

  it('asks the detector for a bounded block however large the pushed one is, and stops when canceled', async () => {
    const model = loudnessDetector()
    const stopping = new AbortController()
    const windows = createSpeechWindows({ model, job: quietJob(stopping.signal), windowSeconds: 30 })
    await windows.push(new Float32Array(20 * RATE))
    expect(model.longestInput).toBe(2 * RATE)
    stopping.abort(new Error('canceled'))
    await expect(windows.push(new Float32Array(4 * RATE))).rejects.toThrow('canceled')
  })
})
