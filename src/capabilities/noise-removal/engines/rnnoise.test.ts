import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { rnnoiseEngine } from './rnnoise'
import { collect, loadEngine, quietJob, streamOf } from './testing/engine-bench'

const folder = '../shared/weights/denoise/rnnoise'
const missing = existsSync(folder)
  ? ''
  : ` (missing: ${folder} with the published weights and reference output)`

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

const load = () => loadEngine(rnnoiseEngine, { 'weights.rnn': `${folder}/nnnoiseless-weights.rnn` })

describe.skipIf(missing !== '')(`rnnoise with the published weights${missing}`, () => {
  it('gives the reference output of the C program', async () => {
    const model = await load()
    const input = pcm16(`${folder}/nnnoiseless-testing.raw`)
    const reference = pcm16(`${folder}/nnnoiseless-reference_output.raw`)
    const output = await collect(
      await model.run({ channels: 1, blocks: streamOf([input], 1000) }, quietJob()),
    )
    expect(output[0]).toHaveLength(input.length)
    const ours = output[0]!.subarray(0, reference.length)
    expect(correlation(ours, reference)).toBeGreaterThan(0.9995)
    await model.release()
  })
})
