import { englishDataset, englishRecommendedTransformers, RegExpMatcher } from 'obscenity'
import { textOf } from './segments'
import { joinWords, type Transcript, type TranscriptSegment } from './transcript'

export const redactionKinds = ['profanity', 'personal_data'] as const
export type RedactionKind = (typeof redactionKinds)[number]

/** Words `first`…`last` of a segment. */
export interface Redaction {
  kind: RedactionKind
  segment: number
  first: number
  last: number
}

const spokenDigits = 'zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple'
/** Personal data as recognisers write it: in digits, and digit by digit in words. */
const personalData: readonly RegExp[] = [
  /[\p{L}\p{N}._%+-]+(?:@|\s+at\s+)[\p{L}\p{N}-]+(?:(?:\.|\s+dot\s+)[\p{L}\p{N}-]+)+/giu,
  // Telephone, card, account and identity numbers: seven digits or more, however they are grouped.
  /(?<![\p{L}\p{N}])\+?\(?\d(?:[\s().-]{0,2}\d){6,}(?![\p{L}\p{N}])/gu,
  new RegExp(`\\b(?:(?:${spokenDigits})[\\s,-]+){6,}(?:${spokenDigits})\\b`, 'giu'),
  // International bank account numbers (ISO 13616).
  /\b[A-Z]{2}\d{2}(?:\s?[A-Z\d]{4}){3,7}(?:\s?[A-Z\d]{1,3})?\b/gu,
]

/** Finds what is not to be read or heard. Profanity is looked for in English. */
export function findRedactions(transcript: Transcript, kinds: readonly RedactionKind[]): Redaction[] {
  const profanity = kinds.includes('profanity') ? createProfanityMatcher() : null
  return transcript.segments.flatMap((segment, index) => [
    ...(profanity
      ? segment.words.flatMap(({ text }, at) =>
          profanity(text) ? [{ kind: 'profanity' as const, segment: index, first: at, last: at }] : [],
        )
      : []),
    ...(kinds.includes('personal_data') ? personalDataIn(segment, index) : []),
  ])
}

function createProfanityMatcher(): (text: string) => boolean {
  const matcher = new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers })
  return (text) => matcher.hasMatch(text)
}

function personalDataIn(segment: TranscriptSegment, index: number): Redaction[] {
  const starts: number[] = []
  let text = ''
  for (const word of segment.words) {
    if (text) text += ' '
    starts.push(text.length)
    text += word.text
  }
  const wordAt = (offset: number) => starts.findLastIndex((start) => start <= offset)
  const found = personalData.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({
      kind: 'personal_data' as const,
      segment: index,
      first: wordAt(match.index),
      last: wordAt(match.index + match[0].length - 1),
    })),
  )
  return withoutOverlaps(found)
}

/** An account number holds digits that look like a telephone number: they are one stretch. */
function withoutOverlaps(redactions: Redaction[]): Redaction[] {
  const merged: Redaction[] = []
  for (const redaction of redactions.sort((a, b) => a.first - b.first)) {
    const previous = merged.at(-1)
    if (previous && redaction.first <= previous.last) previous.last = Math.max(previous.last, redaction.last)
    else merged.push(redaction)
  }
  return merged
}

/** What takes the place of redacted words. */
const masks: Record<RedactionKind, string> = { profanity: '[profanity]', personal_data: '[personal data]' }

/** The transcript with every redacted stretch as one masked word that keeps the stretch's times. */
export function redactTranscript(transcript: Transcript, kinds: readonly RedactionKind[]): Transcript {
  const redactions = findRedactions(transcript, kinds)
  const segments = transcript.segments.map((segment, index) => {
    const here = redactions.filter((redaction) => redaction.segment === index)
    return here.length === 0 ? segment : maskWords(segment, here, transcript.language)
  })
  return { ...transcript, segments, text: textOf(segments, transcript.language) }
}

function maskWords(
  segment: TranscriptSegment,
  redactions: Redaction[],
  language: string | null,
): TranscriptSegment {
  const words = segment.words.flatMap((word, at) => {
    const redaction = redactions.find(({ first, last }) => at >= first && at <= last)
    if (!redaction) return [word]
    if (at !== redaction.first) return []
    return [{ ...word, text: masks[redaction.kind], end: segment.words[redaction.last]!.end }]
  })
  const text = joinWords(
    words.map((word) => word.text),
    language,
  )
  return { ...segment, words, text }
}
