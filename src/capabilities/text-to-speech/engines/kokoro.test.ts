import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { testManifest } from '../../../../test/fixtures/model-folder'
import type { Runtime, Tensor } from '../../../inference/runtime'
import { quietJob } from '../testing/quiet-job'
import { word } from '../testing/words'
import { kokoroEngine } from './kokoro'

let folder: string
const vocab = {
  $: 0,
  h: 50,
  ə: 83,
  l: 54,
  ˈ: 156,
  O: 31,
  Q: 33,
  w: 65,
  ɜ: 87,
  ɹ: 123,
  ː: 158,
  d: 46,
  ' ': 16,
  '.': 4,
  ',': 3,
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-kokoro-'))
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify({ model: { vocab } }))
  // Row n of the styles is all n.
  const styles = Float32Array.from({ length: 510 * 256 }, (_, index) => Math.floor(index / 256))
  await writeFile(join(folder, 'heart.bin'), new Uint8Array(styles.buffer))
  await writeFile(join(folder, 'short.bin'), new Uint8Array(4096))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A network that keeps what it is given. */
function listening() {
  const heard: Record<string, Tensor>[] = []
  const runtime: Runtime = {
    createSession: () =>
      Promise.resolve({
        ...{ provider: 'cpu', inputNames: ['input_ids', 'style', 'speed'], outputNames: ['waveform'] },
        run(feeds) {
          heard.push(feeds)
          const data = Float32Array.from({ length: 24_000 }, (_, n) => 0.3 * Math.sin(n / 10))
          return Promise.resolve({ waveform: { data, dims: [1, data.length] } })
        },
        release: () => Promise.resolve(),
      }),
  }
  return { heard, runtime }
}

const words = [
  word('hello', { phones: ['HH', 'AH0', 'L', 'OW1'], boundary: 'minor' }),
  word('world', { phones: ['W', 'ER1', 'L', 'D'], boundary: 'statement' }),
]
const voice = { id: 'h', name: 'Heart', speaker: 'heart.bin', language: 'en-US', gender: '', description: '' }
const manifest = testManifest({
  engine: 'kokoro',
  capability: 'text-to-speech',
  sampleRateHz: 24_000,
  files: [],
})
const load = (runtime: Runtime) =>
  kokoroEngine.load({ manifest, path: (file) => join(folder, file) }, runtime)

describe('Kokoro', () => {
  it('gets its own letters, the style for their number, and the pace', async () => {
    const { heard, runtime } = listening()
    const spoken = await (await load(runtime)).run({ words, voice, rate: 1.25, seed: 0 }, quietJob())
    const { input_ids: ids, style, speed } = heard[0]!
    expect([...ids!.data].map(Number)).toEqual([
      ...[0, 50, 83, 54, 156, 31, 3, 16, 65, 156, 87, 123, 54, 46, 4, 0],
    ])
    expect([...new Set(style!.data as Float32Array)]).toEqual([14])
    expect([...(speed!.data as Float32Array)]).toEqual([1.25])
    expect(spoken).toMatchObject({ rate: 1.25, problem: null })
    expect(spoken.words).toHaveLength(2)
    expect(spoken.words[1]!.end).toBeCloseTo(1, 1)
  })

  it('British voices have British vowels', async () => {
    const { heard, runtime } = listening()
    const british = { ...voice, language: 'en-GB' }
    await (await load(runtime)).run({ words, voice: british, rate: 1, seed: 0 }, quietJob())
    expect([...heard[0]!.input_ids!.data].map(Number)).toContain(vocab.Q)
    expect([...heard[0]!.input_ids!.data].map(Number)).not.toContain(vocab.ɹ)
  })

  it('a voice file that is too short is damaged', async () => {
    const model = await load(listening().runtime)
    const short = { ...voice, id: 's', speaker: 'short.bin' }
    await expect(model.run({ words, voice: short, rate: 1, seed: 0 }, quietJob())).rejects.toMatchObject({
      code: 'model_corrupt',
    })
  })
})
