import { alignGraph } from './alignment'
import { createAlignmentGraph, type AlignmentGraphOptions } from './alignment-graph'
import type { Emissions } from './emissions'

/** Where a word lies: frames `start` ≤ f < `end`, and how sure the network is of it, 0–1. */
export interface WordSpan {
  start: number
  end: number
  confidence: number
}

export interface WordAlignmentOptions extends AlignmentGraphOptions {
  /**
   * Blank frames that are counted to the word before them, at most: CTC networks say a token in a frame or two and
   * are blank for the rest of its sound.
   */
  tailFrames: number
}

/**
 * Finds the frames of words that were said one after another: of a decoder's hypothesis (one spelling each), or of a
 * given script. Never fails: where the frames are too few the words share them evenly, with confidence 0.
 *
 * @param words For every word its spellings as tokens; none: any sound.
 */
export function alignWords(
  emissions: Emissions,
  words: readonly (readonly ArrayLike<number>[])[],
  options: WordAlignmentOptions,
): WordSpan[] {
  if (words.length === 0) return []
  const graph = createAlignmentGraph(words, options)
  const path = alignGraph(emissions, graph)
  if (!path) return evenSpans(words.length, emissions.frames)
  const spans = words.map(() => ({ start: -1, end: 0, confidence: 0 }))
  const sounds = createConfidence(emissions, words.length)
  for (const [frame, state] of path.entries()) {
    const span = spans[graph.word[state]!]
    if (!span) continue
    if (span.start < 0) span.start = frame
    span.end = frame + 1
    sounds.add(graph.word[state]!, state, frame, graph.token[state]!)
  }
  for (const [index, span] of spans.entries()) {
    span.confidence = sounds.of(index)
    span.end += blankTail(path, graph, span.end, options)
  }
  return spans
}

/** Blank frames after a word's last token. */
function blankTail(
  path: Int32Array,
  graph: { token: Int32Array },
  from: number,
  options: WordAlignmentOptions,
): number {
  let tail = 0
  while (
    tail < options.tailFrames &&
    from + tail < path.length &&
    graph.token[path[from + tail]!] === options.blank
  ) {
    tail++
  }
  return tail
}

/** The mean over a word's tokens of the probability that the network gives each in its best frame. */
function createConfidence(emissions: Emissions, words: number) {
  const sums = new Float64Array(words)
  const counts = new Int32Array(words)
  let current = -1
  let best = 0
  let owner = -1
  const close = () => {
    if (owner >= 0) {
      sums[owner]! += best
      counts[owner]!++
    }
  }
  return {
    add(word: number, state: number, frame: number, token: number): void {
      if (state !== current) {
        close()
        current = state
        owner = word
        best = 0
      }
      const logProb = token < 0 ? -Infinity : emissions.logProbs[frame * emissions.tokens + token]!
      best = Math.max(best, Math.exp(logProb))
    },
    of(word: number): number {
      close()
      owner = -1
      return counts[word] === 0 ? 0 : sums[word]! / counts[word]!
    },
  }
}

function evenSpans(words: number, frames: number): WordSpan[] {
  return Array.from({ length: words }, (_, index) => ({
    start: Math.floor((index * frames) / words),
    end: Math.floor(((index + 1) * frames) / words),
    confidence: 0,
  }))
}
