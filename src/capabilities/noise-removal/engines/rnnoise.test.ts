import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { rnnoiseEngine } from './rnnoise'
import { rnnoiseNetwork } from './rnnoise-weights'
import { collect, loadEngine, quietJob, streamOf } from './testing/engine-bench'

const weights = '../shared/weights/denoise/rnnoise'
const missing = existsSync(weights)
  ? ''
  : ` (missing: ${weights} with the published weights and reference output)`
const published = join(weights, 'nnnoiseless-weights.rnn')

function pcm16(path: string): Float32Array {
  const bytes = readFileSync(path)
  return Float32Array.from({ length: bytes.length / 2 }, (_, n) => bytes.readInt16LE(2 * n) / 32768)
}

function correlation(a: Float32Array, b: Float32Array): number {
  let ab = 0
  let aa = 0
  let bb = 0
  for (const [n, value] of a.entries()) {
    const other = b[n] ?? 0
    ab += value * other
    aa += value * value
    bb += other * other
  }
  return ab / Math.sqrt(aa * bb)
}

async function denoise(channels: Float32Array[], ...lengths: number[]): Promise<Float32Array[]> {
  const model = await loadEngine(rnnoiseEngine, { 'weights.rnn': published })
  const output = await collect(
    await model.run({ channels: channels.length, blocks: streamOf(channels, ...lengths) }, quietJob()),
  )
  await model.release()
  return output
}

describe.skipIf(missing !== '')(`rnnoise with the published weights${missing}`, () => {
  const speech = missing ? new Float32Array() : pcm16(join(weights, 'nnnoiseless-testing.raw'))

  it('gives the reference output, aligned to the sample', async () => {
    const reference = pcm16(join(weights, 'nnnoiseless-reference_output.raw'))
    const [output] = await denoise([speech], 1000)
    expect(output).toHaveLength(speech.length)
    // The C program of v0.1.1 itself correlates at 0.99962 with this reference, which an earlier version wrote.
    expect(correlation(output!.subarray(0, reference.length), reference)).toBeGreaterThan(0.9995)
  })

  it('gives the same samples whatever the length of the blocks', async () => {
    const [once, pieces] = [await denoise([speech], speech.length), await denoise([speech], 1, 479, 5000)]
    expect(pieces[0]).toEqual(once[0])
  })

  it('keeps the balance of two channels, and silence silent', async () => {
    const half = speech.map((value) => value / 2)
    const [left, right] = await denoise([speech, half], 4800)
    let error = 0
    let energy = 0
    for (const [n, value] of left!.entries()) {
      error += (value / 2 - right![n]!) ** 2
      energy += (value / 2) ** 2
    }
    // Levels shift the features and the pitch filter a little; the gains are shared.
    expect(10 * Math.log10(energy / error)).toBeGreaterThan(25)
    const [still] = await denoise([new Float32Array(50_000)], 4800)
    expect(still!.every((value) => value === 0)).toBe(true)
  })

  it('takes the same network as an .onnx file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rnnoise-'))
    afterAll(() => rmSync(folder, { recursive: true }))
    const { graph, stateSizes } = rnnoiseNetwork(readFileSync(published))
    writeFileSync(join(folder, 'model.onnx'), graph)
    const model = await loadEngine(
      rnnoiseEngine,
      { 'model.onnx': join(folder, 'model.onnx') },
      { stateSizes },
    )
    const output = await collect(
      await model.run({ channels: 1, blocks: streamOf([speech], 9600) }, quietJob()),
    )
    await model.release()
    expect(output).toEqual(await denoise([speech], 9600))
  })

  it.each([
    ['cut short', (bytes: Uint8Array) => bytes.subarray(0, 5000)],
    ['too long', (bytes: Uint8Array) => Uint8Array.from([...bytes, 0])],
    ['something else', () => new TextEncoder().encode('rnnoise-nu model file version 1')],
  ])('refuses weights that are %s', (_, damage) => {
    expect(() => rnnoiseNetwork(damage(readFileSync(published)))).toThrow('not a file of RNNoise weights')
  })
})
