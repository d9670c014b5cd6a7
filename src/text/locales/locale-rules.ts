import type { ReadingRule } from '../reading-rule'
import type { LocaleData } from './locale'
import { createNumberSpeller } from './number-rules'

/** Reading by a language's data alone: numbers, percentages, a few signs and abbreviations. The rest stays as written. */
export function localeRules(data: LocaleData): ReadingRule[] {
  const speller = createNumberSpeller(data.numbers)
  const escape = (sign: string) => sign.replace(/[.$^*+?()[\]{}|\\]/g, '\\$&')
  const group = data.grouping === ' ' ? '[\\s\\u00a0\\u202f]' : escape(data.grouping)
  const spoken = (figures: string): string | null => {
    const [whole = '', fraction] = figures.split(data.decimal.sign)
    const value = speller.say(Number(whole.replace(new RegExp(group, 'g'), '')))
    if (value === null || fraction === undefined) return value
    return [
      value,
      data.decimal.word,
      ...Array.from(fraction, (digit) => speller.say(Number(digit)) ?? digit),
    ].join(' ')
  }
  const signs = Object.keys(data.signs)
  return [
    {
      pattern: new RegExp(
        String.raw`(?:(?<![\p{L}\p{N}])([-−]))?(\d{1,3}(?:${group}\d{2,3})+(?!\d)(?:${escape(data.decimal.sign)}\d+)?|\d+(?:${escape(data.decimal.sign)}\d+)?)(\s?%)?(?![\p{L}\d])`,
        'uy',
      ),
      read: ([, minus, figures, percent]) => {
        const said = spoken(figures!)
        return said && `${minus ? `${data.minus} ` : ''}${said}${percent ? ` ${data.percent}` : ''}`
      },
    },
    {
      pattern: /(\p{L}+)\.(?=\s|$)/uy,
      read: ([, word]) => data.abbreviations[word!.toLowerCase()] ?? null,
    },
    ...(signs.length > 0
      ? [
          {
            pattern: new RegExp(`[${signs.map(escape).join('')}](?=\\s)`, 'y'),
            read: ([sign]: RegExpExecArray) => data.signs[sign]!,
          },
        ]
      : []),
  ]
}
