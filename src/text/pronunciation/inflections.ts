import { isVowel, phonemeOf } from '../phonemes'
import type { Phone } from '../utterance'

type Phones = readonly Phone[]
type Lookup = (word: string) => Phones | null

const sibilants = new Set(['S', 'Z', 'SH', 'ZH', 'CH', 'JH'])

/** The ending -s of plurals, verbs and genitives, as the sound before it asks for. */
export function withS(phones: Phones): Phone[] {
  const last = phones.at(-1)!
  if (sibilants.has(last)) return [...phones, 'AH0', 'Z']
  return [...phones, phonemeOf(last)?.voiced ? 'Z' : 'S']
}

/** The ending -ed. */
export function withEd(phones: Phones): Phone[] {
  const last = phones.at(-1)!
  if (last === 'T' || last === 'D') return [...phones, 'AH0', 'D']
  return [...phones, phonemeOf(last)?.voiced ? 'D' : 'T']
}

/** Stems that a form could have: “running” run, runne; “tries” try. */
function stems(word: string, ending: string): string[] {
  const stem = word.slice(0, -ending.length)
  if (stem.length < 2) return []
  const found = [stem, `${stem}e`]
  if (/(.)\1$/.test(stem)) found.push(stem.slice(0, -1))
  if (stem.endsWith('i')) found.push(`${stem.slice(0, -1)}y`)
  return found
}

function firstOf(words: readonly string[], find: Lookup): Phones | null {
  for (const word of words) {
    const found = find(word)
    if (found) return found
  }
  return null
}

const prefixes: Readonly<Record<string, string>> = {
  un: 'AH0 N', re: 'R IY2', non: 'N AA2 N', pre: 'P R IY2', over: 'OW2 V ER0', under: 'AH2 N D ER0', out: 'AW2 T',
  mis: 'M IH0 S', dis: 'D IH0 S', anti: 'AE2 N T IY0', co: 'K OW2', sub: 'S AH2 B', super: 'S UW2 P ER0', inter: 'IH2 N T ER0',
  micro: 'M AY2 K R OW0', mega: 'M EH2 G AH0', multi: 'M AH2 L T IY0', hyper: 'HH AY2 P ER0', cyber: 'S AY2 B ER0',
} // prettier-ignore

const suffixes: readonly (readonly [string, (stem: Phones) => Phone[]])[] = [
  ['ing', (stem) => [...stem, 'IH0', 'NG']],
  ['ed', withEd],
  ["'s", withS],
  ['es', withS],
  ['s', withS],
  ['ers', (stem) => [...stem, 'ER0', 'Z']],
  ['er', (stem) => [...stem, 'ER0']],
  ['est', (stem) => [...stem, 'AH0', 'S', 'T']],
  ['ly', (stem) => [...stem, 'L', 'IY0']],
  ['ness', (stem) => [...stem, 'N', 'AH0', 'S']],
  ['less', (stem) => [...stem, 'L', 'AH0', 'S']],
  ['ful', (stem) => [...stem, 'F', 'AH0', 'L']],
  ['able', (stem) => [...stem, 'AH0', 'B', 'AH0', 'L']],
  ['ment', (stem) => [...stem, 'M', 'AH0', 'N', 'T']],
  ['ish', (stem) => [...stem, 'IH0', 'SH']],
]

/** A word's pronunciation from that of its stem; null where no stem is known. Endings may stand on one another. */
export function inflected(word: string, find: Lookup, depth = 2): Phones | null {
  if (depth === 0) return null
  const look: Lookup = (stem) => find(stem) ?? (stem.length > 3 ? inflected(stem, find, depth - 1) : null)
  if (word.endsWith("s'") && word.length > 3) return look(word.slice(0, -1))
  for (const [ending, add] of suffixes) {
    if (!word.endsWith(ending)) continue
    const plain = ending === 's' || ending === "'s"
    const candidates = plain ? [word.slice(0, -ending.length)] : stems(word, ending)
    if (ending === 'es' && !/(?:ss|sh|ch|[xzoi])es$/.test(word)) continue
    if (candidates[0] === undefined || candidates[0].length < 2) continue
    const stem = firstOf(candidates, look)
    if (stem) return add(stem)
  }
  for (const [prefix, phones] of Object.entries(prefixes)) {
    const rest = word.slice(prefix.length)
    if (!word.startsWith(prefix) || rest.length < 4) continue
    const stem = find(rest)
    if (stem) return [...phones.split(' '), ...stem]
  }
  return null
}

/** Two known words written as one: “voiceprint”. The second loses its primary stress. */
export function compound(word: string, find: Lookup): Phones | null {
  let best: { balance: number; phones: Phones } | null = null
  for (let cut = 3; cut <= word.length - 3; cut++) {
    const balance = Math.min(cut, word.length - cut)
    if (best && balance <= best.balance) continue
    const first = find(word.slice(0, cut))
    const second = first && find(word.slice(cut))
    if (!first || !second || !first.some(isVowel) || !second.some(isVowel)) continue
    best = { balance, phones: [...first, ...second.map((phone) => phone.replace('1', '2'))] }
  }
  return best && best.balance >= (word.length > 7 ? 3 : 4) ? best.phones : null
}
