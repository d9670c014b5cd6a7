import { joinWords, type Transcript, type TranscriptSegment, type TranscriptWord } from './transcript'

export interface SegmentRules {
  /** A pause of this length ends a segment. */
  pauseSeconds: number
  maxSeconds: number
}

const defaultRules: SegmentRules = { pauseSeconds: 0.8, maxSeconds: 15 }
const sentenceEnd = /[.!?…。！？]["'”’)]?$/
/** A sentence of fewer words stays with the next one. */
const minSentenceWords = 4

/** A word, and what is known of the stretch that it was decoded in. */
export interface PlacedWord extends TranscriptWord {
  speaker: string | null
  decoding: TranscriptSegment['decoding']
}

/** Groups words into segments: a new one with every speaker, after a pause, at the end of a sentence, or when it gets long. */
export function segmentsOf(
  words: readonly PlacedWord[],
  language: string | null,
  rules: SegmentRules = defaultRules,
): TranscriptSegment[] {
  const segments: TranscriptSegment[] = []
  let group: PlacedWord[] = []
  const close = () => {
    const first = group[0]
    if (!first) return
    segments.push({
      start: first.start,
      end: Math.max(first.start, ...group.map(({ end }) => end)),
      text: joinWords(
        group.map(({ text }) => text),
        language,
      ),
      speaker: first.speaker,
      words: group.map(({ text, start, end, confidence }) => ({ text, start, end, confidence })),
      decoding: first.decoding,
    })
    group = []
  }
  for (const word of words) {
    const last = group.at(-1)
    if (last && endsBefore(word, last, group, rules)) close()
    group.push(word)
  }
  close()
  return segments
}

function endsBefore(word: PlacedWord, last: PlacedWord, group: PlacedWord[], rules: SegmentRules): boolean {
  return (
    word.speaker !== last.speaker ||
    word.start - last.end >= rules.pauseSeconds ||
    word.end - group[0]!.start > rules.maxSeconds ||
    (sentenceEnd.test(last.text) && group.length >= minSentenceWords)
  )
}

/** The text of a whole transcript. */
export function textOf(segments: readonly TranscriptSegment[], language: string | null): string {
  return joinWords(
    segments.map(({ text }) => text).filter((text) => text.length > 0),
    language,
  )
}

/** The part of a transcript that begins before `seconds`. */
export function beginningOf(transcript: Transcript, seconds: number): Transcript {
  if (transcript.duration <= seconds) return transcript
  const segments = transcript.segments
    .filter(({ start }) => start < seconds)
    .map((segment) => {
      const words = segment.words.filter(({ start }) => start < seconds)
      if (words.length === segment.words.length) return segment
      const text = joinWords(
        words.map((word) => word.text),
        transcript.language,
      )
      return { ...segment, words, text, end: words.at(-1)!.end }
    })
  return { ...transcript, segments, text: textOf(segments, transcript.language) }
}
