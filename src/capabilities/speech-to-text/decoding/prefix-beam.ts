import { nthLargest } from './beam-store'
import { logAdd, type Emissions } from './emissions'
import { wordsOfTokens } from './greedy'
import type { Hypothesis } from './hypothesis'
import type { Keyterms } from './keyterms'
import type { Pace } from './pacing'
import { createPrefixTree, type PrefixTree } from './prefix-tree'
import type { TokenSet } from './token-set'
import type { WordModel } from './word-model'

/**
 * CTC prefix beam search without a lexicon (Graves; Hannun et al., "First-Pass Large Vocabulary Continuous Speech
 * Recognition using Bi-Directional Recurrent DNNs", 2014), with a word n-gram model and keyterms as in pyctcdecode:
 * the probabilities of all frame paths of a text are summed. The open word is scored by the best word that it may become,
 * or as unknown once there is none; the final score is pyctcdecode's.
 */
export interface PrefixBeamOptions {
  beamSize: number
  /** Texts whose score is below the best one's by more (natural log) are dropped. pyctcdecode: 10. */
  beamThreshold: number
  /** Tokens less probable than this in a frame are not tried there (natural log). pyctcdecode: −5. */
  tokenThreshold: number
  /** Factor of the language model's natural log (pyctcdecode's alpha). */
  lmWeight: number
  /** Added for every word that the language model scores (pyctcdecode's beta). */
  wordScore: number
  /** Added for a word that the language model does not know (natural log, not weighted). */
  unknownScore: number
}

/** What a text is judged by besides the sound. */
export interface TextScores {
  lm: WordModel | null
  keyterms: Keyterms | null
}

export async function decodePrefixBeam(
  emissions: Emissions,
  tokenSet: TokenSet,
  scores: TextScores,
  options: PrefixBeamOptions,
  pace: Pace,
): Promise<Hypothesis> {
  const tree = createPrefixTree(tokenSet, scores, options)
  const search = createSearch(emissions, tokenSet, tree, options)
  for (let frame = 0; frame < emissions.frames; frame++) {
    search.step(frame)
    if (pace.due()) await pace.rest()
  }
  const best = search.finish()
  return { words: wordsOfTokens(tree.tokens(best.node), tokenSet), score: best.score }
}

/** Log-probabilities of a text: of the paths that end in a blank, and of those that end in its last token. */
interface Front {
  count: number
  node: Int32Array
  blank: Float64Array
  token: Float64Array
}

function createFront(capacity: number): Front {
  return {
    count: 0,
    node: new Int32Array(capacity),
    blank: new Float64Array(capacity),
    token: new Float64Array(capacity),
  }
}

function createSearch(
  emissions: Emissions,
  tokenSet: TokenSet,
  tree: PrefixTree,
  options: PrefixBeamOptions,
) {
  const { logProbs, tokens: width } = emissions
  const { blank, delimiter } = tokenSet
  const capacity = options.beamSize * (width + 1)
  let now = createFront(capacity)
  let next = createFront(capacity)
  const totals = new Float64Array(capacity)
  const scratch = new Float64Array(capacity)
  now.count = 1
  now.blank[0] = 0
  now.token[0] = -Infinity

  /** The row of a text in the next frame, made empty when it is new. */
  const rowOf = (node: number): number => {
    const known = tree.row(node)
    if (known >= 0 && known < next.count && next.node[known] === node) return known
    const row = next.count++
    tree.setRow(node, row)
    next.node[row] = node
    next.blank[row] = -Infinity
    next.token[row] = -Infinity
    return row
  }
  const extend = (row: number, at: number, token: number): void => {
    const node = now.node[row]!
    const [ofBlank, ofToken] = [now.blank[row]!, now.token[row]!]
    const said = logProbs[at + token]!
    const last = tree.token(node)
    if (token === blank) {
      const to = rowOf(node)
      next.blank[to] = logAdd(next.blank[to]!, logAdd(ofBlank, ofToken) + said)
    } else if (token === delimiter && (node === 0 || last === delimiter)) {
      // Further delimiters, and those before the first word, write nothing.
      const to = rowOf(node)
      next.token[to] = logAdd(next.token[to]!, logAdd(ofBlank, ofToken) + said)
    } else {
      if (token === last) {
        const same = rowOf(node)
        next.token[same] = logAdd(next.token[same]!, ofToken + said)
      }
      const source = token === last ? ofBlank : logAdd(ofBlank, ofToken)
      if (source === -Infinity) return
      const to = rowOf(tree.child(node, token))
      next.token[to] = logAdd(next.token[to]!, source + said)
    }
  }
  const prune = (): void => {
    let best = -Infinity
    for (let row = 0; row < next.count; row++) {
      totals[row] = logAdd(next.blank[row]!, next.token[row]!) + tree.bonus(next.node[row]!)
      if (totals[row]! > best) best = totals[row]!
    }
    scratch.set(totals.subarray(0, next.count))
    const nth = next.count > options.beamSize ? nthLargest(scratch, next.count, options.beamSize) : -Infinity
    const cutoff = Math.max(best - options.beamThreshold, nth)
    let kept = 0
    for (let row = 0; row < next.count && kept < options.beamSize; row++) {
      if (totals[row]! < cutoff) continue
      next.node[kept] = next.node[row]!
      next.blank[kept] = next.blank[row]!
      next.token[kept] = next.token[row]!
      kept++
    }
    next.count = kept
  }

  return {
    step(frame: number): void {
      const at = frame * width
      let likeliest = 0
      for (let token = 1; token < width; token++) {
        if (logProbs[at + token]! > logProbs[at + likeliest]!) likeliest = token
      }
      next.count = 0
      for (let token = 0; token < width; token++) {
        if (token !== likeliest && logProbs[at + token]! < options.tokenThreshold) continue
        for (let row = 0; row < now.count; row++) extend(row, at, token)
      }
      prune()
      ;[now, next] = [next, now]
    },
    /** The best text once its last word is complete; texts that differ in a last delimiter only count as one. */
    finish(): { node: number; score: number } {
      const sums = new Map<number, number>()
      for (let row = 0; row < now.count; row++) {
        const node = tree.withoutDelimiter(now.node[row]!)
        const score = logAdd(now.blank[row]!, now.token[row]!)
        sums.set(node, logAdd(sums.get(node) ?? -Infinity, score))
      }
      let best = { node: 0, score: -Infinity }
      for (const [node, sum] of sums) {
        const score = sum + tree.finalBonus(node)
        if (score > best.score) best = { node, score }
      }
      return best
    },
  }
}
