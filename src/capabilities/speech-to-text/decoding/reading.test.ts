import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { parseArpa, readArpa } from './arpa-reader'
import { guessPronunciations } from './letter-phones'
import { readLexicon } from './lexicon'
import { createTokenSet, readTokens, spellWord } from './token-set'
import { wordsOfTokens } from './greedy'

const folder = mkdtempSync(join(tmpdir(), 'reading-'))
afterAll(() => rmSync(folder, { recursive: true }))
const write = (name: string, data: string | Uint8Array) => {
  writeFileSync(join(folder, name), data)
  return join(folder, name)
}
const corrupt = expect.objectContaining({ code: 'model_corrupt' }) as unknown

describe('token lists', () => {
  it('are read from JSON, from lines and from numbered lines', () => {
    expect(readTokens('{"b": 1, "a": 0, "d": 3}')).toEqual(['a', 'b', '<unused-2>', 'd'])
    expect(readTokens('<blk>\nAA\nAE\n')).toEqual(['<blk>', 'AA', 'AE'])
    expect(readTokens('▁the 1\n<blk> 0\n')).toEqual(['<blk>', '▁the'])
    expect(() => readTokens('[1]')).not.toThrow()
    expect(() => readTokens('{"a": -1}')).toThrow(corrupt)
    expect(() => readTokens('')).toThrow(corrupt)
  })

  it('make words with a delimiter or with marks', () => {
    const letters = createTokenSet(['<pad>', '|', 'a', 'b', '<unk>'], { blank: '<pad>', wordDelimiter: '|' })
    const texts = (tokens: number[], set = letters) => wordsOfTokens(tokens, set).map((word) => word.text)
    expect(texts([1, 2, 3, 1, 1, 3, 4, 1])).toEqual(['ab', 'b'])
    expect(spellWord(letters, 'abba')).toEqual([2, 3, 3, 2])
    expect(spellWord(letters, 'abc')).toBeNull()
    const pieces = createTokenSet(['▁', '▁th', 'e', '▁cat', 's', '<blk>'], { blank: '<blk>' })
    expect(texts([1, 2, 3, 4, 0, 4], pieces)).toEqual(['the', 'cats', 's'])
    expect(spellWord(pieces, 'cats')).toEqual([3, 4])
  })
})

describe('language models', () => {
  const text =
    '\\data\\\nngram 1=3\nngram 2=1\n\n\\1-grams:\n-1\t<s>\t-0.5\n-2\ta\n-3\t</s>\n\n\\2-grams:\n-0.25\t<s> a\n\n\\end\\\n'

  it('are read plain and gzipped, parted by tabs or blanks', async () => {
    for (const model of [
      parseArpa(text),
      parseArpa(text.replaceAll('\t', ' ')),
      await readArpa(write('lm.arpa', text.replaceAll('\n', '\r\n'))),
      await readArpa(write('lm.arpa.gz', gzipSync(text))),
    ]) {
      expect(model.score(model.start, model.word('a'))).toBeCloseTo(-0.25 * Math.LN10)
      expect(model.finish(model.start)).toBeCloseTo(-3.5 * Math.LN10)
      expect(model.score(model.start, model.word('b'))).toBeCloseTo(-100 * Math.LN10)
    }
  })

  it.each([
    ['cut off', text.slice(0, -30)],
    ['without counts', text.replace('ngram 2=1\n', '')],
    ['with fewer n-grams than it says', text.replace('ngram 1=3', 'ngram 1=4')],
    ['with more n-grams than it says', text.replace('ngram 1=3', 'ngram 1=2')],
    ['with a word that is a number elsewhere', text.replace('-2\ta', 'x\ta')],
    ['with an n-gram of unknown words', text.replace('<s> a', '<s> z')],
    ['that is a page of the web', '<!doctype html>\n<p>Not found'],
    ['that is empty', ''],
  ])('%s are model_corrupt', (_, damaged) => {
    expect(() => parseArpa(damaged)).toThrow(corrupt)
  })

  it('damaged packing and missing files are model_corrupt', async () => {
    const half = gzipSync(text.repeat(1)).subarray(0, 60)
    await expect(readArpa(write('half.arpa.gz', half))).rejects.toEqual(corrupt)
    await expect(readArpa(join(folder, 'missing.arpa.gz'))).rejects.toEqual(corrupt)
  })
})

describe('lexicons', () => {
  const find = (token: string) => ['A', 'B'].indexOf(token)
  it('hold several pronunciations of a word', async () => {
    const lexicon = await readLexicon(write('lex.txt.gz', gzipSync('aa\tA A\nab A B\naa(2) A\n\n')), find)
    expect(lexicon.find('aa').map((spelling) => [...spelling])).toEqual([[0, 0], [0]])
    expect(lexicon.find('b')).toEqual([])
  })

  it('that use other tokens or are empty are model_corrupt', async () => {
    await expect(readLexicon(write('other.txt', 'aa A C\n'), find)).rejects.toEqual(corrupt)
    await expect(readLexicon(write('empty.txt', '\n'), find)).rejects.toEqual(corrupt)
  })
})

describe('guessed pronunciations', () => {
  it.each([
    ['cake', 'K EY K'],
    ['knight', 'N AY T'],
    ['Zürich', 'Z UW R IY CH'],
    ['station', 'S T AE SH AH N'],
    ['mumbai', 'M UW M B AY'],
    ['priya', 'P R IH Y AH'],
  ])('%s may be said %s', (word, phones) => {
    expect(guessPronunciations(word).map((guess) => guess.join(' '))).toContain(phones)
  })

  it('are none for what has no letters', () => {
    expect(guessPronunciations('42')).toEqual([])
    expect(guessPronunciations('e').flat().length).toBeGreaterThan(0)
  })
})
