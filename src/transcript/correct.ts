import { z } from 'zod'
import { textOf } from './segments'
import {
  transcriptSegmentSchema,
  transcriptSpeakerSchema,
  type Transcript,
  type TranscriptSegment,
  type TranscriptWord,
} from './transcript'

/** What a person sends back: segments with their text; words may be left out, and get their times from before. */
export const transcriptCorrectionSchema = z.strictObject({
  language: z.string().nullable().optional(),
  segments: z.array(
    transcriptSegmentSchema
      .partial({ words: true, speaker: true, decoding: true })
      .refine(({ start, end }) => end >= start, { path: ['end'], error: 'Must not lie before start.' }),
  ),
  speakers: z.array(transcriptSpeakerSchema).optional(),
})
export type TranscriptCorrection = z.output<typeof transcriptCorrectionSchema>

/**
 * Applies a correction. Words of a segment that came without them are matched with the words that were there before
 * (longest common subsequence); those that match keep their times and confidence, new ones share the room between
 * their neighbours.
 */
export function correctTranscript(previous: Transcript, correction: TranscriptCorrection): Transcript {
  const language = correction.language === undefined ? previous.language : correction.language
  const known = previous.segments.flatMap(({ words }) => words)
  const segments = correction.segments
    .map((segment): TranscriptSegment => ({
      ...segment,
      speaker: segment.speaker ?? null,
      decoding: segment.decoding ?? null,
      words: segment.words ?? timedWords(segment, known),
    }))
    .sort((a, b) => a.start - b.start)
  const speakers = correction.speakers ?? previous.speakers
  return {
    ...previous,
    language,
    segments,
    text: textOf(segments, language),
    speakers: named(segments, speakers),
  }
}

/** Every speaker that a segment names has an entry. */
function named(segments: TranscriptSegment[], speakers: Transcript['speakers']): Transcript['speakers'] {
  const ids = new Set(speakers.map(({ id }) => id))
  const added = [...new Set(segments.map(({ speaker }) => speaker))].filter(
    (id): id is string => id !== null && !ids.has(id),
  )
  return [...speakers, ...added.map((id) => ({ id, name: id }))]
}

const nearbySeconds = 0.5

function timedWords(
  { start, end, text }: Pick<TranscriptSegment, 'start' | 'end' | 'text'>,
  known: readonly TranscriptWord[],
): TranscriptWord[] {
  const texts = text.split(/\s+/).filter((part) => part.length > 0)
  const candidates = known.filter(
    (word) => word.end > start - nearbySeconds && word.start < end + nearbySeconds,
  )
  const matches = commonSubsequence(
    texts.map(normalised),
    candidates.map((word) => normalised(word.text)),
  )
  const words = texts.map((part, index): TranscriptWord | string => {
    const match = matches[index]
    return match === undefined || match === null ? part : { ...candidates[match]!, text: part }
  })
  return fillGaps(words, start, end)
}

/** Words without times share what lies between their neighbours by their lengths. */
function fillGaps(words: (TranscriptWord | string)[], start: number, end: number): TranscriptWord[] {
  const filled: TranscriptWord[] = []
  for (let index = 0; index < words.length;) {
    const word = words[index]!
    if (typeof word !== 'string') {
      filled.push(word)
      index++
      continue
    }
    let next = index
    while (typeof words[next] === 'string') next++
    const run = words.slice(index, next) as string[]
    const from = filled.at(-1)?.end ?? start
    const to = Math.max(from, (words[next] as TranscriptWord | undefined)?.start ?? end)
    filled.push(...spread(run, from, to))
    index = next
  }
  return filled
}

function spread(texts: string[], from: number, to: number): TranscriptWord[] {
  const total = texts.reduce((sum, { length }) => sum + length, 0)
  let at = from
  return texts.map((text) => {
    const start = at
    at += ((to - from) * text.length) / total
    return { text, start, end: at, confidence: 1 }
  })
}

function normalised(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
}

/** For every element of `a` the index of its partner in `b`, or null. */
export function commonSubsequence(a: readonly string[], b: readonly string[]): (number | null)[] {
  const width = b.length + 1
  const lengths = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!)
    }
  }
  const partners: (number | null)[] = a.map(() => null)
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) partners[i++] = j++
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++
    else j++
  }
  return partners
}
