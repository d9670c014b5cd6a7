import { joinWords, type Transcript, type TranscriptSegment, type TranscriptWord } from './transcript'

export interface CaptionLayout {
  /** Characters. */
  maxLineLength: number
  maxLines: number
}

/** What broadcasters ask for: two lines of 42 characters (BBC subtitle guidelines, Netflix timed-text style guide). */
export const defaultCaptionLayout: CaptionLayout = { maxLineLength: 42, maxLines: 2 }

/** Text that is on the screen from `start` to `end`, in seconds. */
export interface Caption {
  start: number
  end: number
  lines: string[]
  /** Name of who speaks; null where nobody was told apart. */
  speaker: string | null
}

const maxCaptionSeconds = 7
/** A pause of this length ends a caption. */
const pauseSeconds = 1
const sentenceEnd = /[.!?…。！？]["'”’)]?$/

/**
 * Cuts a transcript into captions: never longer than the layout or seven seconds, ended early at pauses and, once
 * they are half full, at the end of a sentence; lines of a caption are about equally long.
 */
export function captionsOf(transcript: Transcript, layout: CaptionLayout = defaultCaptionLayout): Caption[] {
  const names = new Map(transcript.speakers.map(({ id, name }) => [id, name]))
  return transcript.segments.flatMap((segment) =>
    splitWords(timedWords(segment, transcript.language), layout, transcript.language).map((words) => ({
      start: words[0]!.start,
      end: Math.max(words.at(-1)!.end, words[0]!.start + 0.001),
      lines: wrap(
        words.map(({ text }) => text),
        layout,
        transcript.language,
      ),
      speaker: segment.speaker === null ? null : (names.get(segment.speaker) ?? segment.speaker),
    })),
  )
}

type TimedText = Pick<TranscriptWord, 'text' | 'start' | 'end'>

/** A segment without words is cut at its spaces (or characters) and timed by their lengths. */
function timedWords(segment: TranscriptSegment, language: string | null): TimedText[] {
  if (segment.words.length > 0) return segment.words
  const parts = joinWords(['a', 'b'], language) === 'ab' ? [...segment.text] : segment.text.split(/\s+/)
  const pieces = parts.filter((part) => part.trim().length > 0)
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const secondsPerCharacter = (segment.end - segment.start) / Math.max(1, total)
  let at = segment.start
  return pieces.map((text) => {
    const start = at
    at += text.length * secondsPerCharacter
    return { text, start, end: at }
  })
}

function splitWords(words: TimedText[], layout: CaptionLayout, language: string | null): TimedText[][] {
  const captions: TimedText[][] = []
  let current: TimedText[] = []
  const room = layout.maxLineLength * layout.maxLines
  for (const word of words) {
    const last = current.at(-1)
    const grown = [...current, word].map(({ text }) => text)
    const full =
      greedyLines(grown, layout.maxLineLength, language).length > layout.maxLines ||
      (current[0] !== undefined && word.end - current[0].start > maxCaptionSeconds)
    const ended =
      last !== undefined &&
      (word.start - last.end >= pauseSeconds ||
        (sentenceEnd.test(last.text) && joinWords(grown, language).length > room / 2))
    if (last && (full || ended)) {
      captions.push(current)
      current = []
    }
    current.push(word)
  }
  if (current.length > 0) captions.push(current)
  return captions
}

function greedyLines(words: readonly string[], maxLength: number, language: string | null): string[] {
  const lines: string[] = []
  for (const word of words) {
    const longer = lines.length > 0 ? joinWords([lines.at(-1)!, word], language) : word
    if (lines.length > 0 && longer.length <= maxLength) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

/** As few lines as needed, and among these the narrowest that fit. */
function wrap(words: readonly string[], { maxLineLength }: CaptionLayout, language: string | null): string[] {
  let best = greedyLines(words, maxLineLength, language)
  const longest = Math.max(...words.map(({ length }) => length))
  for (let length = maxLineLength - 1; length >= longest; length--) {
    const lines = greedyLines(words, length, language)
    if (lines.length > best.length) break
    best = lines
  }
  return best
}
