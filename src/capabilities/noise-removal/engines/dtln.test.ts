import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createRealFft } from '../../../audio/fft-real'
import { createOrtRuntime } from '../../../inference/ort-runtime'
import { dtlnEngine } from './dtln'
import { readFloatConstants } from '../../../inference/onnx-constants'
import { collect, loadEngine, noise, quietJob, streamOf } from './testing/engine-bench'

const folder = '../shared/weights/denoise/dtln'
const missing = existsSync(folder) ? '' : ` (missing: ${folder} with the published graphs)`
const paths = { 'model_1.onnx': `${folder}/model_1.onnx`, 'model_2.onnx': `${folder}/model_2.onnx` }

/** The published way: one frame a call through the published graphs. Output is 384 samples late. */
async function frameByFrame(samples: Float32Array): Promise<Float32Array> {
  const runtime = createOrtRuntime({ providers: ['cpu'] })
  const first = await runtime.createSession(paths['model_1.onnx'])
  const second = await runtime.createSession(paths['model_2.onnx'])
  const fft = createRealFft(512)
  const [recent, scratch, overlap] = [new Float64Array(512), new Float64Array(512), new Float64Array(512)]
  const spectrum = new Float64Array(514)
  const out = new Float32Array(samples.length)
  let firstState = { data: new Float32Array(512), dims: [1, 2, 128, 2] as readonly number[] }
  let secondState = { data: new Float32Array(512), dims: [1, 2, 128, 2] as readonly number[] }
  for (let start = 0; start + 128 <= samples.length; start += 128) {
    recent.copyWithin(0, 128)
    recent.set(samples.subarray(start, start + 128), 384)
    fft.forward(recent, spectrum)
    const magnitudes = Float32Array.from({ length: 257 }, (_, k) =>
      Math.hypot(spectrum[2 * k]!, spectrum[2 * k + 1]!),
    )
    const masked = await first.run({ input_2: { data: magnitudes, dims: [1, 1, 257] }, input_3: firstState })
    firstState = masked.tf_op_layer_stack_2 as typeof firstState
    const mask = masked.activation_2!.data as Float32Array
    for (let i = 0; i < 514; i++) spectrum[i]! *= mask[i >> 1]!
    fft.inverse(spectrum, scratch)
    const cleaned = await second.run({
      input_4: { data: Float32Array.from(scratch), dims: [1, 1, 512] },
      input_5: secondState,
    })
    secondState = cleaned.tf_op_layer_stack_5 as typeof secondState
    overlap.copyWithin(0, 128)
    overlap.fill(0, 384)
    for (let n = 0; n < 512; n++) overlap[n]! += Number(cleaned.conv1d_3!.data[n])
    out.set(overlap.subarray(0, 128), start)
  }
  await first.release()
  await second.release()
  return out
}

/** Noise whose level comes and goes, so that the states have something to remember. */
function babble(frames: number, seed: number): Float32Array {
  return noise(frames, 0.3, seed).map((value, n) => value * Math.sin(n / 3000) ** 2)
}

describe.skipIf(missing !== '')(`dtln with the published weights${missing}`, () => {
  it('agrees with the published graphs frame by frame to 100 dB, each channel for itself', async () => {
    const length = 128 * 300
    const [left, right] = [babble(length, 3), babble(length, 4)]
    const model = await loadEngine(dtlnEngine, paths)
    const output = await collect(
      await model.run({ channels: 2, blocks: streamOf([left, right], 777) }, quietJob()),
    )
    await model.release()
    for (const [index, samples] of [left, right].entries()) {
      const reference = (await frameByFrame(samples)).subarray(384)
      const ours = output[index]!
      expect(ours).toHaveLength(length)
      let energy = 0
      let error = 0
      for (const [n, value] of reference.entries()) {
        energy += value * value
        error += (value - ours[n]!) ** 2
      }
      expect(10 * Math.log10(energy / error)).toBeGreaterThan(100)
    }
  }, 30_000)
})

describe('constants of an ONNX file', () => {
  it('says that a file is no ONNX graph', () => {
    const text = new Uint8Array(readFileSync('package.json'))
    expect(() => readFloatConstants(text)('dense')).toThrow(/The model’s file/)
  })
})
