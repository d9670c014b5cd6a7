import { letterNames, wordBefore, type ReadingRule } from '../reading-rule'
import type { Numerals } from './numerals'

/** Telephone numbers, ISBN, serial numbers, versions and other figures that are read part by part. */
export function codeRules(numerals: Numerals): ReadingRule[] {
  const { cardinal, digits } = numerals
  const telephone = (figures: string) => readTelephone(numerals, figures)
  return [
    {
      // +91 98765 43210, (555) 123-4567, 1-800-555-1234, 555-0123
      pattern:
        /(?:\+\d{1,3}[\s.-]?)?(?:\(\d{2,5}\)[\s.-]?)?\d{2,5}(?:[\s.-]\d{2,5}){1,4}(?![\d/:%]|[.,]\d)|1[-.]8\d\d[-.]\d{3}[-.]\d{4}/y,
      read: ([figures], place) => {
        const count = figures.replace(/\D/g, '').length
        const groups = figures.split(/[\s.-]+/).length
        const marked = /^\+|^\(|^1[-.]8/.test(figures)
        const named = /^(?:call|phone|tel|telephone|fax|mobile|dial|text|at|on|number)[.:]?$/i.test(
          wordBefore(place),
        )
        if (/^\d+(?:\.\d+){1,2}$/.test(figures) && !/^\d{3}\.\d{3}\.\d{4}$/.test(figures)) return null
        if (/^\d{3}-\d{4}$/.test(figures)) return telephone(figures)
        if (count < 9 || count > 15 || (!marked && !named && groups < 3)) return null
        return telephone(figures)
      },
    },
    { pattern: /\+\d{9,15}(?!\d)/y, read: ([figures]) => telephone(figures) },
    {
      pattern: /ISBN(?:-1[03])?:?\s?([\dX-]{10,17})/y,
      read: ([, figures]) => `${letterNames('ISBN')} ${each(numerals, figures!)}`,
    },
    {
      // 978-3-16-148410-0, 4827-1193-0042-7765, 123-45-6789
      pattern: /\d{1,5}(?:[- ]\d{1,7}){3,5}(?!\d)|\d{3}-\d{2}-\d{4}(?!\d)|\d{4}(?:[ -]\d{4}){2,3}(?!\d)/y,
      read: ([figures]) => (figures.replace(/\D/g, '').length >= 9 ? digits(figures) : null),
    },
    {
      // 192.168.1.1
      pattern: /\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\d.]\d)/y,
      read: ([figures]) =>
        figures
          .split(/(?=[.:])/)
          .map((part) =>
            /^[.:]/.test(part) ? `${part.startsWith('.') ? 'dot' : 'port'} ${digits(part)}` : digits(part),
          )
          .join(' '),
    },
    {
      // v2.1.3, version 1.10.2
      pattern: /(?:v|V|ver\.?\s)(\d+(?:\.\d+)*)(-[a-z]+)?(?![\p{L}\d])/uy,
      read: ([, figures, label]) =>
        `version ${figures!.split('.').map(cardinal).join(' point ')}${label ? ` ${label.slice(1)}` : ''}`,
    },
    {
      pattern: /\d+(?:\.\d+){2,4}(?![\d])/y,
      read: ([figures]) => figures.split('.').map(cardinal).join(' point '),
    },
    {
      pattern: /[A-Z]{2} \d{5}(?:-\d{4})?(?![\d-])/y,
      read: ([code]) => `${letterNames(code.slice(0, 2))} ${digits(code)}`,
    },
  ]
}

/** Letters with figures among them. */
export function mixedRules(numerals: Numerals): ReadingRule[] {
  const { number } = numerals
  return [
    {
      // COVID-19, F-16, GPT-4o, H2O, B2B, R2D2, MP3, 3D, 4K, 1080p, x86
      pattern: /[A-Za-z\d]{1,20}(?:-[A-Za-z\d]{1,12}){0,3}(?![\p{L}\d])/uy,
      read: ([code]) => {
        if (!/\d/.test(code) || !/[A-Za-z]/.test(code) || /\d-\d/.test(code) || /^\d+-[a-z]/.test(code))
          return null
        if (/^\d+(?:st|nd|rd|th|s|am|pm)$/i.test(code)) return null
        return code
          .match(/[A-Z]?[a-z]{2,}|[A-Za-z]+|\d+/g)!
          .map((part, _, parts) => codePart(numerals, part, parts.length))
          .join(' ')
      },
    },
    { pattern: /\d{1,3}(?:,\d{3})*(?:\.\d+)?(?=-[a-z]{2,})/y, read: ([figures]) => number(figures) },
  ]
}

const saidInCodes = new Set(['COVID', 'SARS'])

function codePart(numerals: Numerals, part: string, parts: number): string {
  if (/^\d+$/.test(part)) {
    if (part.startsWith('0') || part.length > 4) return numerals.digits(part)
    if (part.length <= 2) return numerals.cardinal(part)
    return parts === 2 && part.length === 4 ? numerals.pairs(part) : numerals.digits(part)
  }
  if (/^[A-Z]?[a-z]{2,}$/.test(part)) return part
  return saidInCodes.has(part) ? part : letterNames(part)
}

function each(numerals: Numerals, figures: string): string {
  return Array.from(figures.replace(/[^\dX]/g, ''), (sign) =>
    sign === 'X' ? letterNames('X') : numerals.digits(sign),
  ).join(' ')
}

/** A telephone number: digits one by one, 800 numbers by their name. */
export function readTelephone(numerals: Numerals, figures: string): string {
  const zero = numerals.data.telephoneZero
  const plus = figures.startsWith('+') ? 'plus ' : ''
  const free = /^1[\s.-]?800/.exec(figures)
  if (!free) return plus + numerals.digits(figures, zero)
  return `one eight hundred ${numerals.digits(figures.slice(free[0].length), zero)}`
}
