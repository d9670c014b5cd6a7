import type { PlacedSpeech } from './place'
import type { DubSegment } from './segments'

/** Something that is not as one would wish, in a segment or the whole. */
export interface Warning {
  /** Index of the segment; null for the whole dub. */
  segment: number | null
  code: 'too_long' | 'runs_over' | 'too_short' | 'voice_too_short' | 'previous_gone'
  message: string
}

/** Overruns that nobody minds. */
const tolerableSeconds = 0.15
/** Speech that fills less of its segment leaves a gap that one sees. */
const shortestShare = 0.5

export function warningsOf(segments: readonly DubSegment[], placed: readonly PlacedSpeech[]): Warning[] {
  return placed.flatMap(({ index, fit }): Warning[] => {
    const { start, end } = segments[index]!
    const slot = end - start
    const { lostSeconds, overrunSeconds, filled } = fit
    if (lostSeconds > 0) {
      const share = Math.ceil((100 * lostSeconds) / (lostSeconds + slot + overrunSeconds))
      return [
        {
          ...{ segment: index, code: 'too_long' },
          message: `The last ${lostSeconds.toFixed(2)} s are not heard, as the next segment begins there. Shorten the text by ${share} %.`,
        },
      ]
    }
    if (overrunSeconds > tolerableSeconds) {
      const message = `The dub goes on for ${overrunSeconds.toFixed(2)} s after the original has ended.`
      return [{ segment: index, code: 'runs_over', message }]
    }
    if (filled < shortestShare) {
      const message = 'The dub is much shorter than the original: somebody is seen speaking and not heard.'
      return [{ segment: index, code: 'too_short', message }]
    }
    return []
  })
}
