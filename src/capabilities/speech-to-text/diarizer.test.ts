import { describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../inference/engine'
import { assignSpeakers, createDiarizer, type DiarizerOptions, type SpeakerTurn } from './diarizer'
import type { SpeakerEmbeddingInput, SpeakerEmbeddingOutput } from './speaker-embedding'
import { quietJob } from './testing/quiet-job'
import { seededRandom } from './testing/seeded-random'

const RATE = 16_000

/** Knows voices by their level: 0.1 is voice 1, 0.2 is voice 2; a window of two is a mix of both. */
function levelEmbedder(): LoadedModel<SpeakerEmbeddingInput, SpeakerEmbeddingOutput> & { runs: number } {
  const random = seededRandom(4)
  const embedder = {
    bytes: 0,
    runs: 0,
    run({ samples }: SpeakerEmbeddingInput): Promise<SpeakerEmbeddingOutput> {
      embedder.runs++
      const embedding = new Float32Array(12)
      for (let n = 0; n < samples.length; n += 100)
        embedding[Math.round(samples[n]! * 10)]! += 100 / samples.length
      for (let d = 0; d < embedding.length; d++) embedding[d]! += (random() - 0.5) * 0.2
      const length = Math.hypot(...embedding)
      return Promise.resolve({ embedding: embedding.map((value) => value / length), sameSpeakerCosine: 0.5 })
    },
    release: () => Promise.resolve(),
  }
  return embedder
}

type Said = [voice: number, seconds: number]

/** A window in which voices follow one another; 0 is a pause. */
function windowOf(start: number, ...said: Said[]) {
  const lengths = said.map(([, seconds]) => Math.round(seconds * RATE))
  const samples = new Float32Array(lengths.reduce((sum, length) => sum + length, 0))
  let filled = 0
  for (const [index, [voice]] of said.entries()) {
    samples.fill(voice / 10, filled, (filled += lengths[index]!))
  }
  const regions: { start: number; end: number }[] = []
  let at = start
  let isSpeech = false
  for (const [voice, seconds] of said) {
    if (voice > 0 && isSpeech) regions.at(-1)!.end = at + seconds
    else if (voice > 0) regions.push({ start: at, end: at + seconds })
    isSpeech = voice > 0
    at += seconds
  }
  return { start, samples, regions }
}

async function diarize(windows: ReturnType<typeof windowOf>[], options: Partial<DiarizerOptions> = {}) {
  const diarizer = createDiarizer({ model: levelEmbedder(), job: quietJob(), numSpeakers: null, ...options })
  for (const window of windows) await diarizer.add(window)
  return diarizer.finish()
}

const told = (turns: SpeakerTurn[]) => turns.map(({ speaker }) => speaker)

describe('diarizer', () => {
  it('tells two voices apart, numbered as they appear, with the times of their turns', async () => {
    const turns = await diarize([
      windowOf(10, [7, 6], [0, 1], [2, 5], [0, 1], [7, 4]),
      windowOf(40, [2, 6], [0, 0.4], [7, 3]),
    ])
    expect(told(turns)).toEqual([0, 1, 0, 1, 0])
    expect(turns[0]).toEqual({ start: 10, end: 16, speaker: 0, name: null })
    expect(turns[1]).toMatchObject({ start: 17, end: 22 })
    expect(turns[3]).toMatchObject({ start: 40, end: 46 })
  })

  it('finds a change without a pause to less than half a second', async () => {
    const turns = await diarize([windowOf(0, [3, 6.3], [5, 7.1], [3, 5])])
    expect(told(turns)).toEqual([0, 1, 0])
    expect(Math.abs(turns[0]!.end - 6.3)).toBeLessThan(0.45)
    expect(Math.abs(turns[1]!.end - 13.4)).toBeLessThan(0.45)
    expect(turns[1]!.start).toBe(turns[0]!.end)
  })

  it('gives one speaker to one voice, none to silence, and too short a word to its neighbour', async () => {
    expect(told(await diarize([windowOf(0, [4, 20])]))).toEqual([0])
    expect(await diarize([])).toEqual([])
    expect(await diarize([windowOf(0, [4, 0.2])])).toEqual([])
    const turns = await diarize([windowOf(0, [4, 8], [0, 2], [1, 0.3], [0, 0.4], [1, 8])])
    expect(told(turns)).toEqual([0, 1])
    expect(turns[1]!.start).toBe(10)
  })

  it('does not hear the overlap of two windows twice', async () => {
    const model = levelEmbedder()
    const diarizer = createDiarizer({ model, job: quietJob(), numSpeakers: null })
    await diarizer.add(windowOf(0, [4, 9]))
    const once = model.runs
    await diarizer.add(windowOf(8, [4, 1]))
    expect(model.runs).toBe(once)
  })

  it('names who is known', async () => {
    const embedding = new Float32Array(12)
    embedding[7] = 1
    const other = new Float32Array(12)
    other[9] = 1
    const turns = await diarize([windowOf(0, [2, 6], [0, 1], [7, 6])], {
      known: [
        { name: 'Asha', embedding },
        { name: 'Nobody here', embedding: other },
      ],
    })
    expect(turns.map(({ name }) => name)).toEqual([null, 'Asha'])
  })

  it('takes the number of speakers that it is given', async () => {
    const windows = [windowOf(0, [1, 8], [0, 1], [2, 8], [0, 1], [3, 8])]
    expect(new Set(told(await diarize(windows))).size).toBe(3)
    expect(new Set(told(await diarize(windows, { numSpeakers: 2 }))).size).toBe(2)
  })

  it('stays quick and right when there is more than it keeps apart', async () => {
    const random = seededRandom(9)
    const voice = () => 1 + Math.floor(random() * 3)
    const windows = Array.from({ length: 70 }, (_, index) =>
      windowOf(index * 40, [voice(), 13], [0, 1], [voice(), 13]),
    )
    const turns = await diarize(windows)
    expect(new Set(told(turns)).size).toBe(3)
    expect(turns.at(-1)!.end).toBeCloseTo(69 * 40 + 27, 5)
  })

  it('stops when canceled', async () => {
    const job = quietJob(AbortSignal.abort(new Error('canceled')))
    await expect(diarize([windowOf(0, [1, 5])], { job })).rejects.toThrow('canceled')
  })
})

describe('assignSpeakers', () => {
  const turn = (start: number, end: number, speaker: number): SpeakerTurn => ({
    start,
    end,
    speaker,
    name: null,
  })

  it('gives a word to the turn that holds most of it, or to the nearest', () => {
    const turns = [turn(1, 4, 0), turn(4, 6, 1), turn(9, 12, 0)]
    const words = [
      { start: 0.2, end: 0.6 },
      { start: 3.5, end: 4.2 },
      { start: 3.9, end: 4.6 },
      { start: 6.5, end: 6.9 },
      { start: 8.4, end: 8.8 },
      { start: 20, end: 21 },
    ]
    expect(assignSpeakers(words, turns)).toEqual([0, 0, 1, 1, 0, 0])
    expect(assignSpeakers(words, [])).toEqual(words.map(() => null))
  })

  it('says what looking at every turn says', () => {
    const random = seededRandom(12)
    const spans = (count: number, longest: number) => {
      let at = 0
      return Array.from({ length: count }, () => {
        const start = at + random() * 2
        at = start + 0.1 + random() * longest
        return { start, end: at }
      })
    }
    const turns = spans(60, 6).map((span, index) => ({ ...span, speaker: index % 4, name: null }))
    const words = spans(300, 0.7)
    const expected = words.map((word) => {
      const overlap = (one: SpeakerTurn) => Math.min(word.end, one.end) - Math.max(word.start, one.start)
      return turns.reduce((best, one) => (overlap(one) > overlap(best) ? one : best)).speaker
    })
    expect(assignSpeakers(words, turns)).toEqual(expected)
  })
})
