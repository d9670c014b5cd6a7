import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { testManifest } from '../../../../test/fixtures/model-folder'
import type { JobContext, ModelFiles } from '../../../inference/engine'
import { createOrtRuntime } from '../../../inference/ort-runtime'
import { AppError } from '../../../platform/errors'
import { searchBest } from './beam-search'
import { marianEngine } from './marian'
import { nllbEngine } from './nllb'
import { loadSequenceNetwork, type SequenceNetwork } from './sequence-network'

/* The tiny Marian that scripts/reference/marian makes, and what transformers computes with its weights. */

interface ReferenceCase {
  text: string
  input: number[]
  greedy: number[]
  beam: number[]
  texts: { greedy: string; beam: string }
  /** Base64 of float32: [tokens, vocabulary] along the greedy output. */
  logits: string
}

const fixture = 'test/fixtures/engines/marian'
const unzipped = (name: string) => gunzipSync(readFileSync(`${fixture}/${name}.gz`))
const cases = JSON.parse(unzipped('expected.json').toString('utf8')) as ReferenceCase[]
const runtime = createOrtRuntime({ providers: ['cpu'] })
let folder: string
let network: SequenceNetwork

const model = (options: Record<string, unknown> = {}): ModelFiles => ({
  manifest: testManifest({
    id: 'tiny',
    capability: 'translation',
    options: { source: 'en', target: 'de', ...options },
  }),
  path: (file) => join(folder, file),
})
const job = (changes: Partial<JobContext> = {}): JobContext => ({
  ...{ signal: new AbortController().signal, seed: 0, progress: () => undefined },
  log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  ...changes,
})

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'timbre-marian-'))
  mkdirSync(join(folder, 'onnx'))
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'config.json']) {
    writeFileSync(join(folder, name), unzipped(name))
  }
  for (const name of ['encoder_model.onnx', 'decoder_model_merged.onnx']) {
    writeFileSync(join(folder, 'onnx', name), unzipped(name))
  }
  network = await loadSequenceNetwork(model(), runtime, 2, 16)
})
afterAll(async () => {
  await network.release()
  rmSync(folder, { recursive: true })
})

describe('marian', () => {
  it.each(cases)('has the logits of transformers along “$text”', async ({ input, greedy, logits }) => {
    const expected = new Float32Array(Uint8Array.from(Buffer.from(logits, 'base64')).buffer)
    let step = await network.start(input, greedy.slice(0, 1))
    const size = step.logits.length
    expect(expected.length).toBe(size * (greedy.length - 1))
    let worst = 0
    for (let at = 0; at < greedy.length - 1; at++) {
      if (at > 0) step = await network.next(step, greedy[at]!)
      step.logits.forEach((value, n) => (worst = Math.max(worst, Math.abs(value - expected[at * size + n]!))))
    }
    expect(worst).toBeLessThan(1e-4)
  })

  it.each(cases)('finds the tokens of transformers for “$text”', async ({ input, greedy, beam }) => {
    const pad = greedy[0]!
    const options = { prefix: [pad], endToken: 0, forbidden: [pad], maxTokens: 48, signal: job().signal }
    expect(await searchBest(network, input, { ...options, beams: 1 })).toEqual(greedy)
    expect(await searchBest(network, input, { ...options, beams: 4 })).toEqual(beam)
  })

  it('reads text as transformers does', async () => {
    const loaded = await marianEngine.load(model(), runtime)
    const { text, texts } = cases[0]!
    const translated = await loaded.run({ text, source: 'en', target: 'de', beams: 1 }, job())
    // The same words, further on: the engine lets sentences be longer than the reference did.
    expect(translated.startsWith(texts.greedy.trim())).toBe(true)
    await loaded.release()
  })

  it('knows its pairs, and those of a model with several targets', () => {
    const { manifest } = model()
    expect(marianEngine.knows(manifest, 'en-GB', 'de-AT')).toBe(true)
    expect(marianEngine.knows(manifest, 'de', 'en')).toBe(false)
    const several = model({ target_tokens: { es: '>>spa<<', de: '>>deu<<' } }).manifest
    expect(marianEngine.knows(several, 'en', 'es')).toBe(true)
    expect(marianEngine.knows(several, 'en', 'fr')).toBe(false)
    const all = model({ language_tokens: { en: 'eng_Latn', hi: 'hin_Deva' } }).manifest
    expect(nllbEngine.knows(all, 'hi', 'en')).toBe(true)
    expect(nllbEngine.knows(all, 'hi', 'fr')).toBe(false)
  })

  it('stops between two tokens', async () => {
    const abort = new AbortController()
    abort.abort(new AppError('canceled'))
    const options = { prefix: [cases[0]!.greedy[0]!], endToken: 0, forbidden: [], maxTokens: 48, beams: 4 }
    await expect(
      searchBest(network, cases[0]!.input, { ...options, signal: abort.signal }),
    ).rejects.toMatchObject({ code: 'canceled' })
  })
})
