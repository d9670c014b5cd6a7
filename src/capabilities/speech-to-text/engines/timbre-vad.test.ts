import { describe, expect, it } from 'vitest'
import { largestDifference, loadGraph, readJson, readPcm } from '../testing/engine-fixtures'
import { quietJob } from '../testing/quiet-job'
import type { VoiceActivityState } from '../voice-activity'
import { timbreVadEngine } from './timbre-vad'

const fixtures = 'test/fixtures/engines/vad'
const options = { frame_samples: 512, before_samples: 5248, after_samples: 5248, state_shape: [1, 1, 8] }
const load = (path = `${fixtures}/timbre-tiny.onnx`) => loadGraph(timbreVadEngine, path, options)

describe('timbre-vad', () => {
  const samples = readPcm(`${fixtures}/silero-tiny.s16`)
  const reference = readJson(`${fixtures}/timbre-tiny.json`) as number[]

  it('says what PyTorch says of a small network of the same layout', async () => {
    const model = await load()
    const { probabilities, hopSeconds } = await model.run({ samples, state: null }, quietJob())
    expect(hopSeconds).toBe(0.032)
    expect(probabilities).toHaveLength(reference.length)
    expect(largestDifference(probabilities, reference)).toBeLessThan(1e-5)
    await model.release()
  })

  it('says the same of a stream in blocks of any length', async () => {
    const model = await load()
    let state: VoiceActivityState | null = null
    const parts: number[] = []
    for (let at = 0, turn = 0; at < samples.length; turn++) {
      const end = at + [1, 511, 5000, 0, 700][turn % 5]!
      const result = await model.run({ samples: samples.subarray(at, end), state }, quietJob())
      parts.push(...result.probabilities)
      state = result.state
      at = end
    }
    expect(parts).toHaveLength(reference.length)
    expect(largestDifference(parts, reference)).toBeLessThan(1e-5)
    await model.release()
  })

  it('gives numbers for silence and far too loud sound, nothing for too little, and stops when canceled', async () => {
    const model = await load()
    for (const level of [0, 1, 1000]) {
      const loud = Float32Array.from({ length: 16000 }, (_, n) => (n % 50 < 25 ? level : -level))
      const { probabilities } = await model.run({ samples: loud, state: null }, quietJob())
      expect(probabilities.every((p) => p >= 0 && p <= 1)).toBe(true)
    }
    const short = await model.run({ samples: new Float32Array(500), state: null }, quietJob())
    expect(short.probabilities).toHaveLength(0)
    const canceled = quietJob(AbortSignal.abort(new Error('canceled')))
    await expect(model.run({ samples, state: null }, canceled)).rejects.toThrow('canceled')
    await model.release()
  })

  it('refuses damaged files and other networks', async () => {
    await expect(load('package.json')).rejects.toMatchObject({ code: 'model_corrupt' })
    await expect(loadGraph(timbreVadEngine, `${fixtures}/timbre-tiny.onnx`)).rejects.toThrow()
    const other = await loadGraph(timbreVadEngine, `${fixtures}/timbre-tiny.onnx`, {
      ...options,
      after_samples: 0,
    })
    await expect(other.run({ samples, state: null }, quietJob())).rejects.toMatchObject({
      code: 'model_corrupt',
    })
  })
})
