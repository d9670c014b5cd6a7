import type { Language } from './language'
import { lastAt } from './passage'

const LONGEST_SENTENCE = 1000

/** A sentence of a passage; white space around it is left out. */
export interface Sentence {
  start: number
  end: number
}

/** Full stops and their like, with what closes after them; those of scripts without spaces end a sentence at once. */
const candidate = /[.!?…]+["'”’»)\]]*(?=\s|$)|[。！？｡؟।॥]+["'”’»」』）)\]]*|\n/gu
const wordBefore = /[\p{L}\p{N}][\p{L}\p{N}.'’]*$/u
/** Abbreviations that stand at the end of sentences as well as within them. */
const mayEnd = new Set([
  'etc',
  'inc',
  'ltd',
  'co',
  'corp',
  'jr',
  'sr',
  'a.m',
  'p.m',
  'u.s',
  'u.k',
  'e.u',
  'd.c',
  'b.c',
  'a.d',
  'ph.d',
  'b.a',
  'm.a',
  'usw',
  'ave',
  'blvd',
  'rd',
  'ft',
  'lb',
  'oz',
  'hr',
  'min',
  'sec',
  'km',
  'kg',
  'cm',
  'mm',
])
/** What a sentence begins with after such an abbreviation: a word that is a name as well says nothing. */
const opener =
  /^["'“‘(]*(?:The|This|That|These|Those|He|She|It|They|We|You|I|But|And|So|If|When|There|In|On|At|A|An|My|His|Her|Our|Their|What|Who|How|Why|No|Yes|Then|Now|Please|Let|Do|Is|Are|As|After|Before)\b/

/** Sentences of a passage, one after the other: forced ends are kept, and stretches that are read as a whole. */
export function* sentencesOf(
  text: string,
  language: Language,
  forced: readonly number[],
  whole: readonly { at: number; end: number }[],
): Generator<Sentence> {
  let start = 0
  let next = 0
  const ends = new RegExp(candidate)
  for (;;) {
    const match = ends.exec(text)
    const natural = match ? match.index + match[0].length : text.length
    while (next < forced.length && forced[next]! <= (match ? match.index : text.length)) {
      yield* trimmed(text, start, forced[next]!)
      start = forced[next]!
      next++
    }
    if (!match) break
    if ((lastAt(whole, match.index)?.end ?? -1) > match.index) continue
    if (!endsSentence(text, match.index, match[0], natural, language)) continue
    yield* trimmed(text, start, natural)
    start = natural
  }
  yield* trimmed(text, start, text.length)
}

/** Without the white space around it, and in parts where it is longer than any sentence that somebody writes. */
function* trimmed(text: string, start: number, end: number): Generator<Sentence> {
  while (start < end && /\s/.test(text[start]!)) start++
  while (end > start && /\s/.test(text[end - 1]!)) end--
  while (end - start > LONGEST_SENTENCE) {
    const space = text.lastIndexOf(' ', start + LONGEST_SENTENCE)
    const cut = space > start + LONGEST_SENTENCE / 2 ? space : start + LONGEST_SENTENCE
    yield { start, end: cut }
    start = text[cut] === ' ' ? cut + 1 : cut
  }
  if (end > start) yield { start, end }
}

function endsSentence(text: string, at: number, sign: string, end: number, language: Language): boolean {
  const following = text.slice(end, end + 40)
  const next = following.trimStart()
  if (sign === '\n') return lineEnds(text, at, next)
  if (next === '') return true
  if (/^[。！？｡؟।॥!?]/u.test(sign)) return !(/^\p{Ll}/u.test(next) && /["'”’»)]/.test(sign))
  if (/^(?:\.{2,}|…)/.test(sign)) return !/^["'“‘(]*\p{Ll}/u.test(next)
  if (/^["'“‘(]*\p{Ll}/u.test(next)) return false
  const word = wordBefore.exec(text.slice(Math.max(0, at - 24), at))?.[0]
  if (word === undefined || sign.length > 1) return true
  return !keepsGoing(word, text.slice(Math.max(0, at - word.length - 24), at - word.length), next, language)
}

/** Whether the full stop after a word belongs to the word alone. */
function keepsGoing(word: string, before: string, next: string, language: Language): boolean {
  const key = word.toLowerCase()
  // An initial: “J. K. Rowling”; the pronoun at the end of a sentence is none.
  if (/^\p{Lu}$/u.test(word) && !(word === 'I' && /\p{Ll}\s$/u.test(before))) return !opener.test(next)
  if (/^\d+$/.test(word)) return /(?:^|\n)\s*$/.test(before) && /^[\p{Lu}\d]/u.test(next)
  if (key === 'no' || key === 'nos') return /^\d/.test(next)
  if (mayEnd.has(key)) return !/^["'“‘(]*[\p{Lu}\d]/u.test(next) || (!opener.test(next) && key !== 'etc')
  return key in language.data.abbreviations || /^(?:\p{L}\.)+\p{L}$/u.test(word)
}

/** A line break ends a sentence after a heading or an item of a list, not in wrapped text. */
function lineEnds(text: string, at: number, next: string): boolean {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1
  const line = text.slice(lineStart, at).trimEnd()
  if (/^(?:[-*•–]|\d+[.)]) /.test(next)) return true
  return line.length < 60 && /^["'“‘(]*[\p{Lu}\d]/u.test(next) && !/[,;:–—-]$/.test(line)
}
