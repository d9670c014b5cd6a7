import type { WordSpan } from '../voice-model'

/** Where a decoder looked while it spoke: the symbol with the largest weight, frame by frame. */
export interface AttentionPath {
  positions: readonly number[]
  symbols: number
  secondsPerFrame: number
}

export type AttentionFault = 'stuck' | 'went back' | 'skipped' | 'end not reached'

const longestSymbolSeconds = 1
/** Punctuation and silences may last longer. */
const longestPauseSeconds = 1.6
const backSymbols = 3
const backSeconds = 0.06
const skippedSymbols = 4
/** The end mark and the punctuation before it carry no sound of their own. */
const tailSymbols = 3

/**
 * What is wrong with the way that attention took through the text. It should go forward symbol by symbol, stay nowhere
 * for long, and arrive; where it does not, words are repeated, drawled, lost or cut off.
 *
 * @param silent Whether a symbol is a pause or a mark.
 */
export function attentionFaults(
  { positions, symbols, secondsPerFrame }: AttentionPath,
  silent: (symbol: number) => boolean,
): AttentionFault[] {
  const faults = new Set<AttentionFault>()
  let furthest = 0
  let stay = 0
  let back = 0
  for (const [frame, position] of positions.entries()) {
    stay = frame > 0 && position === positions[frame - 1] ? stay + 1 : 1
    const limit = silent(position) ? longestPauseSeconds : longestSymbolSeconds
    if (stay * secondsPerFrame > limit) faults.add('stuck')
    back = furthest - position >= backSymbols ? back + 1 : 0
    if (back * secondsPerFrame > backSeconds) faults.add('went back')
    if (position - furthest >= skippedSymbols) faults.add('skipped')
    furthest = Math.max(furthest, position)
  }
  if (furthest < symbols - 1 - tailSymbols) faults.add('end not reached')
  return [...faults]
}

/** When each range of symbols is said: from the frame that first reaches it to the one that first leaves it behind. */
export function spansOf(
  { positions, secondsPerFrame }: AttentionPath,
  ranges: readonly { start: number; end: number }[],
): WordSpan[] {
  /** First frame at or after which attention is at `symbol` or further. */
  const reached = (symbol: number) => {
    const frame = positions.findIndex((position) => position >= symbol)
    return frame < 0 ? positions.length : frame
  }
  let last = 0
  return ranges.map((range) => {
    const start = Math.max(last, reached(range.start))
    const end = Math.max(start, reached(range.end))
    last = end
    return { start: start * secondsPerFrame, end: end * secondsPerFrame }
  })
}
