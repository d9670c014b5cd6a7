import { describe, expect, it } from 'vitest'
import {
  ipaToPhones,
  isVowel,
  phonemeOf,
  phonemes,
  phonesToIpa,
  PhoneticError,
  readArpabet,
  xSampaToIpa,
} from './phonemes'

describe('phonemes', () => {
  it('are the 39 of the CMU dictionary, 15 of them vowels', () => {
    expect(phonemes).toHaveLength(39)
    expect(phonemes.filter(({ kind }) => kind === 'vowel')).toHaveLength(15)
    expect(new Set(phonemes.map(({ ipa }) => ipa)).size).toBe(39)
    expect(phonemeOf('AH0')?.ipa).toBe('ʌ')
    expect(phonemeOf('QQ')).toBeNull()
  })

  it('come back from IPA as they went', () => {
    for (const { symbol } of phonemes) {
      const phones = isVowel(symbol) ? [[`${symbol}1`], ['T', `${symbol}0`, 'T', 'AO1']] : [[symbol, 'AO1']]
      for (const word of phones) expect(ipaToPhones(phonesToIpa(word))).toEqual([word])
    }
  })
})

describe('IPA', () => {
  it.each([
    ['həˈloʊ', 'HH AH0 L OW1'],
    ['/ˈtɪmbə/', 'T IH1 M B AH0'],
    ['ˈtʃɜːtʃ', 'CH ER1 CH'],
    ['t͡ʃiːz', 'CH IY1 Z'],
    ['ˌɪntəˈnæʃənəl', 'IH2 N T AH0 N AE1 SH AH0 N AH0 L'],
    ['bəˈnɑːnə', 'B AH0 N AA1 N AH0'],
    ['ɹʌn', 'R AH1 N'],
    ['əˈbaʊt', 'AH0 B AW1 T'],
    ['naˈmaste', 'N AA0 M AA1 S T EH0'],
  ])('%s', (ipa, phones) => expect(ipaToPhones(ipa)).toEqual([phones.split(' ')]))

  it('gives a word for every word', () => {
    expect(ipaToPhones('njuː ˈjɔːk')).toEqual([
      ['N', 'Y', 'UW1'],
      ['Y', 'AO1', 'R', 'K'].filter((phone) => phone !== 'R'),
    ])
  })

  it.each(['', '  ', '∆', 'ˈ', '5'])('“%s” is refused', (ipa) => {
    expect(() => ipaToPhones(ipa)).toThrow(PhoneticError)
  })
})

describe('other alphabets', () => {
  it('X-SAMPA', () => expect(xSampaToIpa('"TIN@')).toBe('ˈθɪŋə'))
  it('ARPAbet', () => {
    expect(readArpabet('hh ah0 l ow1 | W ER L D')).toEqual([
      ['HH', 'AH0', 'L', 'OW1'],
      ['W', 'ER1', 'L', 'D'],
    ])
    expect(() => readArpabet('HH XX')).toThrow('XX')
  })
})
