import type { Phone } from './utterance'

/** What an ARPAbet phone is, and how the International Phonetic Alphabet writes it. */
export interface Phoneme {
  /** ARPAbet without stress: `AH`, `NG`. */
  symbol: string
  /** As a voice that was trained on IPA of American English expects it. */
  ipa: string
  kind: 'vowel' | 'stop' | 'affricate' | 'fricative' | 'nasal' | 'liquid' | 'glide'
  voiced: boolean
}

const vowel = (symbol: string, ipa: string): Phoneme => ({ symbol, ipa, kind: 'vowel', voiced: true })
const pair = (kind: Phoneme['kind'], [voiceless, ipa]: Written, [voiced, voicedIpa]: Written): Phoneme[] => [
  { symbol: voiceless, ipa, kind, voiced: false },
  { symbol: voiced, ipa: voicedIpa, kind, voiced: true },
]
const sonorant = (kind: Phoneme['kind'], symbol: string, ipa: string): Phoneme => ({
  symbol,
  ipa,
  kind,
  voiced: true,
})
type Written = readonly [symbol: string, ipa: string]

/** The 39 phonemes of the CMU dictionary. */
export const phonemes: readonly Phoneme[] = [
  vowel('AA', 'ɑː'),
  vowel('AE', 'æ'),
  vowel('AH', 'ʌ'),
  vowel('AO', 'ɔː'),
  vowel('AW', 'aʊ'),
  vowel('AY', 'aɪ'),
  vowel('EH', 'ɛ'),
  vowel('ER', 'ɜː'),
  vowel('EY', 'eɪ'),
  vowel('IH', 'ɪ'),
  vowel('IY', 'iː'),
  vowel('OW', 'oʊ'),
  vowel('OY', 'ɔɪ'),
  vowel('UH', 'ʊ'),
  vowel('UW', 'uː'),
  ...pair('stop', ['P', 'p'], ['B', 'b']),
  ...pair('stop', ['T', 't'], ['D', 'd']),
  ...pair('stop', ['K', 'k'], ['G', 'ɡ']),
  ...pair('affricate', ['CH', 'tʃ'], ['JH', 'dʒ']),
  ...pair('fricative', ['F', 'f'], ['V', 'v']),
  ...pair('fricative', ['TH', 'θ'], ['DH', 'ð']),
  ...pair('fricative', ['S', 's'], ['Z', 'z']),
  ...pair('fricative', ['SH', 'ʃ'], ['ZH', 'ʒ']),
  { symbol: 'HH', ipa: 'h', kind: 'fricative', voiced: false },
  sonorant('nasal', 'M', 'm'),
  sonorant('nasal', 'N', 'n'),
  sonorant('nasal', 'NG', 'ŋ'),
  sonorant('liquid', 'L', 'l'),
  sonorant('liquid', 'R', 'ɹ'),
  sonorant('glide', 'W', 'w'),
  sonorant('glide', 'Y', 'j'),
]

const bySymbol = new Map(phonemes.map((phoneme) => [phoneme.symbol, phoneme]))

/** Vowels whose IPA depends on their stress. */
const unstressedIpa: Readonly<Record<string, string>> = { AH: 'ə', ER: 'ɚ', IY: 'i' }

/** Further ways to write a phoneme in IPA, of other conventions and accents. */
const otherIpa: Readonly<Record<string, readonly string[]>> = {
  AA: ['ɑ', 'a', 'aː', 'ɒ', 'ɐ', 'ä', 'ɑ̃'],
  AE: ['æː', 'a̟'],
  AO: ['ɔ', 'o̞', 'ɔ̃'],
  AW: ['aʊ̯', 'aw', 'æʊ', 'ɑʊ', 'au'],
  AY: ['aɪ̯', 'aj', 'ɑɪ', 'ai'],
  EH: ['e', 'ɛː', 'eː', 'ɛ̃', 'œ', 'ø'],
  ER: ['ɝ', 'ɝː', 'ɜ', 'ɜɹ', 'ɜːɹ', 'əɹ', 'ɚː'],
  EY: ['eɪ̯', 'ej', 'ɛɪ', 'ei'],
  IH: ['ɪː', 'ɨ', 'ᵻ', 'ʏ'],
  IY: ['i', 'y', 'yː'],
  OW: ['oʊ̯', 'əʊ', 'o', 'oː', 'ow', 'ou', 'ɔʊ'],
  OY: ['ɔɪ̯', 'ɔj', 'oɪ', 'ɔi'],
  UH: ['ʊː', 'ɵ'],
  UW: ['u', 'ʉ', 'ʉː', 'ɯ'],
  P: ['pʰ'],
  T: ['tʰ', 'ʈ', 't̪', 'ʔ'],
  D: ['ɖ', 'd̪', 'ɾ', 'dʱ', 'ɖʱ'],
  K: ['kʰ', 'c', 'q'],
  B: ['bʱ'],
  G: ['g', 'ɣ', 'ɡʱ'],
  CH: ['t͡ʃ', 'ʧ', 'tɕ', 't͡ɕ'],
  JH: ['d͡ʒ', 'ʤ', 'dʑ', 'd͡ʑ'],
  F: ['ɸ'],
  V: ['ʋ', 'β'],
  TH: [],
  SH: ['ɕ', 'ʂ'],
  ZH: ['ʑ', 'ʐ'],
  HH: ['x', 'χ', 'ħ', 'ɦ', 'ç'],
  N: ['ɲ', 'n̩', 'ɳ', 'n̪'],
  M: ['m̩', 'ɱ'],
  L: ['ɫ', 'l̩', 'ʎ', 'ɭ'],
  R: ['r', 'ɾ̠', 'ʁ', 'ɻ', 'ʀ'],
  W: ['ʍ', 'ɰ'],
  Y: ['ʝ'],
}

/** IPA to symbols, with the stress that the spelling implies for vowels; longest first when it is matched. */
const fromIpa = new Map<string, { symbol: string; reduced: boolean }>()
for (const { symbol, ipa } of phonemes) {
  for (const written of [ipa, ...(otherIpa[symbol] ?? [])]) fromIpa.set(written, { symbol, reduced: false })
}
for (const [symbol, ipa] of Object.entries(unstressedIpa)) {
  if (ipa !== 'i') fromIpa.set(ipa, { symbol, reduced: true })
}
fromIpa.set('ɘ', { symbol: 'AH', reduced: true })
const longestIpa = Math.max(...[...fromIpa.keys()].map((written) => written.length))

/** The phoneme of a phone, whatever its stress. Null for what is no ARPAbet. */
export function phonemeOf(phone: Phone): Phoneme | null {
  return bySymbol.get(phone.replace(/[012]$/, '')) ?? null
}

export function isVowel(phone: Phone): boolean {
  return phonemeOf(phone)?.kind === 'vowel'
}

/** 0 unstressed, 1 primary, 2 secondary; null for a consonant. */
export function stressOf(phone: Phone): 0 | 1 | 2 | null {
  const digit = phone.at(-1)
  return digit === '0' ? 0 : digit === '1' ? 1 : digit === '2' ? 2 : null
}

/** Phones as IPA, with the stress marks before the vowels' syllables: `HH AH0 L OW1` is “həlˈoʊ”. */
export function phonesToIpa(phones: readonly Phone[]): string {
  return phones.map(phoneToIpa).join('')
}

/** One phone as IPA; a stressed vowel is led by its mark, as eSpeak and the voices trained with it write it. */
export function phoneToIpa(phone: Phone): string {
  const phoneme = phonemeOf(phone)
  if (!phoneme) throw new RangeError(`“${phone}” is no ARPAbet phone.`)
  const stress = stressOf(phone)
  if (stress === 0) return unstressedIpa[phoneme.symbol] ?? phoneme.ipa
  return (stress === 1 ? 'ˈ' : stress === 2 ? 'ˌ' : '') + phoneme.ipa
}

/** A pronunciation that could not be read. */
export class PhoneticError extends Error {}

/**
 * IPA as phones, one list a word (words are parted by spaces). Sounds that English lacks become the nearest one that it
 * has. A word without a stress mark is stressed on its first full vowel.
 * @throws PhoneticError naming what is no IPA symbol.
 */
export function ipaToPhones(ipa: string): Phone[][] {
  const words = ipa
    .normalize('NFC')
    .replace(/[/[\]]/g, ' ')
    .trim()
    .split(/\s+/)
  const found = words.filter((word) => word !== '').map(ipaWord)
  if (found.length === 0) throw new PhoneticError('The pronunciation is empty.')
  return found
}

/** Marks that say nothing here: syllable dots, ties, length of consonants, diacritics. */
const ignoredIpa = /[.‿‖|ːˑˠʷʲˤ‐-]|\p{M}/u

function ipaWord(word: string): Phone[] {
  const phones: Phone[] = []
  let stress: 1 | 2 | null = null
  let marked = false
  for (let at = 0; at < word.length;) {
    const letter = word[at]!
    if (letter === 'ˈ' || letter === "'" || letter === 'ˌ') {
      stress = letter === 'ˌ' ? 2 : 1
      marked ||= stress === 1
      at++
      continue
    }
    const match = longestMatch(word, at)
    if (!match) {
      if (!ignoredIpa.test(letter))
        throw new PhoneticError(`“${letter}” is no IPA symbol that is known here.`)
      at++
      continue
    }
    at += match.length
    const full = bySymbol.get(match.symbol)!
    if (full.kind !== 'vowel') {
      phones.push(match.symbol)
      continue
    }
    phones.push(`${match.symbol}${stress ?? 0}`)
    stress = null
  }
  if (phones.length === 0) throw new PhoneticError(`“${word}” holds no sound.`)
  return marked ? phones : stressFirst(phones, word)
}

function longestMatch(word: string, at: number): { symbol: string; length: number } | null {
  for (let length = Math.min(longestIpa, word.length - at); length > 0; length--) {
    const found = fromIpa.get(word.slice(at, at + length))
    if (found) return { symbol: found.symbol, length }
  }
  return null
}

/** Puts the primary stress on the first vowel that is not a schwa, or on the first. */
function stressFirst(phones: Phone[], word: string): Phone[] {
  const vowels = phones.flatMap((phone, index) => (isVowel(phone) ? [index] : []))
  const schwaOnly = /^[^ɑaæʌɔeɛɜɪiouʊ]*$/.test(word)
  const full = vowels.find((index) => schwaOnly || phones[index] !== 'AH0') ?? vowels[0]
  return phones.map((phone, index) => (index === full ? phone.replace('0', '1') : phone))
}

/** X-SAMPA signs whose IPA differs from the sign itself. */
const xSampa: Readonly<Record<string, string>> = {
  '"': 'ˈ',
  '%': 'ˌ',
  ':': 'ː',
  '@': 'ə',
  '{': 'æ',
  A: 'ɑ',
  Q: 'ɒ',
  O: 'ɔ',
  E: 'ɛ',
  I: 'ɪ',
  U: 'ʊ',
  V: 'ʌ',
  '3': 'ɜ',
  '@`': 'ɚ',
  '3`': 'ɝ',
  '6': 'ɐ',
  '2': 'ø',
  '9': 'œ',
  Y: 'ʏ',
  T: 'θ',
  D: 'ð',
  S: 'ʃ',
  Z: 'ʒ',
  N: 'ŋ',
  R: 'ʁ',
  'r\\': 'ɹ',
  g: 'ɡ',
  C: 'ç',
  J: 'ɲ',
  L: 'ʎ',
  '4': 'ɾ',
  '?': 'ʔ',
  G: 'ɣ',
  B: 'β',
  P: 'ʋ',
  W: 'ʍ',
  '5': 'ɫ',
  't`': 'ʈ',
  'd`': 'ɖ',
  's`': 'ʂ',
}

/** X-SAMPA as IPA; unknown signs stay. https://www.phon.ucl.ac.uk/home/sampa/x-sampa.htm */
export function xSampaToIpa(text: string): string {
  return text.replace(/[A-Za-z@]`|r\\|[\s\S]/g, (sign) => xSampa[sign] ?? sign.replace(/[`_=\\]/g, ''))
}

/**
 * ARPAbet as written by hand, one list a word (words are parted by `|` or `/`): `HH AH0 L OW1`. Vowels without a digit
 * are stressed where the word has no other stress.
 * @throws PhoneticError naming what is no phone.
 */
export function readArpabet(text: string): Phone[][] {
  return text
    .trim()
    .split(/\s*[|/]\s*/)
    .filter((word) => word !== '')
    .map((word) => {
      const phones = word.split(/\s+/).map((phone) => {
        const upper = phone.toUpperCase()
        if (!phonemeOf(upper)) throw new PhoneticError(`“${phone}” is no ARPAbet phone.`)
        return isVowel(upper) && stressOf(upper) === null ? `${upper}0` : upper
      })
      return phones.some((phone) => stressOf(phone) === 1) ? phones : stressFirst(phones, 'a')
    })
}
