import { createTimeMap, type AppliedEdit } from '../audio/edit-list'
import { joinWords, type Transcript, type TranscriptSegment, type TranscriptWord } from './transcript'

/** A word belongs to an edit that covers at least this share of it. */
const coveredShare = 0.5
const replacements = { mute: '[muted]', bleep: '[bleep]' } as const

/**
 * The transcript of an edited recording: cut words are gone, muted and bleeped ones are replaced by `[muted]` and
 * `[bleep]` (one for words in a row, with the punctuation of the last), and all times are the output's.
 *
 * @param edits As they were carried out, in order of time.
 * @param recording Rate of the edits' frames, and the output's length.
 */
export function editTranscript(
  transcript: Transcript,
  edits: readonly AppliedEdit[],
  recording: { sampleRateHz: number; durationSeconds: number },
): Transcript {
  const { sampleRateHz, durationSeconds } = recording
  const map = createTimeMap(edits)
  const moved = (seconds: number) =>
    Math.min(durationSeconds, roundTime(map.toOutput(seconds * sampleRateHz) / sampleRateHz))
  const editOf = createEditLookup(edits, sampleRateHz)
  const segments = transcript.segments.flatMap((segment) => {
    const edited = editSegment(segment, transcript.language, editOf)
    if (!edited) return []
    const words = edited.words.map((word) => ({ ...word, start: moved(word.start), end: moved(word.end) }))
    return [{ ...edited, words, start: moved(segment.start), end: moved(segment.end) }]
  })
  return { ...transcript, duration: durationSeconds, segments, text: textOf(transcript, segments) }
}

type EditLookup = (span: { start: number; end: number }) => AppliedEdit | null

/** Null where nothing is left of it. */
function editSegment(
  segment: TranscriptSegment,
  language: string | null,
  editOf: EditLookup,
): TranscriptSegment | null {
  if (segment.words.length === 0) return editUntimed(segment, editOf)
  const edits = segment.words.map(editOf)
  if (edits.every((edit) => edit === null)) return segment
  const words: TranscriptWord[] = []
  segment.words.forEach((word, index) => {
    const edit = edits[index] ?? null
    if (edit === null) words.push(word)
    else if (edit.action !== 'cut') {
      const before = index > 0 && edits[index - 1] === edit ? words.pop() : undefined
      words.push({ ...word, start: before?.start ?? word.start, text: markerOf(edit.action, word.text) })
    }
  })
  if (words.length === 0) return null
  return {
    ...segment,
    words,
    text: joinWords(
      words.map(({ text }) => text),
      language,
    ),
  }
}

/** A segment without word times is taken as a whole. */
function editUntimed(segment: TranscriptSegment, editOf: EditLookup): TranscriptSegment | null {
  const edit = editOf(segment)
  if (edit === null) return segment
  return edit.action === 'cut' ? null : { ...segment, text: markerOf(edit.action, segment.text) }
}

function markerOf(action: 'mute' | 'bleep', text: string): string {
  return replacements[action] + (/[\p{P}]+$/u.exec(text)?.[0] ?? '')
}

/** The edit that covers a span, if there is one; by bisection. */
function createEditLookup(edits: readonly AppliedEdit[], sampleRateHz: number): EditLookup {
  return ({ start, end }) => {
    const first = start * sampleRateHz
    const last = Math.max(end * sampleRateHz, first + 1)
    let low = 0
    for (let high = edits.length; low < high;) {
      const middle = (low + high) >> 1
      if (edits[middle]!.endFrame <= first) low = middle + 1
      else high = middle
    }
    let strongest: { edit: AppliedEdit; frames: number } | null = null
    let covered = 0
    for (let index = low; index < edits.length && edits[index]!.startFrame < last; index++) {
      const edit = edits[index]!
      const frames = Math.min(last, edit.endFrame) - Math.max(first, edit.startFrame)
      covered += frames
      if (frames > (strongest?.frames ?? 0)) strongest = { edit, frames }
    }
    return covered >= coveredShare * (last - first) ? (strongest?.edit ?? null) : null
  }
}

/** The text keeps its form where no word has changed. */
function textOf(before: Transcript, segments: readonly TranscriptSegment[]): string {
  const same =
    segments.length === before.segments.length &&
    segments.every(({ text }, index) => text === before.segments[index]!.text)
  if (same) return before.text
  return joinWords(
    segments.map(({ text }) => text),
    before.language,
  )
}

function roundTime(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
