import { stemmer } from 'stemmer'

import { AppError } from '../platform/errors'
import { defaultFillers, drawnOut } from './search-fillers'
import { isUnspaced, patternTokens, searchTokens } from './search-normalize'
import { joinWords, type Transcript } from './transcript'

/** Something found in a transcript. Times are the recording's, in seconds. */
export interface TranscriptHit {
  start: number
  end: number
  text: string
  /** What was looked for, as it was given. */
  sought: string
  /** That of the least certain word. */
  confidence: number
}

export interface KeywordOptions {
  /** `stem`: “run” finds “running” (English only; other languages match exactly). */
  match: 'stem' | 'exact'
}

/** Words further apart than this are not one phrase. */
const longestGapSeconds = 2

interface Token {
  text: string
  start: number
  end: number
  word: number
}

type TokenTest = (token: string) => boolean

/**
 * Finds words and phrases. `*` stands for any letters of a word, `?` for one; such words are compared as they are
 * written, others by their stems. Case, accents and punctuation do not count.
 *
 * @throws AppError `invalid_parameter` for a keyword without letters or digits.
 */
export function findKeywords(
  transcript: Transcript,
  keywords: readonly string[],
  { match }: KeywordOptions,
): TranscriptHit[] {
  const stems = match === 'stem' && isEnglish(transcript.language) ? createStems() : null
  return findPatterns(
    transcript,
    keywords.map((sought) => ({ sought, tests: keywordTests(sought, stems) })),
  )
}

/** Whether a keyword holds something to look for. */
export function isSearchable(keyword: string): boolean {
  return searchTokens(keyword).length > 0
}

/** Finds hesitations: those of the transcript's language, or the given ones. Drawn-out forms are found as well. */
export function findFillers(transcript: Transcript, fillers?: readonly string[]): TranscriptHit[] {
  const wanted = fillers ?? defaultFillers(transcript.language)
  return findPatterns(
    transcript,
    wanted.map((sought) => ({
      sought,
      tests: searchTokens(sought).map((part) => {
        const pattern = drawnOut(part)
        return (token: string) => pattern.test(token)
      }),
    })),
  )
}

/**
 * What somebody says, by turn: a speaker's segments without anybody else between them are one hit.
 * @param speakers Ids or names.
 * @throws AppError `invalid_parameter` where nobody is called that.
 */
export function findSpeakers(transcript: Transcript, speakers: readonly string[]): TranscriptHit[] {
  const wanted = new Map(speakers.map((sought) => [speakerId(transcript, sought), sought]))
  const hits: TranscriptHit[] = []
  let speaking: string | null = null
  for (const { speaker, start, end, text, words } of transcript.segments) {
    const sought = speaker === null ? undefined : wanted.get(speaker)
    const confidence = Math.min(1, ...words.map((word) => word.confidence))
    const turn = hits.at(-1)
    if (sought !== undefined && turn && speaking === speaker) {
      turn.end = end
      turn.text = joinWords([turn.text, text], transcript.language)
      turn.confidence = Math.min(turn.confidence, confidence)
    } else if (sought !== undefined) hits.push({ start, end, text, sought, confidence })
    speaking = speaker
  }
  return hits
}

function speakerId({ speakers }: Transcript, sought: string): string {
  const name = (text: string) => searchTokens(text).join(' ')
  const found =
    speakers.find(({ id }) => id === sought) ??
    speakers.find((speaker) => name(speaker.name) === name(sought))
  if (found) return found.id
  const known = speakers.map((speaker) => `${speaker.id} (${speaker.name})`).join(', ')
  throw new AppError('invalid_parameter', {
    message: known
      ? `speakers: nobody is called “${sought}”. The transcript has ${known}.`
      : 'speakers: the transcript does not tell speakers apart.',
  })
}

function keywordTests(keyword: string, stems: ((token: string) => string) | null): TokenTest[] {
  if (!isSearchable(keyword)) {
    throw new AppError('invalid_parameter', {
      message: `keywords: “${keyword}” holds no letter or digit to look for.`,
    })
  }
  return patternTokens(keyword).map((part) => {
    if (/[*?]/.test(part)) {
      const source = part.replaceAll('*', '[\\p{L}\\p{N}\\p{M}]*').replaceAll('?', '[\\p{L}\\p{N}]\\p{M}*')
      const pattern = new RegExp(`^${source}$`, 'u')
      return (token) => pattern.test(token)
    }
    const stem = stems?.(part)
    return (token) => token === part || (stem !== undefined && stems?.(token) === stem)
  })
}

function isEnglish(language: string | null): boolean {
  return language === null || /^en(-|$)/i.test(language)
}

/** M. F. Porter, “An algorithm for suffix stripping”, Program 14 (3), 1980. */
function createStems(): (token: string) => string {
  const known = new Map<string, string>()
  return (token) => {
    const stem = known.get(token) ?? stemmer(token)
    known.set(token, stem)
    return stem
  }
}

interface Pattern {
  sought: string
  tests: readonly TokenTest[]
}

/** In order of time; of several patterns that find the same words only the first one counts. */
function findPatterns(transcript: Transcript, patterns: readonly Pattern[]): TranscriptHit[] {
  const words = transcript.segments.flatMap((segment) => segment.words)
  const tokens = tokensOf(words)
  const found = new Map<string, TranscriptHit>()
  for (const { sought, tests } of patterns) {
    if (tests.length === 0) continue
    for (let first = 0; first + tests.length <= tokens.length;) {
      if (!matchesAt(tokens, first, tests)) {
        first += 1
        continue
      }
      const last = first + tests.length - 1
      const hit = hitOf(transcript, words, tokens.slice(first, last + 1), sought)
      const stretch = `${hit.start}-${hit.end}`
      if (!found.has(stretch)) found.set(stretch, hit)
      first = last + 1
    }
  }
  return [...found.values()].sort((a, b) => a.start - b.start || a.end - b.end)
}

function matchesAt(tokens: readonly Token[], first: number, tests: readonly TokenTest[]): boolean {
  return tests.every((test, index) => {
    const token = tokens[first + index]!
    const before = tokens[first + index - 1]
    const together = index === 0 || !before || token.start - before.end <= longestGapSeconds
    return together && test(token.text)
  })
}

function hitOf(
  { language }: Transcript,
  words: Transcript['segments'][number]['words'],
  tokens: readonly Token[],
  sought: string,
): TranscriptHit {
  const covered = words.slice(tokens[0]!.word, tokens.at(-1)!.word + 1)
  return {
    start: tokens[0]!.start,
    end: Math.max(...tokens.map(({ end }) => end)),
    text: joinWords(
      covered.map(({ text }) => text),
      language,
    ),
    sought,
    confidence: Math.min(...covered.map(({ confidence }) => confidence)),
  }
}

/** A word of a script without spaces may be more than what is sought: its characters share its time. */
function tokensOf(words: Transcript['segments'][number]['words']): Token[] {
  return words.flatMap(({ text, start, end }, word) => {
    const parts = searchTokens(text)
    const share = (end - start) / parts.length
    return parts.map((part, index) =>
      isUnspaced(part)
        ? { text: part, word, start: start + index * share, end: start + (index + 1) * share }
        : { text: part, word, start, end },
    )
  })
}
