import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { createLanguages } from './language'
import { normalise } from './normalise'
import { loadEnglishLexicon } from './pronunciation/lexicon'

/** Written as a careful reader says it, not as the code does. */
const cases = readFileSync(new URL('./testing/normalisation.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t') as [locale: string, input: string, expected: string])

let languageOf: ReturnType<typeof createLanguages>

beforeAll(async () => {
  const lexicon = await loadEnglishLexicon()
  languageOf = createLanguages((word) => lexicon.has(word))
})

function read(locale: string, text: string): string {
  return normalise(text, { language: languageOf(locale), emoji: 'drop' })
    .flatMap(({ words }) => words.map((word) => word.text))
    .join(' ')
}

describe('the table of readings', () => {
  it('holds at least 300 cases', () => expect(cases.length).toBeGreaterThanOrEqual(300))

  it.each(cases)('%s: %s', (locale, input, expected) => {
    expect(read(locale, input)).toBe(expected)
  })
})
