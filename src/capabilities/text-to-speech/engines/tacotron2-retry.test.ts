import { expect, it } from 'vitest'

import { testManifest } from '../../../../test/fixtures/model-folder'
import type { Runtime, Session, Tensor } from '../../../inference/runtime'
import { quietJob } from '../testing/quiet-job'
import { word } from '../testing/words'
import { tacotron2Engine } from './tacotron2'

/* A decoder whose attention goes the ways that a test prescribes, one for each attempt. */

const bands = 2
const states = [
  ...['attention_hidden', 'attention_cell', 'decoder_hidden', 'decoder_cell'],
  ...['attention_weights', 'attention_weights_cum', 'attention_context'],
]
const manifest = testManifest({
  ...{ id: 'scripted', engine: 'tacotron2', capability: 'text-to-speech', languages: ['en-US'], files: [] },
  options: { attention_rnn_size: 1, decoder_rnn_size: 1, mel: { mel_bins: bands } },
})

/** Where attention stands, frame by frame, in a text of so many symbols; the stop token comes with the last frame. */
type Way = (symbols: number) => number[]

const walk: Way = (symbols) => Array.from({ length: 4 * symbols }, (_, frame) => Math.floor(frame / 4))
const jump: Way = (symbols) => walk(symbols).filter((symbol) => symbol < 2 || symbol > 9)
const jumpAndGiveUp: Way = (symbols) => jump(symbols).filter((symbol) => symbol < symbols - 6)

function scripted(ways: readonly Way[]) {
  const attempts: Record<string, Tensor>[][] = []
  const vector = (...values: number[]): Tensor => ({
    data: Float32Array.from(values),
    dims: [1, values.length],
  })
  const decode: Session['run'] = (feeds) => {
    // The state is empty at the beginning only.
    if (feeds.decoder_hidden!.data[0] === 0) attempts.push([])
    const attempt = attempts.at(-1)!
    attempt.push({ ...feeds, decoder_input: copyOf(feeds.decoder_input!), mask: copyOf(feeds.mask!) })
    const symbols = feeds.mask!.data.length
    const way = ways[attempts.length - 1]!(symbols)
    const weights = new Float32Array(symbols)
    weights[way[attempt.length - 1]!] = 1
    const state = Object.fromEntries(states.map((name) => [`out_${name}`, vector(1)]))
    return Promise.resolve({
      ...state,
      out_attention_weights: { data: weights, dims: [1, symbols] },
      decoder_output: vector(attempts.length, 0),
      gate_prediction: vector(attempt.length === way.length ? 9 : -9),
    })
  }
  const encode: Session['run'] = ({ sequences }) => {
    const length = sequences!.data.length
    const memory = { data: new Float32Array(length), dims: [1, length, 1] }
    return Promise.resolve({ memory, processed_memory: memory })
  }
  const refine: Session['run'] = ({ mel_outputs: mel }) => Promise.resolve({ mel_outputs_postnet: mel! })
  const runs = [encode, decode, refine]
  const runtime: Runtime = {
    createSession: () =>
      Promise.resolve({
        ...{ provider: 'cpu', inputNames: [], outputNames: [] },
        ...{ run: runs.shift()!, release: () => Promise.resolve() },
      }),
  }
  return { runtime, attempts }
}

function copyOf({ data, dims }: Tensor): Tensor {
  return { data: data.slice(), dims }
}

async function speak(ways: readonly Way[]) {
  const { runtime, attempts } = scripted(ways)
  const model = await tacotron2Engine.load({ manifest, path: (file) => file }, runtime)
  const words = [word('attention'), word('goes'), word('astray', { boundary: 'statement' })]
  const voice = { id: 'v', name: 'V', speaker: 0, language: 'en-US', gender: '', description: '' }
  const { sound, problem } = await model.run({ words, voice, rate: 1, seed: 1 }, quietJob())
  if (sound.kind !== 'mel') throw new Error('Tacotron 2 gives mels')
  // Every frame holds the number of the attempt that it is of.
  return { taken: sound.mel.data[0], problem, attempts }
}

it('a text is spoken once where attention walks through it', async () => {
  const { taken, problem, attempts } = await speak([walk])
  expect([taken, problem, attempts.length]).toEqual([1, null, 1])
})

it('where attention fails it is spoken again with noise in what is fed back', async () => {
  const { taken, problem, attempts } = await speak([jump, walk])
  expect([taken, problem, attempts.length]).toEqual([2, null, 2])
  const fed = attempts.map((frames) => frames[1]!.decoder_input!.data[1])
  expect(fed[0]).toBe(0)
  expect(fed[1]).not.toBe(0)
})

it('and at last with attention that sees a few symbols only', async () => {
  const { taken, problem, attempts } = await speak([jump, jumpAndGiveUp, walk])
  expect([taken, problem, attempts.length]).toEqual([3, null, 3])
  const seen = attempts.map(
    ([first]) => (first!.mask!.data as Uint8Array).filter((hidden) => hidden === 0).length,
  )
  expect(seen[2]).toBe(4)
  expect(Math.min(seen[0]!, seen[1]!)).toBeGreaterThan(10)
})

it('the best attempt is taken, and what is still wrong with it is said', async () => {
  const { taken, problem, attempts } = await speak([jumpAndGiveUp, jump, jumpAndGiveUp])
  expect([taken, attempts.length]).toEqual([2, 3])
  expect(problem).toBe('words may be missing')
})
