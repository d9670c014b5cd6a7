import type { AlignmentGraph } from './alignment-graph'
import type { Emissions } from './emissions'

/**
 * The most probable way of all frames through a graph (Viterbi): the state of every frame. Null where the frames are too
 * few for any way. Over the graph of one token sequence this is torchaudio's `forced_align`.
 */
export function alignGraph(emissions: Emissions, graph: AlignmentGraph): Int32Array | null {
  const { logProbs, frames, tokens: width } = emissions
  const { states, token, sourceFirst, sources, begins, ends } = graph
  if (frames === 0 || states === 0) return null
  let scores = new Float64Array(states).fill(-Infinity)
  let after = new Float64Array(states)
  // Which source (by its place in the row) each state of each frame came from; 255: from itself.
  const origins = new Uint8Array(frames * states)
  const wildcard = wildcardScores(emissions, graph)
  const emission = (frame: number, state: number) =>
    token[state]! < 0 ? wildcard[frame]! : logProbs[frame * width + token[state]!]!

  for (const state of begins) scores[state] = emission(0, state)
  for (let frame = 1; frame < frames; frame++) {
    for (let state = 0; state < states; state++) {
      let best = scores[state]!
      let origin = STAY
      for (let row = sourceFirst[state]!; row < sourceFirst[state + 1]!; row++) {
        if (scores[sources[row]!]! > best) {
          best = scores[sources[row]!]!
          origin = row - sourceFirst[state]!
        }
      }
      after[state] = best === -Infinity ? best : best + emission(frame, state)
      origins[frame * states + state] = origin
    }
    ;[scores, after] = [after, scores]
  }

  let state = -1
  for (const end of ends) if (scores[end]! > (state < 0 ? -Infinity : scores[state]!)) state = end
  if (state < 0) return null
  const path = new Int32Array(frames)
  for (let frame = frames - 1; frame >= 0; frame--) {
    path[frame] = state
    const origin = origins[frame * states + state]!
    if (frame > 0 && origin !== STAY) state = sources[sourceFirst[state]! + origin]!
  }
  return path
}

const STAY = 255

/** A wildcard is said as well as the best real token, less a little, so that known words win their frames. */
const WILDCARD_PENALTY = 1

function wildcardScores(emissions: Emissions, graph: AlignmentGraph): Float32Array {
  const { logProbs, frames, tokens: width } = emissions
  const scores = new Float32Array(graph.token.some((token) => token < 0) ? frames : 0)
  for (let frame = 0; frame < scores.length; frame++) {
    let best = -Infinity
    for (let token = 0; token < width; token++) {
      if (token !== graph.blank && logProbs[frame * width + token]! > best)
        best = logProbs[frame * width + token]!
    }
    scores[frame] = best - WILDCARD_PENALTY
  }
  return scores
}
