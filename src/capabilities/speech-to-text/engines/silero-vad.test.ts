import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createOrtRuntime } from '../../../inference/ort-runtime'
import { largestDifference, loadGraph, readJson, readPcm } from '../testing/engine-fixtures'
import { quietJob } from '../testing/quiet-job'
import { seededRandom } from '../testing/seeded-random'
import type { VoiceActivityState } from '../voice-activity'
import { sileroVadEngine } from './silero-vad'

const fixtures = 'test/fixtures/engines/vad'
const published = '../shared/weights/vad/silero/silero_vad_16k_op15.onnx'
const runtime = createOrtRuntime({ providers: ['cpu'] })

const load = (path: string) => loadGraph(sileroVadEngine, path)

/** The network as published, a frame a call. */
async function frameByFrame(path: string, hidden: number, samples: Float32Array): Promise<number[]> {
  const session = await runtime.createSession(path)
  let state = new Float32Array(2 * hidden)
  const probabilities: number[] = []
  for (let at = 0; at + 512 <= samples.length; at += 512) {
    const input = new Float32Array(576)
    input.set(at === 0 ? new Float32Array(64) : samples.subarray(at - 64, at))
    input.set(samples.subarray(at, at + 512), 64)
    const outputs = await session.run({
      input: { data: input, dims: [1, 576] },
      state: { data: state, dims: [2, 1, hidden] },
      ...(session.inputNames.includes('sr') && { sr: { data: BigInt64Array.of(16000n), dims: [] } }),
    })
    probabilities.push((outputs.output!.data as Float32Array)[0]!)
    state = outputs.stateN!.data as Float32Array<ArrayBuffer>
  }
  return probabilities
}

/** Bursts of a buzz in noise: far enough from silence to move every network. */
function buzz(seconds: number): Float32Array {
  const random = seededRandom(3)
  return Float32Array.from({ length: seconds * 16000 }, (_, n) => {
    const loud = Math.sin(n / 9000) > 0 ? 0.4 : 0.01
    return loud * (Math.sin((2 * Math.PI * 130 * n) / 16000) ** 9 + 0.3 * (random() - 0.5))
  })
}

describe('silero-vad', () => {
  const samples = readPcm(`${fixtures}/silero-tiny.s16`)
  const reference = readJson(`${fixtures}/silero-tiny.json`) as number[]

  it('says what PyTorch says of a small network of the published layout', async () => {
    const model = await load(`${fixtures}/silero-tiny.onnx`)
    const { probabilities, hopSeconds } = await model.run({ samples, state: null }, quietJob())
    expect(hopSeconds).toBe(0.032)
    expect(probabilities).toHaveLength(reference.length)
    expect(largestDifference(probabilities, reference)).toBeLessThan(1e-5)
    const single = await frameByFrame(`${fixtures}/silero-tiny.onnx`, 10, samples)
    expect(largestDifference(single, reference)).toBeLessThan(1e-5)
    await model.release()
  })

  it('says the same of a stream in blocks of any length', async () => {
    const model = await load(`${fixtures}/silero-tiny.onnx`)
    const whole = await model.run({ samples, state: null }, quietJob())
    let state: VoiceActivityState | null = null
    const parts: number[] = []
    for (let at = 0, turn = 0; at < samples.length; turn++) {
      const end = at + [1, 511, 5000, 0, 700][turn % 5]!
      const result = await model.run({ samples: samples.subarray(at, end), state }, quietJob())
      parts.push(...result.probabilities)
      state = result.state
      at = end
    }
    expect(parts).toHaveLength(whole.probabilities.length)
    expect(largestDifference(parts, whole.probabilities)).toBeLessThan(1e-6)
    await model.release()
  })

  it('gives numbers for silence and for far too loud sound, and nothing for less than a frame', async () => {
    const model = await load(`${fixtures}/silero-tiny.onnx`)
    for (const level of [0, 1, 1000]) {
      const loud = Float32Array.from({ length: 16000 }, (_, n) => (n % 50 < 25 ? level : -level))
      const { probabilities } = await model.run({ samples: loud, state: null }, quietJob())
      expect(probabilities.every((p) => p >= 0 && p <= 1)).toBe(true)
    }
    const short = await model.run({ samples: new Float32Array(500), state: null }, quietJob())
    expect(short.probabilities).toHaveLength(0)
    await model.release()
  })

  it('refuses damaged files and other networks, and stops when canceled', async () => {
    await expect(load('package.json')).rejects.toMatchObject({ code: 'model_corrupt' })
    const model = await load(`${fixtures}/silero-tiny.onnx`)
    const job = quietJob(AbortSignal.abort(new Error('canceled')))
    await expect(model.run({ samples, state: null }, job)).rejects.toThrow('canceled')
  })

  it.skipIf(!existsSync(published))(
    `agrees with the published network frame by frame (needs ${published})`,
    async () => {
      const model = await load(published)
      const sound = buzz(20)
      const { probabilities } = await model.run({ samples: sound, state: null }, quietJob())
      const single = await frameByFrame(published, 128, sound)
      expect(Math.max(...single) - Math.min(...single)).toBeGreaterThan(0.02)
      expect(largestDifference(probabilities, single)).toBeLessThan(1e-4)
      await model.release()
    },
  )
})
