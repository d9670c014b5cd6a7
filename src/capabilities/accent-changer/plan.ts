import type { Lexicon } from '../../text/pronunciation/lexicon'
import { isVowel, phonemeOf } from '../../text/phonemes'
import type { Phone } from '../../text/utterance'
import type { Transcript, TranscriptWord } from '../../transcript/transcript'
import { american } from './accents/american'
import { australian } from './accents/australian'
import { british } from './accents/british'
import { indian } from './accents/indian'
import type { AccentRule, FormantShift } from './accents/rule'
import type { targetAccents } from './index'

/** A vowel that is to be moved. Times are seconds. */
export interface VowelChange {
  start: number
  end: number
  word: string
  /** ARPAbet without stress. */
  phone: string
  rule: string
  /** Where the speaker has it, relative to General American. */
  origin: FormantShift
  shift: FormantShift
}

export const accentRules: Record<(typeof targetAccents)[number], readonly AccentRule[]> = {
  'en-GB': british,
  'en-US': american,
  'en-IN': indian,
  'en-AU': australian,
}

/** Lengths of sounds relative to each other, about as in read speech; a word's time is shared out by them. */
const lengths = {
  vowel: 1.5,
  diphthong: 2,
  stop: 0.8,
  affricate: 1.1,
  fricative: 1,
  nasal: 0.8,
  liquid: 0.7,
  glide: 0.6,
}
const generalAmerican: FormantShift = { f1: 1, f2: 1, f3: 1 }
const diphthongs = new Set(['AW', 'AY', 'EY', 'OW', 'OY'])
const unstressedShare = 0.6

/** The vowels of a transcript that an accent says differently. Words that the lexicon does not know stay as they are. */
export function planChanges(
  transcript: Transcript,
  lexicon: Lexicon,
  rules: readonly AccentRule[],
  strength: number,
): VowelChange[] {
  return transcript.segments
    .flatMap(({ words }) => words.flatMap((word) => changesOf(word, lexicon, rules, strength)))
    .sort((a, b) => a.start - b.start)
}

function changesOf(
  word: TranscriptWord,
  lexicon: Lexicon,
  rules: readonly AccentRule[],
  strength: number,
): VowelChange[] {
  const spelling = word.text
    .toLowerCase()
    .replaceAll('’', "'")
    .replaceAll(/^[^a-z]+|[^a-z]+$/g, '')
  const phones = lexicon.pronunciations(spelling)[0]
  if (!phones || strength === 0) return []
  const times = phoneTimes(phones, word)
  return phones.flatMap((phone, index) => {
    const symbol = symbolOf(phone)
    // Unstressed vowels are much alike everywhere, but for the r.
    if (!isVowel(phone) || (phone.endsWith('0') && symbol !== 'ER')) return []
    const rule = rules.find((candidate) => applies(candidate, spelling, phones, index))
    const amount = rule ? amountOf(rule, strength) : 0
    if (!rule || amount === 0) return []
    const { f1, f2, f3 } = rule.shift
    const shift = { f1: f1 ** amount, f2: f2 ** amount, f3: f3 ** amount }
    return [
      {
        ...times[index]!,
        word: spelling,
        phone: symbol,
        rule: rule.id,
        origin: rule.origin ?? generalAmerican,
        shift,
      },
    ]
  })
}

function applies(rule: AccentRule, spelling: string, phones: readonly Phone[], index: number): boolean {
  if (!rule.phones.includes(symbolOf(phones[index]!))) return false
  if (rule.words && !rule.words.has(spelling)) return false
  if (rule.beforeConsonant === undefined) return true
  const next = phones[index + 1]
  return rule.beforeConsonant === (next === undefined || !isVowel(next))
}

/** How far a rule goes: the telling ones from the beginning, the others from the strength on that they wait for. */
export function amountOf({ weight }: Pick<AccentRule, 'weight'>, strength: number): number {
  const begin = 1 - weight
  return strength <= begin ? 0 : (strength - begin) / (1 - begin)
}

function symbolOf(phone: Phone): string {
  return phone.replace(/\d$/, '')
}

function phoneTimes(phones: readonly Phone[], { start, end }: TranscriptWord) {
  const shares = phones.map((phone) => {
    const symbol = symbolOf(phone)
    const kind = phonemeOf(phone)?.kind ?? 'vowel'
    const length = diphthongs.has(symbol) ? lengths.diphthong : lengths[kind]
    return phone.endsWith('0') ? length * unstressedShare : length
  })
  const total = shares.reduce((sum, share) => sum + share, 0)
  let at = start
  return shares.map((share) => {
    const from = at
    at += (share / total) * (end - start)
    return { start: from, end: at }
  })
}
