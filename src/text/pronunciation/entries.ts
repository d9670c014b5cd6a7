import type { NormalWord, SpokenStretch } from '../normalise'
import { wordsOf } from '../normalise'
import { ipaToPhones } from '../phonemes'
import type { Phone } from '../utterance'

/** An entry of a user's pronunciation dictionary; see `Pronunciation` of the capabilities. */
export interface PronunciationEntry {
  /** Word or phrase as written; letters match in either case. */
  written: string
  /** IPA, or another spelling that says it better; capitals between hyphens are stressed: `TIM-ber`. */
  spoken: string
  alphabet: 'ipa' | 'respelling'
}

const wordStart = /[\p{L}\p{N}]+|[^\s]/uy
const letterOrDigit = /[\p{L}\p{M}\p{N}]/u

/** Finds the longest entry that begins at a place of a text, whole words only. */
export function createEntryFinder(
  entries: readonly PronunciationEntry[],
): (text: string, at: number) => SpokenStretch | null {
  const byStart = new Map<string, PronunciationEntry[]>()
  for (const entry of entries) {
    const key = startOf(entry.written.trim(), 0)
    if (key === null) continue
    const same = byStart.get(key) ?? []
    same.push(entry)
    byStart.set(key, same)
  }
  for (const same of byStart.values()) same.sort((a, b) => b.written.length - a.written.length)

  return (text, at) => {
    const before = text[at - 1]
    if (before !== undefined && letterOrDigit.test(before) && letterOrDigit.test(text[at]!)) return null
    const key = byStart.size > 0 ? startOf(text, at) : null
    for (const entry of key === null ? [] : (byStart.get(key) ?? [])) {
      const end = matchEnd(text, at, entry.written.trim())
      if (end !== null) return { start: at, end, words: readEntry(entry, text.slice(at, end)) }
    }
    return null
  }
}

function startOf(text: string, at: number): string | null {
  wordStart.lastIndex = at
  return wordStart.exec(text)?.[0].toLowerCase() ?? null
}

/** Where the text stops being the entry's; white space matches any white space, apostrophes each other. */
function matchEnd(text: string, at: number, written: string): number | null {
  let place = at
  for (let index = 0; index < written.length; index++) {
    const wanted = written[index]!
    if (/\s/.test(wanted)) {
      const from = place
      while (place < text.length && /\s/.test(text[place]!)) place++
      while (/\s/.test(written[index + 1] ?? '')) index++
      if (place === from) return null
    } else if (!same(text[place], wanted)) return null
    else place++
  }
  const last = text[place - 1]!
  const next = text[place]
  return next !== undefined && letterOrDigit.test(last) && letterOrDigit.test(next) ? null : place
}

function same(one: string | undefined, other: string): boolean {
  if (one === undefined) return false
  const plain = (sign: string) => (sign === '’' ? "'" : sign.toLowerCase())
  return one === other || plain(one) === plain(other)
}

function readEntry({ spoken, alphabet }: PronunciationEntry, text: string): NormalWord[] {
  return alphabet === 'ipa'
    ? withPhones(text, ipaToPhones(spoken))
    : wordsOf(spoken.replace(/\s+/g, ' ').trim())
}

/** A text with the phones of its words: word by word where there are as many, else all together. */
export function withPhones(text: string, phones: readonly (readonly Phone[])[]): NormalWord[] {
  const words = text.trim().split(/\s+/)
  if (words.length === phones.length) {
    return words.map((word, index) => ({ text: word, letter: false, phones: phones[index]! }))
  }
  return [{ text: text.trim(), letter: false, phones: phones.flat() }]
}
