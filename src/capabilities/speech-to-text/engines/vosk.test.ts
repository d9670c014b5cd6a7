import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createOrtRuntime } from '../../../inference/ort-runtime'
import { largestDifference, readJson } from '../testing/engine-fixtures'
import { quietJob } from '../testing/quiet-job'
import { createKaldiFbank } from './kaldi-fbank'
import { halfOf, heard, loadTiny, longerTokens, ofNewerOpset, speech } from './testing/tiny-model'
import {
  referenceWords,
  type ReferenceTokens,
  type TransducerReference,
} from './testing/transducer-reference'
import { voskEngine } from './vosk'

const folder = 'test/fixtures/engines/vosk'
const options = {
  encoder: 'am-onnx/encoder.onnx',
  decoder: 'am-onnx/decoder.onnx',
  joiner: 'am-onnx/joiner.onnx',
  tokens: 'lang/tokens.txt',
}
const expected = readJson(`${folder}/expected.json`) as TransducerReference
const pieces = readFileSync(`${folder}/lang/tokens.txt`, 'utf8')
  .split('\n')
  .map((line) => line.split(' ')[0]!)

/** The reference's words, to be compared with ours. */
const wordsOf = (reference: ReferenceTokens) =>
  referenceWords(reference, pieces, 0.04).map(({ text, start, confidence }) => ({
    text,
    start: expect.closeTo(start, 6) as number,
    end: expect.any(Number) as number,
    confidence: expect.closeTo(confidence, 4) as number,
  }))

async function recognize(changes: Parameters<typeof heard>[1], more: Record<string, unknown> = {}) {
  const model = await loadTiny(voskEngine, folder, { ...options, ...more })
  const { words } = await model.run(heard(speech, changes), quietJob())
  await model.release()
  return words
}

describe('Vosk’s transducer: a Zipformer of icefall', () => {
  it('hears what PyTorch hears', async () => {
    const encoder = await createOrtRuntime({ providers: ['cpu'] }).createSession(
      `${folder}/am-onnx/encoder.onnx`,
    )
    const bank = { bins: 80, sampleRateHz: 16000, lowHz: 20, highHz: 7600, sampleScale: 1 }
    const { data, frames } = createKaldiFbank(bank)(speech)
    const results = await encoder.run({
      x: { data, dims: [1, frames, 80] },
      x_lens: { data: BigInt64Array.of(BigInt(frames)), dims: [1] },
    })
    await encoder.release()
    // Measured 1.3e-4.
    expect(largestDifference(results.encoder_out!.data as Float32Array, expected.encoded)).toBeLessThan(1e-3)
  })

  it.each(['greedy', 'beam'] as const)('says what sherpa-onnx says on the same files: %s', async (search) => {
    const words = await recognize({}, { beam_search: search === 'beam' })
    expect(words.map(({ text }) => text).join(' ')).toBe(expected.sherpa[search].text.trim())
    expect(words).toEqual(wordsOf(expected[search]))
    expect(expected[search].frames.map((frame) => frame * 0.04)).toEqual(
      expected.sherpa[search].timestamps.map((time) => expect.closeTo(time, 5)),
    )
  })

  it('says what the reference says, with keyterms', async () => {
    const { terms, boost } = expected.keyterms
    const words = await recognize({ keyterms: terms }, { keyterm_boost: boost })
    expect(words).toEqual(wordsOf(expected.keyterms))
  })

  it('takes 0.1 s, less than that, and silence', async () => {
    const model = await loadTiny(voskEngine, folder, options)
    for (const samples of [speech.subarray(0, 1600), new Float32Array(16000), new Float32Array()]) {
      const { words } = await model.run(heard(samples), quietJob())
      expect(words.every(({ confidence }) => confidence > 0 && confidence <= 1)).toBe(true)
    }
    expect((await model.run(heard(new Float32Array(1599)), quietJob())).words).toEqual([])
    await model.release()
  })

  it.each(['am-onnx/encoder.onnx', 'am-onnx/decoder.onnx', 'am-onnx/joiner.onnx'])(
    'says that %s is damaged or too new',
    async (file) => {
      for (const path of [halfOf(`${folder}/${file}`), ofNewerOpset(`${folder}/${file}`)]) {
        await expect(loadTiny(voskEngine, folder, options, { [file]: path })).rejects.toMatchObject({
          code: 'model_corrupt',
        })
      }
    },
  )

  it('tells files that do not belong together by their numbers of tokens', async () => {
    const model = await loadTiny(voskEngine, folder, options, {
      'lang/tokens.txt': longerTokens(`${folder}/lang/tokens.txt`),
    })
    await expect(model.run(heard(speech), quietJob())).rejects.toMatchObject({ code: 'model_corrupt' })
    await model.release()
  })

  it('stops when the job is canceled', async () => {
    const model = await loadTiny(voskEngine, folder, options)
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
})
