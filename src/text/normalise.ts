import { emojiNames } from './english/emoji'
import type { Language } from './language'
import type { Place } from './reading-rule'
import type { Phone } from './utterance'

/** Words that a stretch of text is read as. */
export interface SpokenStretch {
  /** Offsets in the sentence, without the punctuation around it. */
  start: number
  end: number
  words: readonly NormalWord[]
}

export interface NormalWord {
  text: string
  /** Whether it is the name of a letter. */
  letter: boolean
  /** Where they are given with the text; a part of a word else. */
  phones: readonly Phone[] | null
}

export interface NormaliseOptions {
  language: Language
  /** What becomes of emoji. */
  emoji: 'drop' | 'name'
  /** Something that is read in a given way from here on; null where nothing is. */
  override?: (offset: number) => SpokenStretch | null
}

const plainWord = /[\p{L}\p{M}]+(?:['’ʼ][\p{L}\p{M}]+)*/uy
/** A word in small letters that nothing but white space or ordinary punctuation follows needs no rule. */
const simpleWord =
  /['’]?[\p{Ll}\p{Lo}\p{M}]{2,}(?:['’][\p{Ll}]+)?(?=[\s,;!?"”)]|[:.](?:\s|["”’)]|$)|-\p{Ll}|$)/uy
const titleWord = /\p{Lu}\p{Ll}+(?:['’]\p{Ll}+)?(?=[\s,;!?"”)]|[:.](?:\s|["”’)]|$)|$)/uy
const emoji =
  /\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier}|\u200d\p{Extended_Pictographic})*|\p{Regional_Indicator}{2}/uy
/** Scripts that are written without spaces. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/uy
/** Longer runs without white space are nobody's number or address: they are read letter group by letter group. */
const LONGEST_TOKEN = 200
/** Short names that dates and abbreviations begin with. */
const special =
  /^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mr|Mrs|Ms|Dr|Prof|St|Mt|Jr|Sr|Ltd|Inc|No|Rs|Nos|ISBN|Mon|vs|etc|approx|ver|version)/

/** The words of a sentence as they are spoken. */
export function normalise(text: string, options: NormaliseOptions): SpokenStretch[] {
  const stretches: SpokenStretch[] = []
  const capitals = isCapitals(text)
  let at = 0
  while (at < text.length) {
    const stretch = isSpace(text, at) ? null : readAt(text, at, capitals, options)
    if (!stretch) {
      at++
      continue
    }
    if (stretch.words.length > 0) stretches.push(stretch)
    at = Math.max(stretch.end, at + 1)
  }
  return stretches
}

function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code === 32 || (code >= 9 && code <= 13) || code === 160
}

function readAt(
  text: string,
  at: number,
  capitals: boolean,
  options: NormaliseOptions,
): SpokenStretch | null {
  const given = options.override?.(at)
  if (given) return given
  const simple = matchAt(simpleWord, text, at) ?? (capitals ? null : matchAt(titleWord, text, at))
  if (simple && !special.test(simple[0]) && !abbreviated(text, simple, options.language))
    return oneWord(simple[0], at)
  return (
    byRule(text, at, capitals, options.language) ?? plain(text, at, capitals) ?? pictograph(text, at, options)
  )
}

/** Whether the full stop behind a word may be that of an abbreviation. */
function abbreviated(text: string, { index, 0: word }: RegExpExecArray, { data }: Language): boolean {
  return text[index + word.length] === '.' && Object.hasOwn(data.abbreviations, word.toLowerCase())
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

function byRule(text: string, at: number, capitals: boolean, language: Language): SpokenStretch | null {
  // A rule begins where a word, a figure or a sign does, not within them.
  if (at > 0 && /[\p{L}\p{Nd}]/u.test(text[at]!) && /[\p{L}\p{Nd}]/u.test(text[at - 1]!)) return null
  if (runLength(text, at) > LONGEST_TOKEN) return null
  for (const { pattern, read } of language.rules) {
    const match = matchAt(pattern, text, at)
    if (!match || match[0] === '') continue
    const place: Place = { text, start: at, end: at + match[0].length, capitals }
    const said = read(match, place)
    if (said !== null) return { start: at, end: place.end, words: wordsOf(said) }
  }
  return null
}

/** Characters without white space from here on, as far as they matter. */
function runLength(text: string, at: number): number {
  let end = at
  while (end < text.length && end - at <= LONGEST_TOKEN && !isSpace(text, end)) end++
  return end - at
}

/** Words of a reading: see `ReadingRule`. */
export function wordsOf(said: string): NormalWord[] {
  return said
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({
      text: word.replace(/^(\p{Lu})\./u, '$1'),
      letter: /^\p{Lu}\./u.test(word),
      phones: null,
    }))
}

function plain(text: string, at: number, capitals: boolean): SpokenStretch | null {
  const run = matchAt(unspaced, text, at)
  if (run) return unspacedWords(run[0], at)
  const word = matchAt(plainWord, text, at)?.[0]
  if (word !== undefined)
    return oneWord(capitals && word.length > 1 ? word.toLowerCase() : word, at, word.length)
  const digits = /\d+/y
  const figures = matchAt(digits, text, at)?.[0]
  return figures === undefined ? null : oneWord(figures, at)
}

function oneWord(word: string, at: number, length = word.length): SpokenStretch {
  const said = word.includes('’') || word.includes('ʼ') ? word.replace(/[’ʼ]/g, "'") : word
  return { start: at, end: at + length, words: [{ text: said, letter: false, phones: null }] }
}

const segmenters = new Map<string, Intl.Segmenter>()

/** The first word of a run without spaces. */
function unspacedWords(run: string, at: number): SpokenStretch {
  const segmenter = segmenters.get('und') ?? new Intl.Segmenter('und', { granularity: 'word' })
  segmenters.set('und', segmenter)
  const first = segmenter.segment(run.slice(0, 64)).containing(0)!.segment
  return oneWord(first, at)
}

function pictograph(
  text: string,
  at: number,
  { emoji: wanted, language }: NormaliseOptions,
): SpokenStretch | null {
  const match = matchAt(emoji, text, at)
  if (!match) return null
  const name = wanted === 'name' && language.numerals ? emojiNames[Array.from(match[0])[0]!] : undefined
  return { start: at, end: at + match[0].length, words: name ? wordsOf(name) : [] }
}

/** More than two words, nearly all of them in capitals. */
function isCapitals(text: string): boolean {
  const words = text.match(/\p{L}{2,}/gu)
  if (!words || words.length < 3) return false
  const high = words.filter((word) => word === word.toUpperCase() && word !== word.toLowerCase()).length
  return high >= 3 && high / words.length > 0.75
}
