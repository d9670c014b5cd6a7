import type { SpokenWord } from './utterance'

const conjunctions = new Set([
  'and',
  'but',
  'or',
  'because',
  'which',
  'that',
  'who',
  'while',
  'when',
  'where',
  'if',
  'so',
  'although',
  'since',
  'until',
  'after',
  'before',
  'with',
])

/**
 * Parts of a sentence of at most so many spoken characters, at clauses where there are any: each part but the last ends
 * with a boundary.
 */
export function splitLong(words: readonly SpokenWord[], limit: number): SpokenWord[][] {
  const parts: SpokenWord[][] = []
  let rest = words
  for (;;) {
    const size = fitting(rest, limit)
    if (size === rest.length) break
    const cut = bestCut(rest, size)
    const part = rest.slice(0, cut)
    const last = part.at(-1)!
    parts.push([...part.slice(0, -1), last.boundary === 'none' ? { ...last, boundary: 'minor' } : last])
    rest = rest.slice(cut)
  }
  parts.push([...rest])
  return parts
}

function fitting(words: readonly SpokenWord[], limit: number): number {
  let length = 0
  for (const [index, { spoken }] of words.entries()) {
    length += spoken.length + 1
    if (length > limit && index > 0) return index
  }
  return words.length
}

/** Behind the last boundary of the second half of what fits, or before a conjunction there, or where it is full. */
function bestCut(words: readonly SpokenWord[], size: number): number {
  const half = Math.ceil(size / 2)
  for (let cut = size; cut >= half; cut--) if (words[cut - 1]!.boundary !== 'none') return cut
  for (let cut = size; cut >= half; cut--) if (conjunctions.has(words[cut]!.spoken.toLowerCase())) return cut
  return size
}
