import { wordAfter, wordBefore, type ReadingRule } from '../reading-rule'
import type { Numerals } from './numerals'

/** Signs between words and numbers, by their names. */
export function signRules({ data }: Numerals): ReadingRule[] {
  const nextIsNumber = /^\s*[\d.$£€₹]/
  const single = Object.keys(data.signs).filter((sign) => !['<', '>', '=', '+', '−'].includes(sign))
  return [
    { pattern: /<=|≤/y, read: () => 'less than or equal to' },
    { pattern: />=|≥/y, read: () => 'greater than or equal to' },
    { pattern: /!=|≠/y, read: () => 'not equal to' },
    { pattern: /==?|≡/y, read: () => 'equals' },
    { pattern: /[-=]>|→/y, read: () => 'to' },
    {
      pattern: /[–-](?=\d{1,2}:\d\d)/y,
      read: (_, place) => (/\d:\d\d\s?(?:[ap]m)?$/i.test(place.text.slice(0, place.start)) ? 'to' : null),
    },
    { pattern: /[<>](?=\s*[\d\p{L}])/uy, read: ([sign]) => data.signs[sign]! },
    { pattern: /\+(?=\s*[\p{L}\d.(])/uy, read: () => 'plus' },
    {
      pattern: /\+(?=[\s,.!?;)+]|$)/y,
      read: (_, place) => (/\S$/.test(place.text.slice(0, place.start)) ? 'plus' : null),
    },
    { pattern: /[−–-](?=\s*[\d(])/y, read: (_, place) => (isSum(place.text, place.start) ? 'minus' : null) },
    {
      pattern: /\/(?=\d)/y,
      read: (_, place) => (/(?:^|[\s(])\p{L}$/u.test(place.text.slice(0, place.start)) ? 'over' : null),
    },
    {
      pattern: /\*(?=\s*\d)/y,
      read: (_, place) => (/\d\s*$/.test(place.text.slice(0, place.start)) ? 'times' : null),
    },
    {
      pattern: /\/(?=\s\d)/y,
      read: (_, place) => (/\d\s$/.test(place.text.slice(0, place.start)) ? 'divided by' : null),
    },
    { pattern: /%(?=[\s,.;!?)]|$)/y, read: () => data.percent },
    {
      pattern: new RegExp(`[${single.join('')}]`, 'y'),
      read: ([sign], place) =>
        sign === '$' &&
        !nextIsNumber.test(place.text.slice(place.end)) &&
        wordBefore(place) === '' &&
        wordAfter(place) === ''
          ? null
          : data.signs[sign]!,
    },
  ]
}

/** “7 - 3 = 4”: a hyphen with spaces between figures, in a text that has an equals sign. */
function isSum(text: string, start: number): boolean {
  return (
    (/[\d)]\s+$/.test(text.slice(0, start)) && text.includes('=')) ||
    (/[\d)]\s*$/.test(text.slice(0, start)) && text[start] === '−')
  )
}
