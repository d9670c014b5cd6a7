import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createRealFft } from '../../../audio/fft-real'
import type { DenoiserEngine } from '../denoiser'
import { createDeepFilterFeatures, erbWidths, vorbisWindow } from './deepfilter-features'
import { createDeepFilterNetEngine, deepFilterNetEngine } from './deepfilternet'
import { collect, loadEngine, noise, quietJob, streamOf } from './testing/engine-bench'

/* What libDF and the published graphs make of the same sound: scripts/reference/deepfilternet/make.py. */

interface Expected {
  widths: number[]
  levels: number[][]
  real: number[][]
  imaginary: number[][]
  from: number
  /** In 2⁻²⁰. */
  enhanced: number[]
}

const expected = JSON.parse(
  gunzipSync(readFileSync('test/fixtures/engines/deepfilternet/expected.json.gz')).toString(),
) as Expected
const folder = '../shared/weights/denoise/deepfilternet3'
const missing = existsSync(folder) ? '' : ` (missing: ${folder} with the published graphs)`
const files = Object.fromEntries(
  ['enc.onnx', 'erb_dec.onnx', 'df_dec.onnx'].map((name) => [name, `${folder}/${name}`]),
)
const speech = readFileSync('test/fixtures/engines/nemo/speech.wav').subarray(44)
/** Speech at 16 kHz, again and again, at three times the rate by straight lines; over noise. */
function noisySpeech(seconds: number): Float32Array {
  return noise(seconds * 48_000, 0.02, 3).map((value, n) => {
    const at = (index: number) => speech.readInt16LE(2 * (index % (speech.length >> 1))) / 32768
    const before = Math.floor(n / 3)
    const share = n / 3 - before
    return value + at(before) * (1 - share) + at(before + 1) * share
  })
}
const sound = noisySpeech(3)

describe('what DeepFilterNet hears', () => {
  it('has the bands of libDF', () => {
    expect(erbWidths(48_000, 960, 32, 2)).toEqual(expected.widths)
  })

  it('has the features of libDF', () => {
    const fft = createRealFft(960)
    const window = vorbisWindow(960)
    const features = createDeepFilterFeatures(expected.widths, 96)
    for (const [frame, levels] of expected.levels.entries()) {
      const spectrum = new Float64Array(962)
      const start = (frame - 1) * 480
      fft.forward(
        window.map((weight, n) => (weight * (sound[start + n] ?? 0)) / 960),
        spectrum,
      )
      const rows = [new Float32Array(32), new Float32Array(96), new Float32Array(96)] as const
      features.add(spectrum, ...rows)
      const differences = [levels, expected.real[frame]!, expected.imaginary[frame]!].flatMap((row, index) =>
        row.map((value, n) => Math.abs(value - rows[index]![n]!)),
      )
      expect(Math.max(...differences)).toBeLessThan(2e-5)
    }
  })
})

describe.skipIf(missing !== '')(`deepfilternet3 with the published weights${missing}`, () => {
  const load = () => loadEngine(deepFilterNetEngine, files)

  it('agrees with libDF around the same graphs to 60 dB, to the sample', async () => {
    const model = await load()
    const input = { channels: 2, blocks: streamOf([sound, new Float32Array(sound.length)], 7777) }
    const [output, silent] = await collect(await model.run(input, quietJob()))
    await model.release()
    expect(output).toHaveLength(sound.length)
    let [energy, error] = [0, 0]
    for (const [n, value] of expected.enhanced.entries()) {
      energy += (value / 2 ** 20) ** 2
      error += (value / 2 ** 20 - output![expected.from + n]!) ** 2
    }
    expect(10 * Math.log10(energy / error)).toBeGreaterThan(60)
    expect(silent!.every((sample) => Math.abs(sample) < 1e-6)).toBe(true)
  }, 30_000)

  it('has no joins: beyond one, a long sound is what a single call makes of it to 35 dB', async () => {
    const long = noisySpeech(22)
    const enhance = async (engine: DenoiserEngine) => {
      const model = await loadEngine(engine, files)
      const [output] = await collect(
        await model.run({ channels: 1, blocks: streamOf([long], 48_000) }, quietJob()),
      )
      await model.release()
      return output!
    }
    const whole = await enhance(createDeepFilterNetEngine({ blockSpectra: 2500, warmUpSpectra: 0 }))
    const pieces = await enhance(deepFilterNetEngine)
    // The second call hears all that the first did: they part at the third, at 20 seconds.
    const join = 20 * 48_000
    const distanceDb = (from: number, to: number) => {
      let [energy, error] = [0, 0]
      for (let n = from; n < to; n++) {
        energy += whole[n]! ** 2
        error += (whole[n]! - pieces[n]!) ** 2
      }
      return 10 * Math.log10(energy / error)
    }
    expect(distanceDb(0, join - 960)).toBeGreaterThan(70)
    expect(distanceDb(join - 960, join + 2400)).toBeGreaterThan(25)
    expect(distanceDb(join, whole.length)).toBeGreaterThan(35)
    const step = (output: Float32Array) =>
      Math.max(
        ...output
          .slice(join - 1920, join + 480)
          .map((value, n, all) => Math.abs(value - (all[n - 1] ?? value))),
      )
    expect(step(pieces)).toBeLessThan(1.1 * step(whole))
  }, 120_000)

  it('gives as many frames as it gets, and stops when the job is canceled', async () => {
    const model = await load()
    for (const frames of [1, 96_001]) {
      const input = { channels: 1, blocks: streamOf([noise(frames, 0.1)], 5000) }
      expect((await collect(await model.run(input, quietJob())))[0]).toHaveLength(frames)
    }
    const abort = new AbortController()
    const blocks = (
      await model.run({ channels: 1, blocks: streamOf([noise(600_000, 0.1)], 9600) }, quietJob(abort.signal))
    )[Symbol.asyncIterator]()
    await blocks.next()
    abort.abort()
    await expect(blocks.next()).rejects.toThrow(/abort/i)
    await model.release()
  }, 60_000)
})
