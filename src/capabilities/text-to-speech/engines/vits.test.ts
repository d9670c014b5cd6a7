import { describe, expect, it } from 'vitest'

import { testManifest } from '../../../../test/fixtures/model-folder'
import { quietJob } from '../testing/quiet-job'
import { word } from '../testing/words'
import type { SpeakInput } from '../voice-model'
import { espeakNotation, writeIpa } from './ipa'
import { largestDifference, readReference, testRuntime } from './testing/tiny-networks'
import { piperIds, vitsEngine } from './vits'

const folder = 'test/fixtures/engines/vits'

interface VitsReference {
  ids: number[]
  sounds: Record<string, number[]>
}

const reference = readReference(folder) as VitsReference
const words = [
  word('hello', { phones: ['HH', 'AH0', 'L', 'OW1'], boundary: 'minor' }),
  word('world', { phones: ['W', 'ER1', 'L', 'D'], boundary: 'statement' }),
]
const input: SpeakInput = {
  ...{ words, rate: 1, seed: 1 },
  voice: { id: 'v', name: 'V', speaker: 0, language: 'en-US', gender: '', description: '' },
}
const manifest = testManifest({
  ...{ engine: 'vits', capability: 'text-to-speech', sampleRateHz: 22_050 },
  files: [{ path: 'tiny.onnx' }, { path: 'tiny.onnx.json' }],
})
const load = (path = (file: string) => `${folder}/${file}`) =>
  vitsEngine.load({ manifest, path }, testRuntime)

describe('Piper’s layout', () => {
  it('words are written and numbered as the voices read them', () => {
    expect(writeIpa(words, espeakNotation)).toBe('həlˈoʊ, wˈɜːld.')
    const map = { _: [0], '^': [1], $: [2], a: [5], b: [6, 7] }
    expect(piperIds('a?b', { phoneme_id_map: map })).toEqual([1, 0, 5, 0, 6, 7, 0, 2])
  })

  /* Largest difference that was seen: 4.7e-6, for sound of a standard deviation of 0.62. */
  it.each([1, 1.6])('gives the sound that transformers’ VITS gives, at pace %f', async (rate) => {
    const { sound, ...rest } = await (await load()).run({ ...input, rate }, quietJob())
    if (sound.kind !== 'samples') throw new Error('VITS gives samples')
    const expected = reference.sounds[rate === 1 ? '1.0' : '1.6']!
    expect(largestDifference(sound.samples, expected)).toBeLessThan(1e-4)
    expect(rest).toMatchObject({ rate, problem: null })
    expect(rest.words[0]!.end).toBeLessThan(rest.words[1]!.start)
    expect(rest.words[1]!.end).toBeLessThanOrEqual(expected.length / 22_050)
  })

  it('says which words it can read', () => {
    expect(vitsEngine.reads(word('hello'), manifest)).toBe(true)
    expect(vitsEngine.reads(word('привет'), manifest)).toBe(false)
    const letters = { ...manifest, options: { phonemes: 'text' } }
    expect(vitsEngine.reads(word('привет'), letters)).toBe(true)
  })

  it('refuses damaged files', async () => {
    await expect(load(() => `${folder}/expected.json.gz`)).rejects.toMatchObject({ code: 'model_corrupt' })
    const graphOnly = (file: string) => `${folder}/${file.endsWith('.json') ? 'tiny.onnx' : file}`
    await expect(load(graphOnly)).rejects.toMatchObject({ code: 'model_corrupt' })
  })
})
