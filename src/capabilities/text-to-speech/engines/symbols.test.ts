import { describe, expect, it } from 'vitest'

import { word } from '../testing/words'
import { nvidiaEnglishSymbols, phoneSymbols } from './symbols'

const set = phoneSymbols(
  ['_', '~', 'pau', ',', '.', '?', 'HH', 'AH0', 'AH1', 'L', 'OW1', 'ER'].join('\n') + '\n',
)
const hello = word('hello', { phones: ['HH', 'AH0', 'L', 'OW1'] })

describe('phoneSymbols', () => {
  it('writes silence, phones, marks and the end', () => {
    const sequence = set.encode([hello, word('la', { phones: ['L', 'AH1'], boundary: 'question' })])
    expect(sequence.ids).toEqual([2, 6, 7, 9, 10, 9, 8, 5, 1])
    expect(sequence.words).toEqual([
      { start: 1, end: 5 },
      { start: 5, end: 7 },
    ])
    expect([0, 4, 7, 8].map((index) => sequence.silent(index))).toEqual([true, false, true, true])
  })

  it('never ends without a mark, and uses another mark for one that it lacks', () => {
    expect(set.encode([hello]).ids.slice(-2)).toEqual([3, 1])
    expect(set.encode([{ ...hello, boundary: 'exclamation' }]).ids.slice(-2)).toEqual([4, 1])
  })

  it('takes a phone with another stress where it has just that', () => {
    expect(set.reads(word('x', { phones: ['ER0', 'OW2'] }))).toBe(true)
    expect(set.encode([word('x', { phones: ['ER0', 'OW2'] })]).ids).toContain(11)
  })

  it('does not read phones that it lacks, nor words without phones', () => {
    expect(set.reads(word('x', { phones: ['ZH'] }))).toBe(false)
    expect(set.reads(word('да'))).toBe(false)
  })

  it('a space is a symbol where the set has one', () => {
    const spaced = phoneSymbols(' \nL\nAH1\n.\n')
    const la = word('la', { phones: ['L', 'AH1'] })
    expect(spaced.encode([la, { ...la, boundary: 'statement' }]).ids).toEqual([1, 2, 0, 1, 2, 3])
  })

  it('refuses a file that is something else', () => {
    expect(() => phoneSymbols('<html>\n')).toThrow('no phones')
  })
})

describe('nvidiaEnglishSymbols', () => {
  const letters = nvidiaEnglishSymbols()

  it('numbers the letters as NVIDIA’s text front end does', () => {
    // text_to_sequence("hello, it's cafe.", ['english_cleaners']) of DeepLearningExamples.
    const words = [
      word('hello', { boundary: 'minor' }),
      word("it's"),
      word('Café', { boundary: 'statement' }),
    ]
    expect(letters.encode(words).ids).toEqual([
      ...[45, 42, 49, 49, 52, 6, 11, 46, 57, 3, 56, 11, 40, 38, 43, 42, 7],
    ])
  })

  it('knows what it cannot read', () => {
    expect(letters.reads(word('café'))).toBe(true)
    expect(letters.reads(word('привет'))).toBe(false)
    expect(letters.reads(word('--'))).toBe(false)
  })
})
