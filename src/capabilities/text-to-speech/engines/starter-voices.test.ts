import { readFileSync } from 'node:fs'

import { beforeAll, describe, expect, it } from 'vitest'

import type { LoadedModel } from '../../../inference/engine'
import { manifestSchema } from '../../../inference/manifest'
import { quietJob } from '../testing/quiet-job'
import { word } from '../testing/words'
import { voiceOptionsOf, type SpeakInput, type Spoken, type VocoderInput } from '../voice-model'
import { harmonicVocoderEngine } from './harmonic-vocoder'
import { tacotron2Engine } from './tacotron2'
import { largestDifference, testRuntime } from './testing/tiny-networks'

/* The voices that come with the product, as they are committed. */

const folders = { voice: 'models/text-to-speech/timbre-tacotron2', vocoder: 'models/vocoder/timbre-harmonic' }

function filesOf(folder: string, options: Record<string, unknown> = {}) {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8')))
  return {
    manifest: { ...manifest, options: { ...manifest.options, ...options } },
    path: (file: string) => `${folder}/${file}`,
  }
}

let speaker: LoadedModel<SpeakInput, Spoken>
let vocoder: LoadedModel<VocoderInput, Float32Array>
const { voices } = voiceOptionsOf(filesOf(folders.voice).manifest)

beforeAll(async () => {
  speaker = await tacotron2Engine.load(filesOf(folders.voice), testRuntime)
  vocoder = await harmonicVocoderEngine.load(filesOf(folders.vocoder), testRuntime)
})

const words = [
  word('this', { phones: ['DH', 'IH1', 'S'] }),
  word('is', { phones: ['IH1', 'Z'] }),
  word('a', { phones: ['AH0'] }),
  word('voice', { phones: ['V', 'OY1', 'S'], boundary: 'statement' }),
]
const speak = (changes: Partial<SpeakInput> = {}) =>
  speaker.run({ words, voice: voices[0]!, rate: 1, seed: 1, ...changes }, quietJob())

function melOf({ sound }: Spoken) {
  if (sound.kind !== 'mel') throw new Error('Tacotron 2 gives mels')
  return sound.mel
}

describe('the starter voices', () => {
  it('say a sentence to its end, in a time that people would take', async () => {
    const spoken = await speak()
    const seconds = (melOf(spoken).frames * 256) / 22_050
    expect(spoken.problem).toBeNull()
    expect(seconds).toBeGreaterThan(0.7)
    expect(seconds).toBeLessThan(3)
    for (const [index, { start, end }] of spoken.words.entries()) {
      expect(end - start).toBeGreaterThan(0.02)
      if (index > 0) expect(start).toBeGreaterThanOrEqual(spoken.words[index - 1]!.end)
    }
    expect(spoken.words.at(-1)!.end).toBeLessThanOrEqual(seconds)
  })

  it('say the same the same way, and each in a voice of its own', async () => {
    const first = melOf(await speak())
    expect(melOf(await speak())).toEqual(first)
    const other = melOf(await speak({ voice: voices[1]! }))
    const frames = Math.min(first.frames, other.frames)
    const row = (mel: typeof first) => mel.data.subarray(10 * mel.frames, 10 * mel.frames + frames)
    expect(largestDifference(row(first), row(other))).toBeGreaterThan(0.5)
  })

  it('the vocoder makes the same sound in chunks as in one go', async () => {
    const mel = melOf(await speak({ words: [...words, ...words, ...words] }))
    const input = { mel, seed: 4, sigma: 0.7, denoiser: 0 }
    const whole = await vocoder.run(input, quietJob())
    const small = filesOf(folders.vocoder, { chunk_frames: 64 })
    const parts = await (await harmonicVocoderEngine.load(small, testRuntime)).run(input, quietJob())
    expect(whole.length).toBe(mel.frames * 256)
    const level = Math.sqrt(whole.reduce((sum, sample) => sum + sample * sample, 0) / whole.length)
    expect(level).toBeGreaterThan(0.01)
    expect(largestDifference(whole, parts)).toBeLessThan(level / 100)
  })

  /* 80 bands, 240 frames of a sentence of ten words; largest difference that was seen: 5.7e-6. */
  it('speak as PyTorch does with the same weights', async () => {
    const fixtures = 'src/capabilities/text-to-speech/engines/testing/timbre-tacotron2'
    const expected = JSON.parse(readFileSync(`${fixtures}.json`, 'utf8')) as {
      speaker: number
      frames: number
      symbols: string[]
    }
    const mel = new Float32Array(Uint8Array.from(readFileSync(`${fixtures}.mel.f32`)).buffer)
    const phones = expected.symbols.slice(1, -2)
    const comma = phones.indexOf(',')
    const spoken = await speak({
      voice: voices.find(({ speaker }) => speaker === expected.speaker)!,
      words: [
        word('first', { phones: phones.slice(0, comma), boundary: 'minor' }),
        word('second', { phones: phones.slice(comma + 1), boundary: 'statement' }),
      ],
    })
    expect(melOf(spoken).frames).toBe(expected.frames)
    expect(largestDifference(melOf(spoken).data, mel)).toBeLessThan(1e-3)
  })

  it('knows which words it can read', () => {
    const { manifest } = filesOf(folders.voice)
    expect(tacotron2Engine.reads(words[0]!, manifest)).toBe(true)
    expect(tacotron2Engine.reads(word('да'), manifest)).toBe(false)
  })
})
