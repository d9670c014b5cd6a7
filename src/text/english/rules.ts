import type { ReadingRule } from '../reading-rule'
import { addressRules } from './addresses'
import { codeRules, mixedRules } from './codes'
import { dateRules } from './dates'
import type { EnglishData } from './locale'
import { moneyRules } from './money'
import { createNumerals } from './numerals'
import { numberRules, quantityRules } from './quantities'
import { signRules } from './signs'
import { wordRules } from './words'

/** How an English reads what is no plain word; earlier rules win. */
export function englishRules(data: EnglishData, isWord: (word: string) => boolean): ReadingRule[] {
  const numerals = createNumerals(data)
  return [
    ...addressRules(numerals, isWord),
    ...dateRules(numerals),
    ...codeRules(numerals),
    ...moneyRules(numerals),
    ...quantityRules(numerals),
    ...mixedRules(numerals),
    ...numberRules(numerals),
    ...wordRules(numerals, isWord),
    ...signRules(numerals),
  ]
}
