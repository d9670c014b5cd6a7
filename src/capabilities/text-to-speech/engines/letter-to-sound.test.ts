import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../inference/engine'
import { manifestSchema } from '../../../inference/manifest'
import { createOrtRuntime } from '../../../inference/ort-runtime'
import { stressOf } from '../../../text/phonemes'
import { loadEnglishLexicon, type Lexicon } from '../../../text/pronunciation/lexicon'
import type { Phone } from '../../../text/utterance'
import { quietJob } from '../testing/quiet-job'
import { letterToSoundEngine } from './letter-to-sound'

const folder = 'models/pronunciation/timbre-pronunciation-en'
let model: LoadedModel<{ word: string }, { phones: readonly Phone[] }>
let lexicon: Lexicon

beforeAll(async () => {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8')))
  const files = { manifest, path: (file: string) => `${folder}/${file}` }
  model = await letterToSoundEngine.load(files, createOrtRuntime({ providers: ['cpu'] }))
  lexicon = await loadEnglishLexicon()
})
afterAll(() => model.release())

const phonesOf = async (word: string) => (await model.run({ word }, quietJob())).phones

/** As scripts/train/pronunciation/dictionary.py has it. */
function isHeldOut(word: string): boolean {
  return parseInt(createHash('sha256').update(word).digest('hex').slice(0, 8), 16) % 20 === 0
}

function edits(one: readonly string[], other: readonly string[]): number {
  let row = other.map((_, index) => index + 1)
  row.unshift(0)
  for (const [i, a] of one.entries()) {
    const next = [i + 1]
    for (const [j, b] of other.entries()) {
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (a === b ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1)!
}

describe('the starter network of letters to sounds', () => {
  it('says regular words as they are said', async () => {
    expect((await phonesOf('bat')).join(' ')).toBe('B AE1 T')
    expect((await phonesOf('zander')).join(' ')).toBe('Z AE1 N D ER0')
    expect((await phonesOf('shopping')).join(' ')).toBe('SH AA1 P IH0 NG')
  })

  it('stays near the error rate of its manifest on words that it did not learn', async () => {
    const words = 'abcdefghijklmnopqrstuvwxyz'
      .split('')
      .flatMap((first) =>
        [
          'ander',
          'ell',
          'ington',
          'olson',
          'atter',
          'ing',
          'er',
          'ick',
          'ash',
          'ores',
          'ets',
          'one',
          'all',
          'ed',
          'ling',
          'ate',
          'y',
          's',
          'en',
          'man',
        ].map((rest) => first + rest),
      )
      .filter((word) => lexicon.has(word) && isHeldOut(word))
    let wrong = 0
    let total = 0
    for (const word of words) {
      const right = lexicon.pronunciations(word)[0]!
      wrong += edits(await phonesOf(word), right)
      total += right.length
    }
    expect(words.length).toBeGreaterThan(5)
    expect(wrong / total).toBeLessThan(0.25)
  })

  it('gives every word exactly one primary stress', async () => {
    for (const word of ['internationalisation', 'blorptik', 'kubernetes', 'srinivasan', "o'malley"]) {
      expect((await phonesOf(word)).filter((phone) => stressOf(phone) === 1)).toHaveLength(1)
    }
  })

  it('reads endless words in pieces, and nothing of no letters', async () => {
    expect((await phonesOf('banana'.repeat(50))).length).toBeGreaterThan(200)
    expect(await phonesOf('123')).toEqual([])
  })
})
