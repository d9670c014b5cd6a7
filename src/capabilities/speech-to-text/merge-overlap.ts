/** A word at its place in the recording. */
export interface TimedWord {
  text: string
  /** Seconds. */
  start: number
  end: number
}

/** The stretch of the recording that both windows hold, in seconds. */
export interface Overlap {
  start: number
  end: number
}

/** Words of two windows may be the same word where their middles are this close. */
const SAME_WORD_SECONDS = 0.5

/**
 * Joins the words of two windows that overlap, so that no word of the overlap is lost or comes twice: the longest run of
 * words that both windows agree on (same letters at about the same time) is taken from the earlier window; before it the
 * earlier window is believed, after it the later one, because each hears the other's edge as half a word. Where they agree
 * on nothing, the middle of the overlap decides; where one of them heard nothing there, the other is believed.
 *
 * Both lists are in order of time, and times are seconds in the recording. A pure function.
 */
export function mergeOverlap<Word extends TimedWord>(
  previous: readonly Word[],
  next: readonly Word[],
  overlap: Overlap,
): Word[] {
  const from = firstIndex(previous, (word) => word.end > overlap.start)
  const to = firstIndex(next, (word) => word.start >= overlap.end)
  if (from === previous.length || to === 0) return [...previous, ...next]
  const middle = (overlap.start + overlap.end) / 2
  const run = longestCommonRun(previous.slice(from), next.slice(0, to), middle)
  if (run) return [...previous.slice(0, from + run.previousEnd), ...next.slice(run.nextEnd)]
  return [
    ...previous.slice(
      0,
      firstIndex(previous, (word) => middleOf(word) >= middle),
    ),
    ...next.slice(firstIndex(next, (word) => middleOf(word) >= middle)),
  ]
}

/** Indices behind the run in either list. */
interface CommonRun {
  previousEnd: number
  nextEnd: number
}

/**
 * The longest run of equal words, each counting the less the further apart its two times are (or a word that is said again
 * and again would match itself one later); of equal runs the one that is nearest to `middle`.
 */
function longestCommonRun<Word extends TimedWord>(
  previous: readonly Word[],
  next: readonly Word[],
  middle: number,
): CommonRun | null {
  let best = { previousEnd: 0, nextEnd: 0, score: 0, distance: Infinity }
  let above = new Float64Array(next.length + 1)
  for (const [p, word] of previous.entries()) {
    const row = new Float64Array(next.length + 1)
    for (const [n, other] of next.entries()) {
      const likeness = sameWord(word, other)
      if (likeness === 0) continue
      const score = above[n]! + likeness
      row[n + 1] = score
      const distance = Math.abs(middleOf(word) - middle)
      if (score < best.score || (score === best.score && distance >= best.distance)) continue
      best = { previousEnd: p + 1, nextEnd: n + 1, score, distance }
    }
    above = row
  }
  return best.score > 0 ? best : null
}

/** 1 for the same word at the same time, less the further the times are apart, 0 for two words. */
function sameWord(a: TimedWord, b: TimedWord): number {
  if (letters(a.text) !== letters(b.text)) return 0
  return Math.max(0, 1 - Math.abs(middleOf(a) - middleOf(b)) / SAME_WORD_SECONDS)
}

/** A word without case and punctuation; marks alone stay what they are. */
function letters(text: string): string {
  const plain = text.normalize('NFKC').toLowerCase()
  return plain.replace(/[^\p{L}\p{M}\p{N}]/gu, '') || plain
}

function middleOf(word: TimedWord): number {
  return (word.start + word.end) / 2
}

function firstIndex<Word>(words: readonly Word[], matches: (word: Word) => boolean): number {
  const index = words.findIndex(matches)
  return index < 0 ? words.length : index
}
