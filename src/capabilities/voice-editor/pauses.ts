import type { RecordingProfile } from './recording-profile'

/** Seconds from the beginning of the recording. */
export interface Span {
  start: number
  end: number
}

/** Where between the quiet and the loud parts of a recording speech begins. */
const thresholdShare = 0.3
/** Speech is not more than this below the loud parts, however quiet the room is. */
const speechRangeDb = 40
/** A recording with less between its quiet and its loud parts has no pauses, or nothing but pauses. */
const leastRangeDb = 10
/** A louder moment shorter than this is a click or a breath, not a word. */
const shortestWordSeconds = 0.06

/**
 * Stretches of at least `minSeconds` in which nobody speaks, found by level alone: no model is needed, and a
 * transcript adds what it knows.
 *
 * @param words Spans that are speech, however quiet.
 */
export function findPauses(profile: RecordingProfile, minSeconds: number, words: readonly Span[]): Span[] {
  if (profile.loudDb - profile.quietDb < leastRangeDb) return []
  const pieceSeconds = profile.levelFrames / profile.sampleRateHz
  const end = profile.frames / profile.sampleRateHz
  const spoken = [
    ...loudSpans(profile, pieceSeconds).filter((span) => span.end - span.start >= shortestWordSeconds),
    ...words,
  ].sort((a, b) => a.start - b.start)
  const pauses: Span[] = []
  let from = 0
  for (const span of [...spoken, { start: end, end }]) {
    if (span.start - from >= minSeconds) pauses.push({ start: from, end: span.start })
    from = Math.max(from, span.end)
  }
  return pauses
}

/** What to cut so that `keepSeconds` are left of each longer pause, half at either side. */
export function pauseCuts(pauses: readonly Span[], keepSeconds: number): Span[] {
  return pauses
    .filter(({ start, end }) => end - start > keepSeconds)
    .map(({ start, end }) => ({ start: start + keepSeconds / 2, end: end - keepSeconds / 2 }))
}

function loudSpans({ levelsDb, quietDb, loudDb }: RecordingProfile, pieceSeconds: number): Span[] {
  const threshold = Math.max(quietDb + thresholdShare * (loudDb - quietDb), loudDb - speechRangeDb)
  const spans: Span[] = []
  levelsDb.forEach((level, index) => {
    if (level < threshold) return
    const last = spans.at(-1)
    const start = index * pieceSeconds
    if (last && index > 0 && levelsDb[index - 1]! >= threshold) last.end = start + pieceSeconds
    else spans.push({ start, end: start + pieceSeconds })
  })
  return spans
}
