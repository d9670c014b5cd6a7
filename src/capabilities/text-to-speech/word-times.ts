import { segmentsOf, textOf, type PlacedWord } from '../../transcript/segments'
import type { Transcript, TranscriptSegment } from '../../transcript/transcript'
import type { SpokenWord } from '../../text/utterance'
import type { WordSpan } from './voice-model'

/** Collects when each word of the text is said. */
export interface WordTimes {
  /** @param from Seconds at which the piece begins. */
  add(words: readonly SpokenWord[], spans: readonly WordSpan[], from: number): void
  /** Words as written so far: “$5” is one. */
  count(): number
  transcript(duration: number, model: { id: string; version: string }): Transcript
}

export function createWordTimes(language: string): WordTimes {
  const segments: TranscriptSegment[] = []
  let count = 0
  return {
    add(words, spans, from) {
      const placed: PlacedWord[] = []
      for (const [index, word] of words.entries()) {
        const span = spans[index]!
        const last = placed.at(-1)
        const [start, end] = [milliseconds(from + span.start), milliseconds(from + span.end)]
        // Further words of an expansion belong to what is written for all of them.
        if (word.written === '' && last) last.end = Math.max(last.end, end)
        else {
          const text = word.written || word.spoken
          placed.push({
            text,
            start,
            end: Math.max(start, end),
            confidence: 1,
            speaker: null,
            decoding: null,
          })
        }
      }
      count += placed.length
      segments.push(...segmentsOf(placed, language))
    },
    count: () => count,
    transcript: (duration, { id, version }) => ({
      language,
      duration: milliseconds(duration),
      text: textOf(segments, language),
      segments,
      speakers: [],
      model: { id, version },
    }),
  }
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
