import type { TranscriptSegment } from '~/api/types'

export interface Heard {
  segment: number
  /** Null between words. */
  word: number | null
}

/** A segment stays marked for so long after its last word, in seconds. */
const lingerSeconds = 0.3

/** What is said at a time; null in a pause. Segments and words are in order of time. */
export function heardAt(segments: readonly TranscriptSegment[], seconds: number): Heard | null {
  const index = lastBegun(segments, seconds)
  const segment = segments[index]
  if (!segment || seconds >= segment.end + lingerSeconds) return null
  const word = lastBegun(segment.words, seconds)
  const said = segment.words[word]
  return { segment: index, word: said && seconds < said.end ? word : null }
}

/** −1 where none has begun. */
function lastBegun(stretches: readonly { start: number }[], seconds: number): number {
  let [low, high] = [0, stretches.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (stretches[middle]!.start <= seconds) low = middle + 1
    else high = middle
  }
  return low - 1
}
