import { englishLocales, type EnglishData } from './english/locale'
import { createNumerals, type Numerals } from './english/numerals'
import { englishRules } from './english/rules'
import { french } from './locales/french'
import { german } from './locales/german'
import { hindi } from './locales/hindi'
import { localeRules } from './locales/locale-rules'
import type { LocaleData } from './locales/locale'
import { spanish } from './locales/spanish'
import type { ReadingRule } from './reading-rule'

/** How a language is read aloud. */
export interface Language {
  data: LocaleData
  rules: readonly ReadingRule[]
  /** Null but for English. */
  numerals: Numerals | null
}

const others = [spanish, german, french, hindi]

/** For languages without data: what is written is handed on as it is. */
const unknown: LocaleData = {
  tag: 'und',
  numbers: {},
  decimal: { sign: '.', word: '.' },
  grouping: ',',
  minus: '-',
  percent: '%',
  abbreviations: {},
  signs: {},
}

/** The language of a tag: its region where there is data for it, else its usual form. */
export function createLanguages(isWord: (word: string) => boolean): (tag: string) => Language {
  const known = new Map<string, Language>()
  function load(tag: string): Language {
    const base = tag.toLowerCase().split(/[-_]/)[0]
    if (base === 'en') {
      const region = tag.replace('_', '-').toLowerCase()
      const data: EnglishData =
        englishLocales.find((locale) => locale.tag.toLowerCase() === region) ?? englishLocales[0]!
      return { data, rules: englishRules(data, isWord), numerals: createNumerals(data) }
    }
    const data = others.find((locale) => locale.tag === base) ?? { ...unknown, tag: base ?? 'und' }
    return { data, rules: localeRules(data), numerals: null }
  }
  return (tag) => {
    const found = known.get(tag) ?? load(tag)
    known.set(tag, found)
    return found
  }
}
