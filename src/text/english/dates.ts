import { letterNames, wordAfter, wordBefore, type Place, type ReadingRule } from '../reading-rule'
import type { Numerals } from './numerals'

const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const MONTH = String.raw`(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?`
const DAY = String.raw`(0?[1-9]|[12]\d|3[01])`
const YEAR = String.raw`([12]\d{3})`

const beforeYears = new Set([
  'in',
  'since',
  'by',
  'from',
  'until',
  'till',
  'year',
  'before',
  'after',
  'around',
  'circa',
  'ca',
  'during',
  'early',
  'late',
  'mid',
  'spring',
  'summer',
  'autumn',
  'fall',
  'winter',
  'season',
  'class',
  'copyright',
  'ad',
  'election',
  'olympics',
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
  'born',
  'founded',
  'established',
  'published',
  'christmas',
  'between',
  'than',
])
const afterYears = new Set([
  'ad',
  'ce',
  'bc',
  'bce',
  'was',
  'saw',
  'marked',
  'brought',
  'season',
  'election',
  'olympics',
  'edition',
  'model',
  'film',
  'novel',
  'album',
  'budget',
])

function monthNamed(word: string): string | null {
  return monthNames.find((name) => name.toLowerCase().startsWith(word.slice(0, 3).toLowerCase())) ?? null
}

/** Whether four digits are said as a year: by the words around them. */
export function looksLikeYear(figures: string, place: Place): boolean {
  if (!/^(?:1\d|20)\d\d$/.test(figures)) return false
  const after = wordAfter(place).toLowerCase()
  if (afterYears.has(after)) return true
  if (place.text[place.start - 1] === '(' && place.text[place.end] === ')') return true
  const before = wordBefore(place).toLowerCase().replace(/\.$/, '')
  const earlier = place.text.slice(Math.max(0, place.start - 32), place.start)
  if (
    /\b(?:spring|summer|autumn|fall|winter|class|year|war|crisis|crash|election|treaty|act|revolution) of $/i.test(
      earlier,
    )
  )
    return true
  if (!beforeYears.has(before)) {
    return before === 'and' && /\b(?:1[1-9]|20)\d\d and $/.test(place.text.slice(0, place.start))
  }
  const counted = /^(?!was$|is$|has$|does$)[a-z]+s$|^(?:people|men|women|children)$/.test(after)
  return !(counted && (Number(figures) < 1800 || before === 'around' || before === 'by'))
}

/** Dates, times of day, decades and years. */
export function dateRules(numerals: Numerals): ReadingRule[] {
  const { data, ordinal, cardinal, year } = numerals
  const dayFirst = (day: string, month: string) => `the ${ordinal(day)} of ${month}`
  const monthFirst = (day: string, month: string) => `${month} ${data.and ? 'the ' : ''}${ordinal(day)}`
  const numericDay = data.dateOrder === 'mdy' ? monthFirst : dayFirst
  const withYear = (date: string, figures: string | undefined) =>
    figures ? `${date} ${year(figures)}` : date

  return [
    {
      // ISO 8601, with a time behind it where there is one.
      pattern: new RegExp(
        String.raw`${YEAR}([-/])(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?:T(\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?(Z?))?(?![\d/-])`,
        'y',
      ),
      read: ([, figures, , month, day, hours, minutes, zulu]) => {
        const date = withYear(numericDay(day!, monthNames[Number(month) - 1]!), figures)
        return hours === undefined
          ? date
          : `${date} ${clock(numerals, hours, minutes!)}${zulu ? ` ${letterNames('UTC')}` : ''}`
      },
    },
    {
      // 3/4/2026, 3.4.2026, 3-4-26
      pattern: new RegExp(String.raw`(\d{1,2})([/.-])(\d{1,2})\2((?:19|20)?\d\d)(?![\d/]|\.\d)`, 'y'),
      read: ([, first, sign, second, last]) => {
        if (last!.length === 2 && sign !== '/') return null
        const monthLeads = data.dateOrder === 'mdy' ? Number(first) <= 12 : Number(second) > 12
        const [month, day] = monthLeads ? [first, second] : [second, first]
        const name = monthNames[Number(month) - 1]
        if (!name || Number(day) < 1 || Number(day) > 31) return null
        const figures = last!.length === 2 ? `${Number(last) < 50 ? 20 : 19}${last}` : last
        return withYear(numericDay(day!, name), figures)
      },
    },
    {
      // March 5–7
      pattern: new RegExp(String.raw`${MONTH} ${DAY}\s?[–-]\s?${DAY}(?!\d)(?:, ${YEAR})?`, 'y'),
      read: ([, month, from, to, figures]) =>
        withYear(
          `${monthFirst(from!, monthNamed(month!)!)} to ${data.and ? 'the ' : ''}${ordinal(to!)}`,
          figures,
        ),
    },
    {
      // March 5th, 2026
      pattern: new RegExp(
        String.raw`${MONTH} ${DAY}(st|nd|rd|th)?(?![\d:%]|[.,]\d)(?:(?:,| of)? ${YEAR}(?!\d|,\d))?`,
        'y',
      ),
      read: ([, month, day, , figures]) => withYear(monthFirst(day!, monthNamed(month!)!), figures),
    },
    {
      // March 2026
      pattern: new RegExp(String.raw`${MONTH},? ${YEAR}(?!\d)`, 'y'),
      read: ([, month, figures]) => withYear(monthNamed(month!)!, figures),
    },
    {
      // 5 March 2026, the 5th of March
      pattern: new RegExp(
        String.raw`(the )?${DAY}(?:st|nd|rd|th)?(?: of)?[ -]${MONTH}(?:,?[ -]${YEAR}(?!\d))?(?![\p{L}\d])`,
        'yu',
      ),
      read: ([, , day, month, figures], place) => {
        const said = withYear(dayFirst(day!, monthNamed(month!)!), figures)
        return wordBefore(place).toLowerCase() === 'the' ? said.slice(4) : said
      },
    },
    {
      // 2:30pm, 14:30, 10:30:15
      pattern: /([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?:\s?([ap])\.?m\b\.?)?(?![\d:])/iy,
      read: ([, hours, minutes, seconds, half]) => {
        const base = clock(numerals, hours!, minutes!, half)
        return seconds === undefined ? base : `${base} and ${cardinal(String(Number(seconds)))} seconds`
      },
    },
    {
      // 9am, 5 p.m.
      pattern: /(1[0-2]|0?[1-9])(?:\.([0-5]\d))?\s?([ap])\.?m\b\.?/iy,
      read: ([, hours, minutes, half]) => clock(numerals, hours!, minutes ?? '00', half),
    },
    { pattern: /(\d{1,2}) o['’]clock/iy, read: ([, hours]) => `${cardinal(hours!)} o'clock` },
    {
      // 1990s, '90s
      pattern: /['’]?((?:1[1-9]|20)?\d0)['’]?s\b/y,
      read: ([, figures]) => {
        if (figures!.endsWith('00')) return figures === '2000' ? 'two thousands' : `${year(figures!)}s`
        return year(figures!).replace(/y$/, 'ies').replace(/ten$/, 'tens')
      },
    },
    {
      // 1914–1918, 2019/20
      pattern: /((?:1[1-9]|20)\d\d)\s?[–-]\s?((?:1[1-9]|20)?\d\d)(?![\d,.-]\d|\d)/y,
      read: ([, from, to], place) => {
        const ascending = to!.length === 4 ? Number(to) > Number(from) : Number(to) > Number(from!.slice(2))
        if (!ascending || /^\s?(?:%|people|[kcm]?[mg]\b)/.test(place.text.slice(place.end))) return null
        return `${year(from!)} to ${to!.length === 4 ? year(to!) : cardinal(to!)}`
      },
    },
    {
      pattern: /\d{4}(?![\d,]|\.\d)(?=[^\p{L}]|$)/uy,
      read: ([figures], place) => (looksLikeYear(figures, place) ? year(figures) : null),
    },
    {
      pattern: /['’](\d\d)(?=[\s.,;!?)]|$)/y,
      read: ([, figures]) => (figures!.startsWith('0') ? `oh ${cardinal(figures![1]!)}` : cardinal(figures!)),
    },
  ]
}

/** A time of day in words. */
export function clock({ cardinal }: Numerals, hours: string, minutes: string, half?: string): string {
  const hour = cardinal(String(Number(hours)))
  const minute = Number(minutes)
  const suffix = half ? ` ${letterNames(`${half}m`)}` : ''
  if (minute > 0)
    return `${hour} ${minute < 10 ? `oh ${cardinal(String(minute))}` : cardinal(String(minute))}${suffix}`
  if (half) return hour + suffix
  return Number(hours) > 12 || hours.startsWith('0') ? `${hour} hundred` : `${hour} o'clock`
}

export { monthNames }
