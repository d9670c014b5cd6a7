import type { NumberRules } from './number-rules'

/** What reading a language aloud takes of data; another language is another file like these. */
export interface LocaleData {
  /** BCP 47 tag of the language or of its regional form. */
  tag: string
  numbers: NumberRules
  /** Between whole number and fraction in figures, and what it is called. */
  decimal: { sign: '.' | ','; word: string }
  /** Sign between groups of digits in figures. */
  grouping: ',' | '.' | ' '
  minus: string
  percent: string
  /** Words that end with a full stop and do not end a sentence, in lower case without the stop. */
  abbreviations: Readonly<Record<string, string>>
  /** Signs that are said between words. */
  signs: Readonly<Record<string, string>>
}
