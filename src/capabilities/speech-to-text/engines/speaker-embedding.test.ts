import { describe, expect, it } from 'vitest'
import { largestDifference, loadGraph, readJson, readPcm } from '../testing/engine-fixtures'
import { quietJob } from '../testing/quiet-job'
import { speakerEmbeddingEngine } from './speaker-embedding'

const fixtures = 'test/fixtures/engines/speaker'
const load = (graph: string, options = {}) =>
  loadGraph(speakerEmbeddingEngine, `${fixtures}/${graph}.onnx`, options)

interface Reference {
  ranges: [number, number][]
  fbank: number[][]
  samples: number[][]
}

describe('speaker-embedding', () => {
  const signal = readPcm('test/fixtures/engines/vad/silero-tiny.s16')
  const reference = readJson(`${fixtures}/embedding-tiny.json`) as Reference

  it('gives what PyTorch gives for features of kaldi-native-fbank', async () => {
    const model = await load('fbank-tiny', { sample_scale: 32768, same_speaker_cosine: 0.4 })
    for (const [index, [from, to]] of reference.ranges.entries()) {
      const found = await model.run({ samples: signal.subarray(from, to) }, quietJob())
      expect(found.sameSpeakerCosine).toBe(0.4)
      expect(found.embedding).toHaveLength(10)
      expect(largestDifference(found.embedding, reference.fbank[index]!)).toBeLessThan(1e-4)
    }
    await model.release()
  })

  it('gives what PyTorch gives for samples', async () => {
    const model = await load('samples-tiny', { input: 'samples' })
    for (const [index, [from, to]] of reference.ranges.entries()) {
      const { embedding } = await model.run({ samples: signal.subarray(from, to) }, quietJob())
      // The graph's last weights are half floats, the reference's are not.
      expect(largestDifference(embedding, reference.samples[index]!)).toBeLessThan(1e-3)
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 5)
    }
    await model.release()
  })

  it('gives numbers for silence, for nothing and for far too loud sound', async () => {
    for (const [graph, options] of [
      ['fbank-tiny', {}],
      ['samples-tiny', { input: 'samples' }],
    ] as const) {
      const model = await load(graph, options)
      for (const samples of [
        new Float32Array(24000),
        new Float32Array(),
        signal.map((sample) => sample * 1000),
      ]) {
        const { embedding } = await model.run({ samples }, quietJob())
        expect(embedding.every((value) => Number.isFinite(value))).toBe(true)
      }
      await model.release()
    }
  })

  it('refuses damaged files, and stops when canceled', async () => {
    const damaged = loadGraph(speakerEmbeddingEngine, 'package.json', {})
    await expect(damaged).rejects.toMatchObject({ code: 'model_corrupt' })
    const model = await load('samples-tiny', { input: 'samples' })
    const job = quietJob(AbortSignal.abort(new Error('canceled')))
    await expect(model.run({ samples: signal }, job)).rejects.toThrow('canceled')
    await model.release()
  })
})
