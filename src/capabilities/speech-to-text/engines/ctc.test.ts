import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobContext, LoadedModel, ModelFiles } from '../../../inference/engine'
import type { Manifest } from '../../../inference/manifest'
import { createOrtRuntime } from '../../../inference/ort-runtime'
import type { RecognizerInput, RecognizerOutput } from '../recognizer'
import { ctcEngine } from './ctc'

const folder = 'test/fixtures/engines/ctc/wav2vec2'
const options = { model: 'onnx/model.onnx', tokens: 'vocab.json', normalize: true, case: 'keep' }
const expected = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8')) as {
  seconds: number
  text: string
  logits: number[][]
}
const scratch = mkdtempSync(join(tmpdir(), 'ctc-'))
afterAll(() => rmSync(scratch, { recursive: true }))
const runtime = createOrtRuntime({ providers: ['cpu'] })

function load(changes: Record<string, unknown> = {}, files: Record<string, string> = {}) {
  const manifest = {
    sampleRateHz: 16000,
    files: [{ path: 'onnx/model.onnx', bytes: 200_000 }],
    options: { ...options, ...changes },
  } as unknown as Manifest
  const model: ModelFiles = { manifest, path: (file) => files[file] ?? `${folder}/${file}` }
  return ctcEngine.load(model, runtime)
}

function job(signal = new AbortController().signal): JobContext {
  const silent = () => undefined
  return { signal, seed: 0, log: { debug: silent, info: silent, warn: silent }, progress: silent }
}

/** The sound of scripts/reference/ctc/wav2vec2.py. */
function sound(seconds: number): Float32Array {
  return Float32Array.from({ length: 16000 * seconds }, (_, n) => {
    const time = n / 16000
    const chirp = 0.3 * Math.sin(2 * Math.PI * (200 * time + 900 * time ** 2))
    const on = Math.sin(2 * Math.PI * 3 * time) > 0 ? 1 : 0
    return 0.02 + chirp * on + 0.1 * Math.sin(2 * Math.PI * 1234 * time)
  })
}

function input(samples: Float32Array, more: Partial<RecognizerInput> = {}): RecognizerInput {
  const nothing = { prompt: null, keyterms: [], temperature: null, script: null }
  return { samples, language: 'en', task: 'transcribe', ...nothing, ...more }
}

const textOf = (output: RecognizerOutput) => output.words.map((word) => word.text).join(' ')

describe('a Wav2Vec2 export', () => {
  let model: LoadedModel<RecognizerInput, RecognizerOutput>
  beforeAll(async () => {
    model = await load()
  })
  afterAll(() => model.release())

  it('has the logits of PyTorch', async () => {
    const session = await runtime.createSession(`${folder}/onnx/model.onnx`)
    const samples = sound(expected.seconds)
    const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length
    const variance = samples.reduce((sum, value) => sum + (value - mean) ** 2, 0) / samples.length
    const data = samples.map((value) => (value - mean) / Math.sqrt(variance + 1e-7))
    const { logits } = await session.run({ input_values: { data, dims: [1, data.length] } })
    const wanted = expected.logits.flat()
    expect(logits!.dims).toEqual([1, expected.logits.length, 32])
    const worst = wanted.reduce(
      (most, value, index) => Math.max(most, Math.abs(value - Number(logits!.data[index]))),
      0,
    )
    expect(worst).toBeLessThan(2e-3)
    await session.release()
  })

  it('gives the greedy text of the reference, in order of time', async () => {
    const output = await model.run(input(sound(expected.seconds)), job())
    expect(textOf(output)).toBe(expected.text)
    let before = 0
    for (const word of output.words) {
      expect(word.start).toBeGreaterThanOrEqual(before)
      expect(word.end).toBeGreaterThan(word.start)
      expect(word.confidence).toBeGreaterThan(0)
      expect(word.confidence).toBeLessThanOrEqual(1)
      before = word.end
    }
    expect(before).toBeLessThanOrEqual(expected.seconds)
  })

  it('gives the same words again', async () => {
    const run = () => model.run(input(sound(1)), job())
    expect(await run()).toEqual(await run())
  })

  it('writes lower case by default', async () => {
    const lower = await load({ case: undefined })
    expect(textOf(await lower.run(input(sound(expected.seconds)), job()))).toBe(expected.text.toLowerCase())
    await lower.release()
  })

  it('aligns a script, whatever is written in it', async () => {
    const script = ['Vox,', '42', 'naïve', '—', 'fix!']
    const { words } = await model.run(input(sound(1.5), { script }), job())
    expect(words.map((word) => word.text)).toEqual(script)
    for (const [index, word] of words.entries()) {
      expect(word.start).toBeGreaterThanOrEqual(words[index - 1]?.start ?? 0)
      expect(word.end).toBeLessThanOrEqual(1.5)
    }
  })

  it('aligns more words than there are frames', async () => {
    const script = Array.from({ length: 60 }, () => 'word')
    const { words } = await model.run(input(sound(0.5), { script }), job())
    expect(words).toHaveLength(60)
    expect(words.every((word) => word.confidence === 0)).toBe(true)
  })

  it('finds no words in silence and in 0.05 s', async () => {
    expect((await model.run(input(new Float32Array(16000)), job())).words).toEqual([])
    expect((await model.run(input(sound(0.05)), job())).words).toEqual([])
    expect((await model.run(input(new Float32Array()), job())).words).toEqual([])
  })

  it('takes 0.1 s', async () => {
    await expect(model.run(input(sound(0.1)), job())).resolves.toMatchObject({ language: 'en' })
  })

  it('refuses samples that are not numbers, in words', async () => {
    await expect(model.run(input(sound(1).fill(NaN, 5000)), job())).rejects.toMatchObject({
      code: 'engine_failed',
    })
  })

  it('refuses to translate', async () => {
    await expect(model.run(input(sound(1), { task: 'translate' }), job())).rejects.toMatchObject({
      code: 'invalid_parameter',
    })
  })

  it('stops when the job is canceled', async () => {
    const cancel = new AbortController()
    const running = model.run(input(sound(1.5), { keyterms: ['vox'] }), job(cancel.signal))
    cancel.abort(new Error('canceled'))
    await expect(running).rejects.toThrow('canceled')
  })

  it('prefers keyterms', async () => {
    const plain = textOf(await model.run(input(sound(1.5)), job()))
    const boosted = await load({ keyterm_boost: 12 })
    const output = await boosted.run(input(sound(1.5), { keyterms: ['Fix'] }), job())
    expect(plain.split(' ')).not.toContain('FIX')
    expect(textOf(output).split(' ')).toContain('FIX')
    await boosted.release()
  })

  it('lets a language model have its say', async () => {
    const lm = join(scratch, 'lm.arpa')
    writeFileSync(
      lm,
      '\\data\\\nngram 1=4\n\n\\1-grams:\n-99 <s>\n-0.5 </s>\n-0.3 VFYYV\n-2 <unk>\n\n\\end\\\n',
    )
    const judged = await load({ lm: 'lm.arpa', lm_weight: 20, unknown_score: -300 }, { 'lm.arpa': lm })
    const words = textOf(await judged.run(input(sound(expected.seconds)), job())).split(' ')
    expect(words.every((word) => word === 'VFYYV' || word === '')).toBe(true)
    expect(words.join(' ')).not.toBe(expected.text)
    await judged.release()
  })
})

describe('files that do not fit', () => {
  const damaged = (name: string, data: string | Uint8Array) => {
    const path = join(scratch, name)
    writeFileSync(path, data)
    return path
  }
  const graph = readFileSync(`${folder}/onnx/model.onnx`)

  it.each([
    ['half a graph', { 'onnx/model.onnx': damaged('half.onnx', graph.subarray(0, 90_000)) }, {}],
    ['a graph that is text', { 'onnx/model.onnx': damaged('text.onnx', '<html>not found</html>') }, {}],
    ['a token list that is no JSON', { 'vocab.json': damaged('vocab.json', '{"a": ') }, {}],
    ['a token list without the blank', { 'vocab.json': damaged('noblank.json', '{"a": 0, "|": 1}') }, {}],
    [
      'a language model that ends early',
      { lm: damaged('early.arpa', '\\data\\\nngram 1=2\n\n\\1-grams:\n-1 a\n') },
      { lm: 'lm' },
    ],
    ['a language model that is not one', { lm: damaged('not.arpa.gz', graph) }, { lm: 'lm' }],
    ['a lexicon of other tokens', { lex: damaged('lex', 'hello HH AH\n') }, { lexicon: 'lex' }],
    ['an output that is not there', {}, { output: 'nothing' }],
  ])('%s is model_corrupt', async (_, files, changes) => {
    await expect(load(changes, files)).rejects.toMatchObject({ code: 'model_corrupt' })
  })

  it('a graph of a newer opset is model_corrupt', async () => {
    // The model's opset_import {version: 14}: field 8, length 2, field 2 of it.
    const at = graph.lastIndexOf(Buffer.from([0x42, 0x02, 0x10, 14]))
    expect(at).toBeGreaterThan(0)
    const newer = Buffer.from(graph)
    newer[at + 3] = 120
    const files = { 'onnx/model.onnx': damaged('newer.onnx', newer) }
    await expect(load({}, files)).rejects.toMatchObject({ code: 'model_corrupt' })
  })

  it('tokens of another network are noticed with the first run', async () => {
    const names = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`t${index}`, index]))
    const files = { 'vocab.json': damaged('other.json', JSON.stringify({ ...names, '<pad>': 40, '|': 41 })) }
    const model = await load({}, files)
    await expect(model.run(input(sound(1)), job())).rejects.toMatchObject({ code: 'model_corrupt' })
    await model.release()
  })
})
