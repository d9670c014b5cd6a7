import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createOrtRuntime } from '../../../inference/ort-runtime'
import type { Runtime } from '../../../inference/runtime'
import { largestDifference, readJson } from '../testing/engine-fixtures'
import { quietJob } from '../testing/quiet-job'
import { nemoCtcEngine } from './nemo-ctc'
import { createNemoFeatures } from './nemo-features'
import { halfOf, heard, loadTiny, longerTokens, ofNewerOpset, speech } from './testing/tiny-model'

interface CtcReference {
  frames: number
  /** PyTorch's output, [frames, tokens]. */
  logProbs: number[]
  /** Greedy tokens and their frames. */
  greedy: [token: number, frame: number][]
  /** torchaudio's forced alignment, the best of all spellings: first frames of the words. */
  aligned: { words: string[]; starts: number[] }
  sherpa: { text: string; timestamps: number[] }
}

const folder = 'test/fixtures/engines/nemo/ctc'
const expected = readJson(`${folder}/expected.json`) as CtcReference
const pieces = readFileSync(`${folder}/tokens.txt`, 'utf8')
  .split('\n')
  .map((line) => line.split(' ')[0]!)

async function recognize(changes: Parameters<typeof heard>[1], more: Record<string, unknown> = {}) {
  const model = await loadTiny(nemoCtcEngine, folder, more)
  const { words } = await model.run(heard(speech, changes), quietJob())
  await model.release()
  return words
}

describe('NeMo CTC', () => {
  it('hears what PyTorch hears', async () => {
    const session = await createOrtRuntime({ providers: ['cpu'] }).createSession(`${folder}/model.onnx`)
    const features = createNemoFeatures({ bins: 80, sampleRateHz: 16000, normalize: 'per_feature' })
    const { data, bins, frames } = features(speech)
    const results = await session.run({
      audio_signal: { data, dims: [1, bins, frames] },
      length: { data: BigInt64Array.of(BigInt(frames)), dims: [1] },
    })
    await session.release()
    // Measured 7.4e-6.
    expect(largestDifference(results.logprobs!.data as Float32Array, expected.logProbs)).toBeLessThan(1e-4)
  })

  it('says what sherpa-onnx says', async () => {
    const words = await recognize({})
    expect(words.map(({ text }) => text).join(' ')).toBe(expected.sherpa.text.trim())
    const begins = expected.greedy.filter(([token], place) => place === 0 || pieces[token]!.startsWith('▁'))
    expect(words.map(({ start }) => start)).toEqual(
      begins.map(([, frame]) => expect.closeTo(frame * 0.08, 6)),
    )
    for (const { start, end, confidence } of words) {
      expect(end).toBeGreaterThan(start)
      expect(end).toBeLessThanOrEqual(expected.frames * 0.08 + 1e-9)
      expect(confidence).toBeGreaterThan(0)
      expect(confidence).toBeLessThanOrEqual(1)
    }
  })

  it('finds the words of a script where torchaudio finds them', async () => {
    const words = await recognize({ script: expected.aligned.words })
    expect(words.map(({ text }) => text)).toEqual(expected.aligned.words)
    expect(words.map(({ start }) => start)).toEqual(
      expected.aligned.starts.map((frame) => expect.closeTo(frame * 0.08, 6)),
    )
  })

  it('finds words that it cannot write somewhere in between', async () => {
    const words = await recognize({ script: ['sea', '—', 'sea'] })
    expect(words.map(({ text }) => text)).toEqual(['sea', '—', 'sea'])
    expect(words[0]!.end).toBeLessThanOrEqual(words[1]!.start + 1e-9)
    expect(words[1]!.start).toBeLessThanOrEqual(words[2]!.start)
  })

  it('searches with a beam, and prefers keyterms', async () => {
    const plain = await recognize({}, { beam_search: true })
    expect(plain.length).toBeGreaterThan(0)
    const preferred = await recognize({ keyterms: ['tone'] }, { keyterm_boost: 3 })
    expect(plain.map(({ text }) => text)).not.toContain('tone')
    expect(preferred.map(({ text }) => text)).toContain('tone')
  })

  it('hears the same in windows of several lengths together as in each alone', async () => {
    const runtime = createOrtRuntime({ providers: ['cpu'] })
    const calls: { windows: number; logProbs: Float32Array; rows: number }[] = []
    const watching: Runtime = {
      async createSession(graph, options) {
        const session = await runtime.createSession(graph, options)
        return {
          ...session,
          async run(feeds, outputs) {
            const results = await session.run(feeds, outputs)
            const { data, dims } = results.logprobs!
            calls.push({
              windows: dims[0]!,
              rows: dims[1]! * dims[2]!,
              logProbs: Float32Array.from(data as Float32Array),
            })
            return results
          },
        }
      },
    }
    const model = await loadTiny(nemoCtcEngine, folder, {}, {}, watching)
    const windows = [speech, speech.subarray(4000, 21_000), speech.subarray(9000), speech.subarray(0, 1600)]
    const alone = []
    for (const samples of windows) alone.push(await model.run(heard(samples), quietJob()))
    const together = await Promise.all(windows.map((samples) => model.run(heard(samples), quietJob())))
    await model.release()

    expect(calls.map((call) => call.windows)).toEqual([1, 1, 1, 1, 4])
    const all = calls[4]!
    for (const [index, { logProbs }] of calls.slice(0, 4).entries()) {
      const own = all.logProbs.subarray(index * all.rows, index * all.rows + logProbs.length)
      expect(largestDifference(logProbs, own)).toBeLessThan(1e-4)
    }
    for (const [index, { words }] of together.entries()) {
      const expectedWords = alone[index]!.words
      expect(words).toEqual(
        expectedWords.map((word) => ({ ...word, confidence: expect.closeTo(word.confidence, 4) })),
      )
    }
    expect(together[0]!.words.length).toBeGreaterThan(0)
  })

  it('takes 0.1 s, less than that, and silence', async () => {
    const model = await loadTiny(nemoCtcEngine, folder, {})
    for (const samples of [speech.subarray(0, 1600), new Float32Array(16000), new Float32Array()]) {
      const { words } = await model.run(heard(samples), quietJob())
      expect(words.every(({ start, end }) => start >= 0 && end >= start)).toBe(true)
    }
    expect((await model.run(heard(new Float32Array(1599)), quietJob())).words).toEqual([])
    await model.release()
  })

  it('says that the graph is damaged or too new', async () => {
    for (const path of [halfOf(`${folder}/model.onnx`), ofNewerOpset(`${folder}/model.onnx`)]) {
      await expect(loadTiny(nemoCtcEngine, folder, {}, { 'model.onnx': path })).rejects.toMatchObject({
        code: 'model_corrupt',
      })
    }
  })

  it('tells files that do not belong together by their numbers of tokens', async () => {
    const model = await loadTiny(
      nemoCtcEngine,
      folder,
      {},
      { 'tokens.txt': longerTokens(`${folder}/tokens.txt`) },
    )
    await expect(model.run(heard(speech), quietJob())).rejects.toMatchObject({ code: 'model_corrupt' })
    await model.release()
  })

  it('stops when the job is canceled, and says that it cannot translate', async () => {
    const model = await loadTiny(nemoCtcEngine, folder, {})
    await expect(model.run(heard(speech), quietJob(AbortSignal.abort()))).rejects.toThrow()
    await expect(model.run(heard(speech, { task: 'translate' }), quietJob())).rejects.toMatchObject({
      code: 'invalid_parameter',
    })
    await model.release()
  })
})
