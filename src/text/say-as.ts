import { readMoney } from './english/money'
import { MAGNITUDES, type Numerals } from './english/numerals'
import { monthNames, clock } from './english/dates'
import { readQuantity } from './english/quantities'
import { readTelephone } from './english/codes'
import type { Language } from './language'
import { normalise, wordsOf, type NormalWord } from './normalise'
import type { Reading } from './passage'
import { withPhones } from './pronunciation/entries'
import { letterNames } from './reading-rule'

/** Words of a stretch whose reading is given. What cannot be read so is read as ordinary text. */
export function readStretch(text: string, reading: Reading, language: Language): NormalWord[] {
  if (reading.kind === 'phones') return withPhones(text, reading.words)
  if (reading.kind === 'alias') return ordinary(reading.text, language)
  const kind = interpretations[reading.interpretAs]
  const said = language.numerals && kind ? kind(language.numerals, text.trim(), reading) : null
  return said === null ? ordinary(text, language) : wordsOf(said)
}

function ordinary(text: string, language: Language): NormalWord[] {
  return normalise(text, { language, emoji: 'drop' }).flatMap(({ words }) => words)
}

type SayAs = Extract<Reading, { kind: 'say-as' }>
type Interpretation = (numerals: Numerals, text: string, reading: SayAs) => string | null

/** The values of `interpret-as` of the W3C note on say-as (2005) and those that speech services share. */
const interpretations: Readonly<Record<string, Interpretation>> = {
  characters: (numerals, text) => spellOut(numerals, text),
  'spell-out': (numerals, text) => spellOut(numerals, text),
  verbatim: (numerals, text) => spellOut(numerals, text),
  letters: (numerals, text) => spellOut(numerals, text),
  digits: (numerals, text) => (/\d/.test(text) ? numerals.digits(text) : null),
  cardinal: readCardinal,
  number: (numerals, text, reading) =>
    reading.format === 'ordinal'
      ? readOrdinal(numerals, text)
      : reading.format === 'telephone'
        ? readTelephone(numerals, text)
        : reading.format === 'digits'
          ? numerals.digits(text)
          : readCardinal(numerals, text),
  ordinal: readOrdinal,
  fraction: (numerals, text) => {
    const match = /^(?:(\d+)\s*[+\s]\s*)?(\d+)\s*\/\s*(\d+)$/.exec(text)
    if (!match) return null
    const [, whole, above, below] = match
    const part =
      numerals.fraction(above!, below!) ?? `${numerals.cardinal(above!)} over ${numerals.cardinal(below!)}`
    return whole ? `${numerals.cardinal(whole)} and ${part.replace(/^one half$/, 'a half')}` : part
  },
  unit: (numerals, text) => {
    const match = /^([\d.,]+)\s*(.+)$/.exec(text)
    return match ? readQuantity(numerals, match[1]!, match[2]!) : null
  },
  date: readDate,
  time: (numerals, text) => {
    const match = /^(\d{1,2}):(\d\d)(?::(\d\d))?\s*(?:([ap])\.?m?\.?)?$/i.exec(text)
    if (!match) return null
    const base = clock(numerals, match[1]!, match[2]!, match[4])
    return match[3] ? `${base} and ${numerals.cardinal(String(Number(match[3])))} seconds` : base
  },
  telephone: (numerals, text) => (/\d/.test(text) ? readTelephone(numerals, text) : null),
  currency: (numerals, text, { detail, format }) => {
    const match = /^(\D*?)\s*([\d.,]+)\s*(\D*)$/.exec(text)
    if (!match) return null
    const [, before = '', figures = '', after = ''] = match
    const sign = [before, after, detail ?? '', format ?? '']
      .map((text) => text.trim())
      .find((text) => text !== '')
    return readMoney(numerals, figures, sign ?? '')
  },
  expletive: () => 'beep',
}

/** Interpretations that only say that the text is ordinary. */
export const plainInterpretations = new Set(['address', 'name', 'net', 'text'])
export const knownInterpretations = new Set([...Object.keys(interpretations), ...plainInterpretations])

const signNames: Readonly<Record<string, string>> = {
  '.': 'dot',
  ',': 'comma',
  '-': 'dash',
  '/': 'slash',
  '@': 'at',
  '#': 'hash',
  '*': 'star',
  '+': 'plus',
  _: 'underscore',
  '&': 'and',
  '?': 'question mark',
  '!': 'exclamation mark',
  ':': 'colon',
}

function spellOut(numerals: Numerals, text: string): string {
  return Array.from(text, (sign) => {
    if (/\d/.test(sign)) return numerals.digits(sign)
    if (/\p{L}/u.test(sign)) return letterNames(sign)
    return signNames[sign] ?? ''
  })
    .filter((word) => word !== '')
    .join(' ')
}

function readCardinal(numerals: Numerals, text: string): string | null {
  const match = /^([-−+])?\s*([\d,]*\.?\d+)\s*(\p{L}+)?$/u.exec(text)
  if (!match) return null
  const magnitude = match[3] ? (MAGNITUDES[match[3].toLowerCase()] ?? null) : ''
  if (magnitude === null) return null
  const sign = match[1] === '+' ? 'plus ' : match[1] ? 'minus ' : ''
  return `${sign}${numerals.number(match[2]!)}${magnitude && ` ${magnitude}`}`
}

function readOrdinal(numerals: Numerals, text: string): string | null {
  const figures = /^([\d,]+)(?:st|nd|rd|th)?\.?$/i.exec(text)?.[1]
  return figures ? numerals.ordinal(figures) : null
}

/** A date in figures by its format: the order of `y`, `m` and `d`. */
function readDate(numerals: Numerals, text: string, { format }: SayAs): string | null {
  const parts = text.match(/\d+/g)
  const packed = /^\d{8}$/.test(text) ? [text.slice(0, 4), text.slice(4, 6), text.slice(6)] : parts
  const asked = format?.replace(/[^ymd]/gi, '').toLowerCase() ?? ''
  const order = asked === '' && packed !== parts ? 'ymd' : asked
  if (packed?.length !== order.length || order === '' || /\p{L}/u.test(text)) return null
  const field = (name: string) => (order.includes(name) ? packed[order.indexOf(name)]! : null)
  const [year, month, day] = [field('y'), field('m'), field('d')]
  const name = month && monthNames[Number(month) - 1]
  if (month && !name) return null
  if (day && (Number(day) < 1 || Number(day) > 31)) return null
  const figures = year && (year.length === 2 ? `${Number(year) < 50 ? 20 : 19}${year}` : year)
  const dated =
    name && day
      ? numerals.data.dateOrder === 'mdy'
        ? `${name} ${numerals.ordinal(day)}`
        : `the ${numerals.ordinal(day)} of ${name}`
      : (name ?? (day ? `the ${numerals.ordinal(day)}` : ''))
  return [dated, figures ? numerals.year(figures) : ''].filter((word) => word !== '').join(' ')
}
