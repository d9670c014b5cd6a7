import { letterNames, wordAfter, wordBefore, type Place, type ReadingRule } from '../reading-rule'
import { isPronounced, saidAcronyms } from './acronyms'
import type { Numerals } from './numerals'

const regnal =
  /^(?:King|Queen|Pope|Emperor|Tsar|Henry|Louis|George|Edward|Charles|Elizabeth|William|James|Richard|John|Paul|Pius|Benedict|Mary|Catherine|Peter|Nicholas|Alexander|Napoleon|Frederick|Philip|Francis|Ferdinand|Ivan|Gregory|Leo|Innocent|Clement|Ramses|Rameses|Ramesses|Xerxes|Darius|Tudor|Wilhelm|Leopold|Albert|Alfonso|Haakon|Harald|Gustav|Christian|Margrethe|Felipe|Rama|Amenhotep|Thutmose|Mehmed|Murad|Selim|Otto|Rudolf|Joseph|Maximilian|Victoria|Robert|Malcolm|David)$/
const counted =
  /^(?:Chapter|Part|Act|Scene|Volume|Vol|Book|Section|Article|Appendix|Phase|Type|Class|War|Episode|Bowl|Figure|Table|Title|Level|Stage|Grade|Category|Division|Group|Unit|Lesson|Season|Round|Mark|Canto|Psalm|Schedule|Annex|Factor|Model|Superbowl)\.?$/i
const ROMAN = /M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})/
/** Roman numerals that are something else at least as often. */
const otherThanRoman = new Set([
  'I',
  'V',
  'X',
  'C',
  'D',
  'M',
  'L',
  'MIX',
  'DIM',
  'CD',
  'DC',
  'MD',
  'MC',
  'LI',
  'DI',
  'MI',
  'CV',
  'LCD',
  'MM',
  'CC',
  'XL',
  'DVD',
  'CIVIL',
  'DV',
  'MV',
  'CM',
  'MCD',
  'ID',
  'CI',
  'CL',
  'DX',
  'XX',
  'LL',
])

/** A Roman numeral's value; 0 where it is none. https://en.wikipedia.org/wiki/Roman_numerals (standard form) */
export function romanValue(text: string): number {
  if (!new RegExp(`^(?:${ROMAN.source})$`).test(text)) return 0
  const values: Readonly<Record<string, number>> = { I: 1, V: 5, X: 10, L: 50, C: 100, D: 500, M: 1000 }
  return Array.from(text).reduce((sum, sign, index) => {
    const value = values[sign]!
    return sum + (value < (values[text[index + 1] ?? ''] ?? 0) ? -value : value)
  }, 0)
}

/** Abbreviations, acronyms, Roman numerals, capitals. */
export function wordRules(numerals: Numerals, isWord: (word: string) => boolean): ReadingRule[] {
  const { abbreviations } = numerals.data
  return [
    {
      pattern: /(\p{Lu}{1,3})&(\p{Lu})(?!\p{L})/uy,
      read: ([, before, after]) => `${letterNames(before!)} and ${letterNames(after!)}`,
    },
    { pattern: /w\/o\b/iy, read: () => 'without' },
    { pattern: /w\/(?=\s)/iy, read: () => 'with' },
    { pattern: /c\/o\b/iy, read: () => 'care of' },
    { pattern: /a\/c\b/iy, read: () => letterNames('AC') },
    { pattern: /n\/a\b/iy, read: () => letterNames('NA') },
    { pattern: /(?:he\/she|s\/he)\b/iy, read: () => 'he or she' },
    { pattern: /his\/her\b/iy, read: () => 'his or her' },
    {
      pattern: /[Nn](os?)\.\s?(\d+)(?!\d)/y,
      read: ([, letters, figures]) =>
        `${letters === 'os' ? 'numbers' : 'number'} ${numerals.cardinal(figures!)}`,
    },
    { pattern: /№\s?(\d+)/y, read: ([, figures]) => `number ${numerals.cardinal(figures!)}` },
    { pattern: /§§?\s?(\d+)/y, read: ([, figures]) => `section ${numerals.cardinal(figures!)}` },
    { pattern: /p\.\s?(\d+)/y, read: ([, figures]) => `page ${numerals.cardinal(figures!)}` },
    { pattern: /ch\.\s?(\d+)/iy, read: ([, figures]) => `chapter ${numerals.cardinal(figures!)}` },
    { pattern: /Ph\.?D\.?(?!\p{L})/uy, read: () => letterNames('PHD') },
    { pattern: /([ap])\.m\.(?!\p{L})/iuy, read: ([, half]) => letterNames(`${half}m`) },
    { pattern: /B\.?C\.?E\.?(?!\p{L})/uy, read: () => letterNames('BCE') },
    {
      pattern: /(?:\p{Lu}\.){2,}(?!\p{Ll})(\p{Lu}(?!\p{L}))?/uy,
      read: ([letters]) => letterNames(letters.replaceAll('.', '')),
    },
    { pattern: /\p{Lu}\.(?=\s?\p{Lu})/uy, read: ([letter]) => letter },
    { pattern: /Mon[–-]Fri\b/y, read: () => 'Monday to Friday' },
    {
      pattern: /(\p{L}+(?:\.\p{L}+)*)\./uy,
      read: ([, word], place) => readAbbreviation(abbreviations, word!, place),
    },
    {
      pattern: /(Mr|Mrs|Ms|Dr|Prof|vs|approx|etc|Jr|Sr|Ltd|Inc|Mt|St)(?![\p{L}\d.'’])/uy,
      read: ([, word], place) => readAbbreviation(abbreviations, word!, place),
    },
    {
      pattern: /(\p{Lu}{2,})(?:['’]?(s))(?![\p{L}\d])/uy,
      read: ([, letters, s]) =>
        isPronounced(letters!, false, isWord)
          ? null
          : `${letterNames(letters!)}'${s}`.replace(/\.'s$/, ".'s"),
    },
    { pattern: /[IVXLCDM]+(?![\p{L}\d'’])/uy, read: ([roman], place) => readRoman(numerals, roman, place) },
    {
      pattern: /\p{Lu}{2,}(?![\p{L}\d])/uy,
      read: ([letters], place) => {
        if (isPronounced(letters, place.capitals, isWord))
          return saidAcronyms.has(letters) ? letters : letters.toLowerCase()
        return letterNames(letters)
      },
    },
    {
      // A letter by itself that is no word.
      pattern: /(?:[B-HJ-NP-Zb-hj-np-z]|A(?=-\p{L})|(?<=\p{Ll}\s)A(?=[\s,.;!?]|$))(?![\p{L}\d'’.@])/uy,
      read: ([letter]) => letterNames(letter),
    },
    { pattern: /[B-HJ-Z](?=[.](?:\s|$))/y, read: ([letter]) => letterNames(letter) },
  ]
}

function readAbbreviation(
  known: Readonly<Record<string, string>>,
  word: string,
  place: Place,
): string | null {
  const key = word.toLowerCase()
  const expansion = Object.hasOwn(known, key) ? known[key]! : null
  if (expansion === null) return null
  const before = wordBefore(place)
  const after = wordAfter(place)
  const capitalBefore = /^\p{Lu}\p{Ll}+|^\d+(?:st|nd|rd|th)$/u.test(before)
  if (key === 'st')
    return capitalBefore && /\d|\b(?:on|at|Street)\b/.test(place.text.slice(0, place.start))
      ? 'street'
      : /^\p{Lu}/u.test(after)
        ? 'saint'
        : 'street'
  if (key === 'dr') {
    return capitalBefore && !/^\p{Lu}/u.test(after) && !/^(?:The|A|My|Our|His|Her)$/.test(before)
      ? 'drive'
      : 'doctor'
  }
  // Words of their own where no full stop of an abbreviation is meant.
  if (
    [
      'co',
      'ed',
      'est',
      'al',
      'hon',
      'gen',
      'col',
      'rep',
      'rev',
      'temp',
      'ext',
      'sen',
      'gov',
      'mar',
      'dec',
      'sun',
      'sat',
      'mon',
      'wed',
      'fig',
      'jun',
      'jan',
      'may',
      'ca',
      'ms',
      'tel',
      'ph',
    ].includes(key)
  ) {
    if (place.end >= place.text.length && key !== 'co') return null
    if (
      /^\p{Ll}/u.test(word) &&
      !['ext', 'est', 'fig', 'temp', 'approx', 'ca', 'tel', 'al', 'ed'].includes(key)
    )
      return null
  }
  return expansion
}

function readRoman(numerals: Numerals, roman: string, place: Place): string | null {
  const value = romanValue(roman)
  if (value === 0) return null
  const before = wordBefore(place)
  const after = wordAfter(place)
  const figures = String(value)
  if (regnal.test(before) && value < 40) {
    if (
      roman !== 'I' ||
      /^(?:of|was|ruled|died|became|had|reigned|and|built|ordered)$/.test(after) ||
      after === ''
    )
      return `the ${numerals.ordinal(figures)}`
    return null
  }
  if (counted.test(before)) return numerals.cardinal(figures)
  if (/^centur(?:y|ies)$/i.test(after) && value < 40) return numerals.ordinal(figures)
  if (otherThanRoman.has(roman) || place.capitals) return null
  return value < 50 && /^\p{Lu}/u.test(before)
    ? numerals.cardinal(figures)
    : /^[IVX]{2,}$/.test(roman)
      ? numerals.cardinal(figures)
      : null
}
