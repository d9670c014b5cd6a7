import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createRealFft } from '../../../audio/fft-real'
import type { Tensor } from '../../../inference/runtime'
import { createOrtRuntime } from '../../../inference/ort-runtime'
import { gtcrnEngine } from './gtcrn'
import { collect, loadEngine, noise, quietJob, streamOf } from './testing/engine-bench'

const path = '../shared/weights/denoise/gtcrn/gtcrn_simple.onnx'
const missing = existsSync(path) ? '' : ` (missing: ${path}, the published graph)`
const files = { 'gtcrn_simple.onnx': path }

/** As the authors run it: whole-signal transform at the square root of a Hann window, one call a frame. */
async function published(samples: Float32Array): Promise<Float64Array> {
  const session = await createOrtRuntime({ providers: ['cpu'] }).createSession(path)
  const fft = createRealFft(512)
  const window = Float64Array.from({ length: 512 }, (_, n) =>
    Math.sqrt(0.5 - 0.5 * Math.cos((Math.PI * n) / 256)),
  )
  let caches: Record<string, Tensor> = {
    conv_cache: { data: new Float32Array(16896), dims: [2, 1, 16, 16, 33] },
    tra_cache: { data: new Float32Array(96), dims: [2, 3, 1, 1, 16] },
    inter_cache: { data: new Float32Array(1056), dims: [2, 1, 33, 16] },
  }
  const out = new Float64Array(samples.length + 512)
  for (let start = -256; start + 256 < samples.length; start += 256) {
    const spectrum = new Float64Array(514)
    fft.forward(
      Float64Array.from(window, (weight, n) => weight * (samples[start + n] ?? 0)),
      spectrum,
    )
    const { enh, ...next } = await session.run({
      mix: { data: Float32Array.from(spectrum), dims: [1, 257, 1, 2] },
      ...caches,
    })
    caches = Object.fromEntries(
      Object.entries(next).map(([name, tensor]) => [name.replace('_out', ''), tensor]),
    )
    const frame = new Float64Array(512)
    fft.inverse(Float64Array.from(enh!.data as Float32Array), frame)
    for (let n = 0; n < 512; n++) if (start + n >= 0) out[start + n]! += window[n]! * frame[n]!
  }
  await session.release()
  return out
}

describe.skipIf(missing !== '')(`gtcrn with the published weights${missing}`, () => {
  it('agrees with the authors’ loop to 100 dB, each channel for itself, to the sample', async () => {
    const babble = (seed: number) =>
      noise(256 * 150, 0.3, seed).map((value, n) => value * Math.sin(n / 3000) ** 2)
    const channels = [babble(3), babble(4)]
    const model = await loadEngine(gtcrnEngine, files)
    const output = await collect(
      await model.run({ channels: 2, blocks: streamOf(channels, 777) }, quietJob()),
    )
    await model.release()
    for (const [index, samples] of channels.entries()) {
      const reference = await published(samples)
      expect(output[index]).toHaveLength(samples.length)
      let [energy, error] = [0, 0]
      // The last window of the stream hears silence after the end.
      for (let n = 0; n < samples.length - 256; n++) {
        energy += reference[n]! ** 2
        error += (reference[n]! - output[index]![n]!) ** 2
      }
      expect(energy).toBeGreaterThan(0)
      expect(10 * Math.log10(energy / error)).toBeGreaterThan(100)
    }
  }, 30_000)

  it('gives as many frames as it gets', async () => {
    const model = await loadEngine(gtcrnEngine, files)
    for (const frames of [1, 255, 8192, 8193]) {
      const input = { channels: 1, blocks: streamOf([noise(frames, 0.1)], 500) }
      expect((await collect(await model.run(input, quietJob())))[0]).toHaveLength(frames)
    }
    await model.release()
  })

  it('stops between blocks when the job is canceled', async () => {
    const model = await loadEngine(gtcrnEngine, files)
    const abort = new AbortController()
    const input = { channels: 1, blocks: streamOf([noise(100_000, 0.1)], 8192) }
    const blocks = (await model.run(input, quietJob(abort.signal)))[Symbol.asyncIterator]()
    await blocks.next()
    abort.abort()
    await expect(blocks.next()).rejects.toThrow(/abort/i)
    await model.release()
  })
})
