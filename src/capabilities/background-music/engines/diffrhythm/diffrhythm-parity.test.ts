import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createOrtRuntime } from '../../../../inference/ort-runtime'
import { loadTokenizer } from '../../../../inference/tokenizer'
import { decodeInPieces } from '../decode-in-pieces'
import { largestDifference, unpackFloats, unpackTinyModel } from '../../../../../test/support/tiny-engine'
import { readDiffrhythmConfig, type DiffrhythmConfig } from './config'
import { loadDiffrhythmNetwork, type DiffrhythmNetwork } from './network'
import { generateLatents, generateWindow } from './song'

/* The tiny DiffRhythm that scripts/reference/diffrhythm makes, and what its authors' code computes with its weights. */

interface ReferenceCase {
  prompt: string
  tokens: number[]
  style: string
  text: number[]
  sway: number
  /** Frames that are given, of `condition`. */
  known: number
  condition: string
  noise: string
  latent: string
  /** Of the first three frames. */
  audio: string | null
}

const model = unpackTinyModel('diffrhythm')
const cases = model.read('expected.json') as ReferenceCase[]
const options = { max_frames: 24, channels: 8, known_frames: 10, time_points: 9 }
let config: DiffrhythmConfig
let network: DiffrhythmNetwork

beforeAll(async () => {
  config = await readDiffrhythmConfig(model.files(options))
  network = await loadDiffrhythmNetwork(
    model.files(options),
    createOrtRuntime({ providers: ['cpu'] }),
    config,
  )
})
afterAll(async () => {
  await network.release()
  model.remove()
})

const framesOf = (values: Float32Array): Float32Array[] =>
  Array.from({ length: values.length / 8 }, (_, frame) => values.slice(8 * frame, 8 * frame + 8))

const flat = (frames: readonly Float32Array[]) => Float32Array.from(frames.flatMap((frame) => [...frame]))

/** As the reference has drawn them. */
function noiseOf(packed: string): () => number {
  const numbers = unpackFloats(packed)
  let at = 0
  return () => numbers[at++]!
}

const job = () => ({ signal: new AbortController().signal, progress: () => undefined })

describe.each(cases)('“$prompt” beside the authors’ code', (expected) => {
  it('has the same tokens, and the same style', async () => {
    const files = model.files()
    const { encode, idOf } = await loadTokenizer(
      files.path('tokenizer.json'),
      files.path('tokenizer_config.json'),
    )
    expect([idOf('<s>'), ...encode(expected.prompt), idOf('</s>')]).toEqual(expected.tokens)
    const style = await network.style(expected.tokens)
    expect(largestDifference(style, unpackFloats(expected.style))).toBeLessThan(1e-6)
  })

  it('has the same latents where the noise is the same', async () => {
    const latents = await generateWindow(
      network,
      { ...config.options, sway: expected.sway },
      {
        ...job(),
        style: unpackFloats(expected.style),
        textAt: (frame) => expected.text[frame]!,
        gaussian: noiseOf(expected.noise),
        offset: 0,
        known: framesOf(unpackFloats(expected.condition)).slice(0, expected.known),
      },
    )
    expect(largestDifference(flat(latents), unpackFloats(expected.latent))).toBeLessThan(1e-4)
  })
})

describe('the decoder of the VAE', () => {
  it('has the same sound in both channels', async () => {
    const [{ latent, audio }] = cases as [ReferenceCase]
    const planes = await network.sound(framesOf(unpackFloats(latent)).slice(0, 3))
    expect(planes.map((plane) => plane.length)).toEqual([6144, 6144])
    expect(largestDifference(flat(planes), unpackFloats(audio!))).toBeLessThan(1e-5)
  })
})

describe('a song that is longer than a run', () => {
  it('goes on from its last frames, and every frame has its lyrics', async () => {
    const asked: number[][] = []
    const runs: Float32Array[] = []
    const fractions: number[] = []
    const noisy = { ...config.options, time_points: 3 }
    const latents: Float32Array[] = []
    const request = {
      signal: new AbortController().signal,
      progress: (fraction: number) => void fractions.push(fraction),
      style: unpackFloats(cases[0]!.style),
      textAt: (frame: number) => frame % 50,
      frames: 60,
    }
    const watched = {
      velocity: (sample: Float32Array, _: number, conditions: Parameters<typeof network.velocity>[2]) => {
        asked.push([...conditions.text])
        runs.push(conditions.known)
        return Promise.resolve(sample.map((value) => -value))
      },
    }
    // Noise by a formula: four runs need more than the reference holds.
    let count = 0
    const gaussian = () => Math.sin(++count)
    for await (const latent of generateLatents(watched, noisy, { ...request, gaussian })) latents.push(latent)
    expect(latents).toHaveLength(60)
    // Runs begin at frames 0, 14, 28 and 42, and ask for the velocity twice.
    expect(asked.map(([first]) => first)).toEqual([0, 0, 14, 14, 28, 28, 42, 42])
    const given = framesOf(runs[2]!)
    expect(given.slice(0, 10)).toEqual(latents.slice(14, 24))
    expect(given.slice(10).every((frame) => frame.every((value) => value === 0))).toBe(true)
    expect(fractions).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((step) => step / 8))
  })

  it('is decoded piece by piece as it is as a whole', async () => {
    const frames = Array.from({ length: 50 }, (_, frame) =>
      Float32Array.from({ length: 8 }, (_, channel) => Math.sin(1.3 * frame + channel)),
    )
    async function* stream() {
      yield* frames
      await Promise.resolve()
    }
    const whole = await network.sound(frames)
    const planes: [number[], number[]] = [[], []]
    const windows = { items: 12, before: 8, after: 8 }
    for await (const { channels } of decodeInPieces(stream(), (items) => network.sound(items), windows)) {
      planes.forEach((plane, index) => plane.push(...channels[index]!))
    }
    whole.forEach((plane, index) => expect(largestDifference(plane, planes[index]!)).toBeLessThan(1e-5))
  })
})
