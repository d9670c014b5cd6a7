import { joinWords, type Transcript, type TranscriptSegment } from '../../transcript/transcript'
import type { WireSegment } from './index'

/** A stretch of the recording that is spoken anew. Times are seconds; segments of one dub never overlap. */
export interface DubSegment {
  start: number
  end: number
  /** What is said there; empty where it is not known. */
  sourceText: string
  /** What is to be said; empty where nobody has translated it yet, or nothing is to be said. */
  text: string
  speaker: string | null
  approved: boolean
}

/** Longer stretches are cut at a word, so that the dub keeps in step. */
const maxSeconds = 12
/** Pauses that a stretch may hold. */
const maxPauseSeconds = 0.6
const sentenceEnd = /[.!?…。！？।]["'”’)]?$/

/** Segments as a client gives them, in order of time. */
export function givenSegments(given: readonly WireSegment[]): DubSegment[] {
  return [...given]
    .sort((a, b) => a.start - b.start)
    .map(({ start, end, text, source_text, speaker, approved }) => ({
      ...{ start, end, text, sourceText: source_text, speaker, approved: approved === true },
    }))
}

/** Whether somebody still has to say what is said there. */
export function isOpen({ text, sourceText, approved }: DubSegment): boolean {
  return text === '' && !approved && (sourceText === '' || /[\p{L}\p{N}]/u.test(sourceText))
}

/**
 * Segments of a transcript: sentences, or parts between pauses, each by one speaker. Where people speak at the same
 * time the later one begins when the first has ended.
 */
export function spokenSegments(transcript: Transcript): DubSegment[] {
  const pieces = transcript.segments
    .flatMap((segment) => splitSegment(segment, transcript.language))
    .filter(({ sourceText }) => /[\p{L}\p{N}]/u.test(sourceText))
    .sort((a, b) => a.start - b.start)
  const ordered: DubSegment[] = []
  for (const piece of pieces) {
    const start = Math.max(piece.start, ordered.at(-1)?.end ?? 0)
    if (piece.end > start) ordered.push({ ...piece, start })
  }
  return ordered
}

function splitSegment(segment: TranscriptSegment, language: string | null): DubSegment[] {
  const { words, speaker } = segment
  const blank = { text: '', speaker, approved: false }
  if (words.length === 0) {
    return [{ ...blank, start: segment.start, end: segment.end, sourceText: segment.text.trim() }]
  }
  const pieces: (typeof words)[] = []
  for (const word of words) {
    const piece = pieces.at(-1)
    const last = piece?.at(-1)
    const ended =
      !piece ||
      !last ||
      sentenceEnd.test(last.text) ||
      word.start - last.end > maxPauseSeconds ||
      word.end - piece[0]!.start > maxSeconds
    if (ended) pieces.push([word])
    else piece.push(word)
  }
  return pieces.map((piece) => ({
    ...blank,
    start: piece[0]!.start,
    end: Math.max(piece.at(-1)!.end, piece[0]!.start + 0.05),
    sourceText: joinWords(
      piece.map(({ text }) => text),
      language,
    ),
  }))
}

export function wireSegment({ start, end, text, sourceText, speaker, approved }: DubSegment): WireSegment {
  return { start: round(start), end: round(end), text, source_text: sourceText, speaker, approved }
}

/** One of the two texts of the segments as a transcript, for subtitles and documents. */
export function transcriptOf(
  segments: readonly DubSegment[],
  side: 'text' | 'sourceText',
  about: Pick<Transcript, 'language' | 'duration' | 'model'>,
): Transcript {
  const spoken = segments.filter((segment) => segment[side] !== '')
  const speakers = [...new Set(spoken.flatMap(({ speaker }) => (speaker === null ? [] : [speaker])))]
  return {
    ...about,
    text: spoken.map((segment) => segment[side]).join(' '),
    segments: spoken.map(({ start, end, speaker, [side]: text }) => ({
      ...{ start, end, speaker, text, words: [], decoding: null },
    })),
    speakers: speakers.map((id) => ({ id: id.slice(0, 40), name: id })),
  }
}

export function round(seconds: number): number {
  return Math.round(seconds * 1e4) / 1e4
}
