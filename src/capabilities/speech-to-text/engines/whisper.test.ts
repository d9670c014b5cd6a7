import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { LoadedModel } from '../../../inference/engine'
import { createOrtRuntime } from '../../../inference/ort-runtime'
import type { Runtime } from '../../../inference/runtime'
import type { RecognizerInput, RecognizerOutput } from '../recognizer'
import { quietJob, recognizerInput, referenceSignal, unpackTinyWhisper } from './testing/whisper-fixture'
import { whisperEngine } from './whisper'

type Recognizer = LoadedModel<RecognizerInput, RecognizerOutput>

const tiny = unpackTinyWhisper()
const runtime: Runtime = createOrtRuntime({ providers: ['cpu'] })
let attending: Recognizer
let plain: Recognizer

/** A runtime whose decoders give no cross attention, as most exports. */
const withoutAttention: Runtime = {
  async createSession(graph, options) {
    const session = await runtime.createSession(graph, options)
    return { ...session, outputNames: session.outputNames.filter((name) => !name.startsWith('cross')) }
  },
}

beforeAll(async () => {
  attending = await whisperEngine.load(tiny.files(), runtime)
  plain = await whisperEngine.load(tiny.files(), withoutAttention)
})
afterAll(async () => {
  await attending.release()
  await plain.release()
  tiny.remove()
})

const models = () => [attending, plain]
const textOf = ({ words }: RecognizerOutput) => words.map(({ text }) => text).join(' ')

describe('whisper', () => {
  it('gives the words of a window in order of time, with or without cross attention', async () => {
    const files = tiny.files({ timestamps: false })
    const outputs: RecognizerOutput[] = []
    for (const lent of [runtime, withoutAttention]) {
      const model = await whisperEngine.load(files, lent)
      // In Chinese every character is a word.
      outputs.push(await model.run(recognizerInput({ language: 'zh' }), quietJob()))
      await model.release()
    }
    expect(textOf(outputs[0]!)).toBe(textOf(outputs[1]!))
    for (const { words, language, decoding } of outputs) {
      expect(words.length).toBeGreaterThan(5)
      expect(language).toBe('zh')
      expect(decoding!.temperature).toBe(0)
      for (const [index, word] of words.entries()) {
        expect(word.text).toBe(word.text.trim())
        expect(word.confidence).toBeGreaterThan(0)
        expect(word.confidence).toBeLessThanOrEqual(1)
        expect(word.start).toBeGreaterThanOrEqual(words[index - 1]?.start ?? 0)
        expect(word.end).toBeGreaterThanOrEqual(word.start)
        expect(word.end).toBeLessThanOrEqual(3)
      }
    }
  })

  it('finds the language, and takes names of languages that Whisper calls otherwise', async () => {
    expect((await attending.run(recognizerInput({ language: null }), quietJob())).language).toBe('de')
    expect((await attending.run(recognizerInput({ language: 'cmn-Hans' }), quietJob())).language).toBe('zh')
    const unknown = attending.run(recognizerInput({ language: 'tlh' }), quietJob())
    await expect(unknown).rejects.toMatchObject({ code: 'invalid_parameter' })
  })

  it('hears otherwise when it is told to translate, or what was said before', async () => {
    const said = textOf(await attending.run(recognizerInput(), quietJob()))
    const changes = [{ task: 'translate' as const }, { prompt: 'she sells sea shells' }]
    for (const change of changes) {
      expect(textOf(await attending.run(recognizerInput(change), quietJob()))).not.toBe(said)
    }
  })

  it('tries again at higher temperatures where the text is improbable, the same way for the same seed', async () => {
    const run = (seed: number, temperature: number | null) =>
      attending.run(recognizerInput({ temperature }), quietJob({ seed }))
    const retried = await run(1, null)
    expect(retried.decoding!.temperature).toBeGreaterThan(0)
    const [first, again, other] = [await run(1, 1), await run(1, 1), await run(2, 1)]
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it('goes on after its window, up to the end of longer audio', async () => {
    const samples = new Float32Array(80000)
    samples.set(referenceSignal(40000))
    samples.set(referenceSignal(40000), 40000)
    const { words } = await attending.run(recognizerInput({ samples }), quietJob())
    expect(words.some(({ start }) => start > 3)).toBe(true)
    expect(Math.max(...words.map(({ end }) => end))).toBeLessThanOrEqual(5)
  })

  it('makes nothing of silence', async () => {
    const silences = [
      new Float32Array(48000),
      referenceSignal().map((value) => value * 1e-4),
      new Float32Array(0),
    ]
    for (const model of models()) {
      for (const samples of silences) {
        const { words, decoding } = await model.run(recognizerInput({ samples }), quietJob())
        expect(words).toEqual([])
        expect(decoding).toBeNull()
      }
    }
  })

  it('takes a tenth of a second', async () => {
    for (const model of models()) {
      const { words } = await model.run(recognizerInput({ samples: referenceSignal(1600) }), quietJob())
      for (const { end } of words) expect(end).toBeLessThanOrEqual(0.1 + 1e-9)
    }
  })

  it('stops between tokens when the job is canceled', async () => {
    const abort = new AbortController()
    let looks = 0
    const signal = new Proxy(abort.signal, {
      get(target, property) {
        if (property === 'throwIfAborted' && ++looks === 8) abort.abort(new Error('canceled'))
        const value: unknown = Reflect.get(target, property)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    await expect(attending.run(recognizerInput(), quietJob({ signal }))).rejects.toThrow('canceled')
    expect(looks).toBe(8)
  })

  it('aligns a script only with cross attention, and only what fits', async () => {
    const script = ['she', 'sells', 'sea', 'shells']
    const { words } = await attending.run(recognizerInput({ script }), quietJob())
    expect(words.map(({ text }) => text)).toEqual(script)
    const refused = (model: Recognizer, change: Partial<RecognizerInput>) =>
      expect(model.run(recognizerInput({ script, ...change }), quietJob())).rejects.toMatchObject({
        code: 'invalid_parameter',
        details: { parameter: 'script' },
      })
    await refused(plain, {})
    await refused(attending, { script: Array<string>(100).fill('quick') })
    await refused(attending, { samples: new Float32Array(60000) })
    expect((await attending.run(recognizerInput({ script: [] }), quietJob())).words).toEqual([])
  })
})

describe('a whisper whose files are not right', () => {
  const broken = join(tiny.directory, 'broken')
  const damage = (file: string, change: (path: string) => void) => {
    mkdirSync(join(broken, 'onnx'), { recursive: true })
    const path = join(broken, file)
    copyFileSync(join(tiny.directory, file), path)
    change(path)
    const whole = tiny.files()
    const model = { ...whole, path: (name: string) => (name === file ? path : whole.path(name)) }
    return expect(whisperEngine.load(model, runtime)).rejects.toMatchObject({ code: 'model_corrupt' })
  }

  it.each(['onnx/encoder_model.onnx', 'onnx/decoder_model_merged.onnx', 'tokenizer.json', 'config.json'])(
    'says that a cut %s is damaged',
    (file) => damage(file, (path) => truncateSync(path, 1000)),
  )

  it('says that a graph of a newer opset cannot be loaded', () =>
    damage('onnx/encoder_model.onnx', (path) => {
      const graph = readFileSync(path)
      // OperatorSetIdProto of the default domain: domain "", version 17.
      const at = graph.lastIndexOf(Buffer.from([0x10, 17]))
      graph[at + 1] = 99
      writeFileSync(path, graph)
    }))

  it('says that a decoder that is not merged is not one', async () => {
    const options = { decoder: 'onnx/encoder_model.onnx' }
    await expect(whisperEngine.load(tiny.files(options), runtime)).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining('merged') as string,
    })
  })

  it('refuses options that it does not know', async () => {
    await expect(whisperEngine.load(tiny.files({ beams: 5 }), runtime)).rejects.toMatchObject({
      code: 'model_corrupt',
    })
  })
})
