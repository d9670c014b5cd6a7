import { createNumberSpeller } from '../locales/number-rules'
import type { EnglishData } from './locale'

/** How an English says numbers. Arguments are figures as written. */
export interface Numerals {
  data: EnglishData
  /** A whole number, grouped or not; digit by digit where it has leading zeros or is very long. */
  cardinal(figures: string): string
  /** Whole or decimal, grouped or not. */
  number(figures: string): string
  ordinal(figures: string): string
  year(figures: string): string
  digits(figures: string, zero?: string): string
  /** As rooms, flights and roads are called: 747 “seven forty seven”, 1549 “fifteen forty nine”. */
  pairs(figures: string): string
  /** “three quarters”; null where it is no fraction that is said so. */
  fraction(numerator: string, denominator: string): string | null
}

export const NUMBER = String.raw`(?:\d{1,3}(?:,\d{2,3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)`
export const MAGNITUDES: Readonly<Record<string, string>> = {
  hundred: 'hundred', thousand: 'thousand', million: 'million', billion: 'billion', trillion: 'trillion', lakh: 'lakh',
  lakhs: 'lakh', crore: 'crore', crores: 'crore', dozen: 'dozen', k: 'thousand', m: 'million', mn: 'million', bn: 'billion',
  b: 'billion', t: 'trillion', tn: 'trillion', cr: 'crore',
} // prettier-ignore

export function createNumerals(data: EnglishData): Numerals {
  const speller = createNumberSpeller(data.numbers)

  function digits(figures: string, zero = 'zero'): string {
    return Array.from(figures.replace(/\D/g, ''), (digit) =>
      digit === '0' ? zero : speller.say(Number(digit))!,
    ).join(' ')
  }

  function cardinal(figures: string): string {
    const plain = figures.replaceAll(',', '')
    if (/^0\d/.test(plain)) return digits(plain)
    const indian =
      /^\d{1,2}(,\d{2})+,\d{3}$/.test(figures) || (data.indian && plain === figures && plain.length > 5)
    return speller.say(Number(plain), indian ? 'indian' : 'cardinal') ?? digits(plain)
  }

  function ordinal(figures: string): string {
    return speller.say(Number(figures.replaceAll(',', '')), 'ordinal') ?? digits(figures)
  }

  return {
    data,
    cardinal,
    ordinal,
    digits,
    number(figures) {
      const [whole = '', fraction] = figures.split('.')
      if (fraction === undefined) return cardinal(whole)
      return `${whole === '' ? '' : `${cardinal(whole)} `}point ${digits(fraction)}`
    },
    year: (figures) => speller.say(Number(figures), 'year') ?? digits(figures),
    pairs(figures) {
      if (figures.length === 4) return speller.say(Number(figures), 'year')!
      if (figures.length !== 3 || figures.startsWith('0')) return cardinal(figures)
      const rest = figures.slice(1)
      if (rest === '00') return cardinal(figures)
      return `${digits(figures[0]!)} ${rest.startsWith('0') ? `oh ${digits(rest[1]!)}` : cardinal(rest)}`
    },
    fraction(numerator, denominator) {
      const below = Number(denominator)
      if (below < 2 || below > 100) return null
      const one = Number(numerator) === 1
      const name = below === 2 ? 'half' : below === 4 ? 'quarter' : ordinal(denominator)
      return `${cardinal(numerator)} ${one ? name : below === 2 ? 'halves' : `${name}s`}`
    },
  }
}
