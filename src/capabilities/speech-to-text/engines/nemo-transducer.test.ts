import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createOrtRuntime } from '../../../inference/ort-runtime'
import { largestDifference, readJson } from '../testing/engine-fixtures'
import { quietJob } from '../testing/quiet-job'
import { createNemoFeatures } from './nemo-features'
import { nemoTransducerEngine } from './nemo-transducer'
import { halfOf, heard, loadTiny, longerTokens, ofNewerOpset, speech } from './testing/tiny-model'
import {
  referenceWords,
  type ReferenceTokens,
  type TransducerReference,
} from './testing/transducer-reference'

const fixtures = 'test/fixtures/engines/nemo'
const models = {
  rnnt: { mel_bins: 80, prediction_layers: 1, prediction_width: 20 },
  tdt: { mel_bins: 128, prediction_layers: 2, prediction_width: 20, durations: [0, 1, 2, 3, 4] },
}

describe.each(['rnnt', 'tdt'] as const)('NeMo transducer, %s', (name) => {
  const folder = `${fixtures}/${name}`
  const options = models[name]
  const expected = readJson(`${folder}/expected.json`) as TransducerReference
  const pieces = readFileSync(`${folder}/tokens.txt`, 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[0]!)

  /** The reference's words, to be compared with ours. */
  const wordsOf = (reference: ReferenceTokens) =>
    referenceWords(reference, pieces, 0.08).map(({ text, start, confidence }) => ({
      text,
      start: expect.closeTo(start, 6) as number,
      end: expect.any(Number) as number,
      confidence: expect.closeTo(confidence, 4) as number,
    }))

  const recognize = async (changes: Parameters<typeof heard>[1], more: Record<string, unknown> = {}) => {
    const model = await loadTiny(nemoTransducerEngine, folder, { ...options, ...more })
    const { words } = await model.run(heard(speech, changes), quietJob())
    await model.release()
    return words
  }

  it('hears what PyTorch hears', async () => {
    const runtime = createOrtRuntime({ providers: ['cpu'] })
    const encoder = await runtime.createSession(`${folder}/encoder.onnx`)
    const features = createNemoFeatures({
      bins: options.mel_bins,
      sampleRateHz: 16000,
      normalize: 'per_feature',
    })(speech)
    const results = await encoder.run({
      audio_signal: { data: features.data, dims: [1, features.bins, features.frames] },
      length: { data: BigInt64Array.of(BigInt(features.frames)), dims: [1] },
    })
    await encoder.release()
    const encoded = results.outputs!.data as Float32Array
    const byFrame = expected.encoded.map(
      (_, n) => encoded[(n % expected.width) * expected.frames + Math.floor(n / expected.width)]!,
    )
    // Measured 3.1e-6.
    expect(largestDifference(byFrame, expected.encoded)).toBeLessThan(5e-5)
  })

  it('says what the reference and sherpa-onnx say, greedily', async () => {
    const words = await recognize({})
    expect(words).toEqual(wordsOf(expected.greedy))
    expect(words.map(({ text }) => text).join(' ')).toBe(expected.sherpa.greedy.text.trim())
  })

  it('says what the reference says, with a beam', async () => {
    expect(await recognize({}, { beam_search: true })).toEqual(wordsOf(expected.beam))
  })

  it('says what the reference says, with keyterms', async () => {
    const { terms, boost } = expected.keyterms
    const words = await recognize({ keyterms: terms }, { keyterm_boost: boost })
    expect(words).toEqual(wordsOf(expected.keyterms))
  })

  it('stays within the window', async () => {
    for (const { start, end } of await recognize({})) {
      expect(start).toBeGreaterThanOrEqual(0)
      expect(end).toBeLessThanOrEqual(speech.length / 16000)
    }
  })

  it('takes 0.1 s, less than that, and silence', async () => {
    const model = await loadTiny(nemoTransducerEngine, folder, options)
    for (const samples of [speech.subarray(0, 1600), new Float32Array(16000), new Float32Array()]) {
      const { words } = await model.run(heard(samples), quietJob())
      expect(words.every(({ confidence }) => confidence > 0 && confidence <= 1)).toBe(true)
    }
    expect((await model.run(heard(new Float32Array(1599)), quietJob())).words).toEqual([])
    await model.release()
  })

  it.each(['encoder.onnx', 'decoder.onnx', 'joiner.onnx'])(
    'says that %s is damaged or too new',
    async (file) => {
      for (const path of [halfOf(`${folder}/${file}`), ofNewerOpset(`${folder}/${file}`)]) {
        await expect(loadTiny(nemoTransducerEngine, folder, options, { [file]: path })).rejects.toMatchObject(
          {
            code: 'model_corrupt',
          },
        )
      }
    },
  )

  it('stops when the job is canceled', async () => {
    const model = await loadTiny(nemoTransducerEngine, folder, options)
    await expect(model.run(heard(speech), quietJob(AbortSignal.abort()))).rejects.toThrow()
    const controller = new AbortController()
    const run = model.run(heard(speech), quietJob(controller.signal))
    controller.abort()
    await expect(run).rejects.toThrow()
    await model.release()
  })

  it('says that it can neither align nor translate', async () => {
    await expect(recognize({ script: ['sea'] })).rejects.toMatchObject({ code: 'invalid_parameter' })
    await expect(recognize({ task: 'translate' })).rejects.toMatchObject({ code: 'invalid_parameter' })
  })

  it('tells files that do not belong together by their numbers of tokens', async () => {
    const model = await loadTiny(nemoTransducerEngine, folder, options, {
      'tokens.txt': longerTokens(`${folder}/tokens.txt`),
    })
    await expect(model.run(heard(speech), quietJob())).rejects.toMatchObject({ code: 'model_corrupt' })
    await model.release()
  })
})
