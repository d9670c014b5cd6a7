import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createOrtRuntime } from '../../../../inference/ort-runtime'
import { loadTokenizer } from '../../../../inference/tokenizer'
import { decodeInPieces } from '../decode-in-pieces'
import { largestDifference, unpackFloats, unpackTinyModel } from '../../../../../test/support/tiny-engine'
import { delayedCodes, type CodeFrame } from './codes'
import { readMusicgenConfig, type MusicgenConfig } from './config'
import { continueCodes, generateCodes } from './generate'
import { loadMusicgenNetwork, type MusicgenNetwork } from './network'
import { greedy } from './sampling'

/* The tiny MusicGen that scripts/reference/musicgen makes, and what transformers computes with its weights. */

interface ReferenceCase {
  text: string
  tokens: number[]
  /** Base64 of float32: [tokens, width]. */
  hidden: string
  /** [codebook][frame], where it goes on from something. */
  prompt: number[][] | null
  first: number[][]
  pattern: number[][]
  codes: number[][]
  /** [steps, codebooks, codes], guided, along the greedy codes. */
  logits: string
  sound: string
}

const model = unpackTinyModel('musicgen')
const cases = model.read('expected.json') as ReferenceCase[]
const signal = new AbortController().signal
let config: MusicgenConfig
let network: MusicgenNetwork

beforeAll(async () => {
  config = await readMusicgenConfig(model.files())
  network = await loadMusicgenNetwork(model.files(), createOrtRuntime({ providers: ['cpu'] }), config)
})
afterAll(async () => {
  await network.release()
  model.remove()
})

/** [codebook][frame] as frames. */
const framesOf = (rows: readonly (readonly number[])[]): CodeFrame[] =>
  (rows[0] ?? []).map((_, frame) => rows.map((row) => row[frame]!))

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

/** The network with the logits of its steps kept. */
function recorded(): { network: MusicgenNetwork; logits: Float32Array[]; steps: number[] } {
  const logits: Float32Array[] = []
  const steps: number[] = []
  return {
    ...{ logits, steps },
    network: {
      ...network,
      async start(conditioning, rows) {
        const step = await network.start(conditioning, rows)
        logits.push(...step.logits)
        steps.push(rows[0]!.length)
        return step
      },
      async next(before, codes) {
        const step = await network.next(before, codes)
        logits.push(...step.logits)
        steps.push(steps.pop()! + 1)
        return step
      },
    },
  }
}

describe.each(cases)('“$text” beside transformers', (expected) => {
  it('has the same tokens, and the same states of the text encoder', async () => {
    const files = model.files()
    const { encode } = await loadTokenizer(files.path('tokenizer.json'), files.path('tokenizer_config.json'))
    expect([...encode(expected.text), config.endToken]).toEqual(expected.tokens)
    const { states, mask } = await network.encode(expected.tokens)
    const hidden = unpackFloats(expected.hidden)
    const data = states.data as Float32Array
    expect(largestDifference(data.subarray(0, hidden.length), hidden)).toBeLessThan(1e-5)
    expect(data.subarray(hidden.length).every((value) => value === 0)).toBe(true)
    expect(mask.dims).toEqual([2, expected.tokens.length])
  })

  it('has the same delay pattern', () => {
    const frames = expected.codes[0]!.length
    const given = framesOf(expected.prompt ?? [])
    const { first, fixed, steps } = delayedCodes(given, { frames, ...config })
    expect(first()).toEqual(expected.first)
    const pattern = expected.pattern.map((row, codebook) => row.map((_, step) => fixed(step, codebook) ?? -1))
    expect(pattern).toEqual(expected.pattern)
    expect(steps).toBe(expected.pattern[0]!.length)
  })

  it('has the same guided logits, and the same codes where the likeliest are taken', async () => {
    const conditioning = await network.encode(expected.tokens)
    const given = framesOf(expected.prompt ?? [])
    const frames = framesOf(expected.codes)
    const { network: recording, logits } = recorded()
    const request = { conditioning, pick: greedy, signal }
    const codes = await all(continueCodes(recording, config, request, given, frames.length))
    expect([...given, ...codes]).toEqual(frames)
    const flat = Float32Array.from(logits.flatMap((row) => [...row]))
    expect(largestDifference(flat, unpackFloats(expected.logits))).toBeLessThan(1e-4)
  })

  it('has the same sound', async () => {
    const sound = await network.sound(framesOf(expected.codes))
    expect(sound.length).toBe(expected.codes[0]!.length * config.frameSamples)
    expect(largestDifference(sound, unpackFloats(expected.sound))).toBeLessThan(1e-5)
  })
})

describe('beyond the window', () => {
  const [first] = cases as [ReferenceCase]
  const pick = greedy

  it('goes on from the end of what there is, and never sees more than the window', async () => {
    const conditioning = await network.encode(first.tokens)
    const { network: recording, steps } = recorded()
    const request = { conditioning, pick, signal, frames: 30, windowFrames: 14, strideFrames: 9 }
    const codes = await all(generateCodes(recording, config, request))
    expect(codes).toHaveLength(30)
    expect(codes.slice(0, 14)).toEqual(framesOf(first.codes))
    const next = await all(continueCodes(network, config, request, codes.slice(9, 14), 14))
    expect(codes.slice(14, 23)).toEqual(next)
    const last = await all(continueCodes(network, config, request, codes.slice(18, 23), 5 + 7))
    expect(codes.slice(23)).toEqual(last)
    expect(steps).toEqual([17, 17, 15])
  })

  it('stops between two steps when it is canceled', async () => {
    const conditioning = await network.encode(first.tokens)
    const abort = new AbortController()
    const request = { conditioning, pick, signal: abort.signal }
    let frames = 0
    const running = (async () => {
      for await (const frame of continueCodes(network, config, request, [], 1000)) {
        frames += frame.length / config.codebooks
        if (frames === 3) abort.abort()
      }
    })()
    await expect(running).rejects.toMatchObject({ code: 'canceled' })
    expect(frames).toBe(3)
  })
})

describe('sound that is decoded piece by piece', () => {
  // Any codes: what is asked is whether the cuts can be heard.
  const codes: CodeFrame[] = Array.from({ length: 137 }, (_, frame) =>
    Array.from({ length: 4 }, (_, codebook) => (frame * (7 + 3 * codebook) + 11 * codebook) % 64),
  )
  async function* stream() {
    yield* codes
    await Promise.resolve()
  }

  it.each([
    { items: 40, before: 30, after: 10 },
    { items: 64, before: 30, after: 73 },
    { items: 500, before: 30, after: 10 },
  ])('is that of the whole: %o', async (windows) => {
    const whole = await network.sound(codes)
    const decode = async (frames: readonly CodeFrame[]) => [await network.sound(frames)]
    const pieces = (await all(decodeInPieces(stream(), decode, windows))).map(({ channels }) => channels[0]!)
    const joined = Float32Array.from(pieces.flatMap((piece) => [...piece]))
    expect(largestDifference(joined, whole)).toBeLessThan(1e-5)
    const longest = Math.max(...pieces.map((piece) => piece.length))
    expect(longest).toBeLessThanOrEqual(windows.items * config.frameSamples)
  })
})
