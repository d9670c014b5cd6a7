import { isVowel } from '../../text/phonemes'
import type { Phone } from '../../text/utterance'
import { bathWords } from './accents/bath-words'
import type { targetAccents } from './index'
import { amountOf } from './plan'

/** A sound of the dictionary that an accent says as another one, or leaves out. All in ARPAbet without stress. */
interface PhoneRule {
  id: string
  phone: string
  words?: ReadonlySet<string>
  /** Only after one of these. */
  after?: readonly string[]
  /** Only where a vowel follows in the word (`true`), or none does (`false`). */
  beforeVowel?: boolean
  /** Only before R in the word (`true`), or only elsewhere (`false`). */
  beforeR?: boolean
  /** Only without stress. */
  unstressed?: boolean
  says: readonly string[]
  /** As of a rule for formants. */
  weight: number
}

/* Wells, Accents of English, Cambridge 1982: chapters 4.1 (RP), 8.1 (Australia), 9.3 (India). The phones of American
   English are all there are: where the accent has another sound, the nearest is taken, or the sound is left as it is. */

const withoutR: readonly PhoneRule[] = [
  {
    ...{ id: 'r-after-close-vowel', phone: 'R', after: ['IH', 'IY', 'EH', 'EY', 'UH', 'AY', 'AW'] },
    ...{ beforeVowel: false, says: ['AH'], weight: 1 },
  },
  { id: 'r-dropped', phone: 'R', after: ['AA', 'AO', 'OW', 'AH'], beforeVowel: false, says: [], weight: 1 },
  { id: 'letter', phone: 'ER', unstressed: true, beforeVowel: false, says: ['AH'], weight: 1 },
]
const bath: PhoneRule = { id: 'bath', phone: 'AE', words: bathWords, says: ['AA'], weight: 1 }
const goat: PhoneRule = { id: 'goat', phone: 'OW', says: ['AH', 'UH'], weight: 0.4 }
const lot: PhoneRule = { id: 'lot', phone: 'AA', beforeR: false, says: ['AO'], weight: 0.7 }
/** Words that keep the open vowel. */
const palm: PhoneRule = {
  ...{ id: 'palm', phone: 'AA', words: new Set(['father', 'calm', 'palm', 'spa', 'drama']), says: ['AA'] },
  weight: 1,
}

export const phoneRules: Record<(typeof targetAccents)[number], readonly PhoneRule[]> = {
  'en-US': [],
  'en-GB': [...withoutR, bath, palm, lot, goat],
  'en-AU': [...withoutR, bath, palm, lot, goat, { id: 'face', phone: 'EY', says: ['AY'], weight: 0.3 }],
  'en-IN': [
    { id: 'th-stop', phone: 'TH', says: ['T'], weight: 1 },
    { id: 'dh-stop', phone: 'DH', says: ['D'], weight: 0.9 },
    { id: 'w-as-v', phone: 'W', says: ['V'], weight: 0.9 },
    ...[bath, palm, lot],
  ],
}

/** How an accent says a word: the dictionary's phones with the rules that the strength lets in. */
export function pronounce(
  spelling: string,
  phones: readonly Phone[],
  accent: (typeof targetAccents)[number],
  strength: number,
): Phone[] {
  return phones.flatMap((phone, index) => {
    const rule = phoneRules[accent].find((candidate) => applies(candidate, spelling, phones, index))
    if (!rule || amountOf(rule, strength) === 0) return [phone]
    const stress = /\d$/.exec(phone)?.[0] ?? '0'
    return rule.says.map((symbol, at) => (isVowel(symbol) ? `${symbol}${at === 0 ? stress : '0'}` : symbol))
  })
}

function applies(rule: PhoneRule, spelling: string, phones: readonly Phone[], index: number): boolean {
  const phone = phones[index]!
  if (symbolOf(phone) !== rule.phone) return false
  if (rule.words && !rule.words.has(spelling)) return false
  if (rule.unstressed && !phone.endsWith('0')) return false
  const [before, next] = [phones[index - 1], phones[index + 1]]
  if (rule.after && (before === undefined || !rule.after.includes(symbolOf(before)))) return false
  if (rule.beforeR !== undefined && rule.beforeR !== (next === 'R')) return false
  return rule.beforeVowel === undefined || rule.beforeVowel === (next !== undefined && isVowel(next))
}

function symbolOf(phone: Phone): string {
  return phone.replace(/\d$/, '')
}
