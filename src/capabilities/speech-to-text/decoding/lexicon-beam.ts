import { createBeam, createCandidates, createWordTrace } from './beam-store'
import type { Emissions } from './emissions'
import type { DecodedWord, Hypothesis, Topology } from './hypothesis'
import type { Lexicon } from './lexicon'
import { createLexiconTree, type LexiconTree } from './lexicon-tree'
import type { NgramModel } from './ngram-model'
import type { Pace } from './pacing'

/**
 * Beam search over the words of a lexicon with an n-gram model, after Flashlight's lexicon decoder (what torchaudio's
 * `ctc_decoder` runs): hypotheses walk down a tree of spellings, are scored ahead by the best unigram below a node,
 * and are joined (the better one stays) when node, language model state and last token are the same.
 *
 * It goes beyond Flashlight in one point: the last token of a word may last several frames. Flashlight expects every
 * spelling to end with the delimiter, which may; with such spellings both give the same scores.
 */
export interface LexiconBeamOptions {
  topology: Topology
  /** −1 where the network has none. */
  blank: number
  /** Token that may stand before, between and after words: silence, or the word delimiter. −1: none. */
  silence: number
  beamSize: number
  /** Hypotheses that are worse than the best by more (natural log) are dropped. */
  beamThreshold: number
  /** Factor of the language model's natural log. */
  lmWeight: number
  /** Added for every word. */
  wordScore: number
  /** Added for every frame of silence. */
  silenceScore: number
}

export interface LexiconDecoder {
  /** @param terms Words and phrases to prefer, with all that the lexicon lacks; see `termEntries`. */
  decode(emissions: Emissions, pace: Pace, terms?: readonly PhraseEntry[]): Promise<Hypothesis>
  bytes: number
}

/** A phrase with the spelling of each of its words, and what is added when it is said. */
export interface PhraseEntry {
  /** As the language model knows them. */
  words: readonly string[]
  /** As they shall be written. */
  texts: readonly string[]
  spellings: readonly ArrayLike<number>[]
  bonus: number
}

export function createLexiconDecoder(
  lexicon: Lexicon,
  lm: NgramModel | null,
  options: LexiconBeamOptions,
): LexiconDecoder {
  const entries = lexicon.texts.map((text, index) => {
    const words = [text]
    return { words, texts: words, spellings: [lexicon.spellings[index]!], bonus: 0 }
  })
  const tree = createLexiconTree(entries, lm, options)
  return {
    bytes: tree.bytes + (lm?.bytes ?? 0),
    async decode(emissions, pace, terms = []) {
      const trees = terms.length === 0 ? [tree] : [tree, createLexiconTree(terms, lm, options)]
      const search = createSearch(trees, lm, options, emissions)
      for (let frame = 0; frame < emissions.frames; frame++) {
        search.step(frame)
        if (pace.due()) await pace.rest()
      }
      return search.finish()
    },
  }
}

/** Last token of a hypothesis that may go on with any token: after a blank or silence. */
const FREE = -1

/** The children of a tree's root in the order of what they can bring in a frame. */
interface RootRows {
  count: number
  rows: Int32Array
  /** By row: no hypothesis gains more by beginning with this child. */
  gains: Float64Array
  sort(logProbs: Float32Array, at: number): void
}

function createRootRows(tree: LexiconTree, options: LexiconBeamOptions): RootRows {
  const count = tree.childFirst[1]!
  const rows = Int32Array.from({ length: count }, (_, row) => row)
  const gains = new Float64Array(count)
  const bounds = Float64Array.from({ length: count }, (_, row) => {
    const child = tree.childNode[row]!
    let bound = tree.childFirst[child]! < tree.childFirst[child + 1]! ? tree.ahead[child]! : -Infinity
    for (let entry = tree.entryFirst[child]!; entry < tree.entryFirst[child + 1]!; entry++) {
      bound = Math.max(bound, tree.bound[tree.phraseOf[tree.entries[entry]!]!]!)
    }
    return bound + (tree.childToken[row] === options.silence ? Math.max(0, options.silenceScore) : 0)
  })
  return {
    count,
    rows,
    gains,
    sort(logProbs, at) {
      for (let row = 0; row < count; row++) gains[row] = bounds[row]! + logProbs[at + tree.childToken[row]!]!
      rows.sort((a, b) => gains[b]! - gains[a]!)
    },
  }
}

/**
 * One utterance. A hypothesis stands at the root (between words; node 0) or at a node of one of the trees; the nodes of
 * the second tree are numbered after those of the first.
 */
function createSearch(
  trees: readonly LexiconTree[],
  lm: NgramModel | null,
  options: LexiconBeamOptions,
  emissions: Emissions,
) {
  const { logProbs, tokens: width } = emissions
  const { blank, silence, lmWeight, wordScore, silenceScore } = options
  const ctc = options.topology === 'ctc'
  const candidates = createCandidates(options.beamSize, options.beamThreshold)
  const trace = createWordTrace()
  const beam = createBeam(options.beamSize)
  const offset = trees[0]!.nodes
  const phraseOffset = trees[0]!.phrases.length
  const roots = trees.map((tree) => createRootRows(tree, options))

  /** Goes down from a hypothesis at an inner `node` of a tree whose numbers begin at `base`. */
  const descend = (tree: LexiconTree, base: number, index: number, node: number, at: number): void => {
    const { childFirst, childToken, childNode, ahead } = tree
    const [score, last] = [beam.score[index]!, beam.last[index]!]
    const [state, history] = [beam.lm[index]!, beam.trace[index]!]
    const behind = ahead[node]!
    const floor = candidates.floor()
    for (let row = childFirst[node]!; row < childFirst[node + 1]!; row++) {
      const token = childToken[row]!
      if (ctc && token === last) continue
      const child = childNode[row]!
      const said = score + logProbs[at + token]! + (token === silence ? silenceScore : 0) - behind
      if (childFirst[child]! < childFirst[child + 1]! && said + ahead[child]! >= floor) {
        candidates.put(said + ahead[child]!, base + child, token, state, history, -1)
      }
      endPhrases(tree, child, said, token, state, history)
    }
  }
  /** The same from the root, where many hypotheses meet the same children: the best children first, as far as they count. */
  const begin = (tree: LexiconTree, base: number, index: number, at: number, roots: RootRows): void => {
    const [score, last] = [beam.score[index]!, beam.last[index]!]
    const [state, history] = [beam.lm[index]!, beam.trace[index]!]
    for (let place = 0; place < roots.count; place++) {
      const row = roots.rows[place]!
      const token = tree.childToken[row]!
      if (score + roots.gains[row]! < candidates.floor()) break
      if (ctc && token === last) continue
      const child = tree.childNode[row]!
      const said = score + logProbs[at + token]! + (token === silence ? silenceScore : 0)
      if (tree.childFirst[child]! < tree.childFirst[child + 1]!) {
        candidates.put(said + tree.ahead[child]!, base + child, token, state, history, -1)
      }
      endPhrases(tree, child, said, token, state, history)
    }
  }
  const endPhrases = (
    tree: LexiconTree,
    child: number,
    said: number,
    token: number,
    state: number,
    history: number,
  ): void => {
    for (let entry = tree.entryFirst[child]!; entry < tree.entryFirst[child + 1]!; entry++) {
      const phrase = tree.phraseOf[tree.entries[entry]!]!
      if (said + tree.bound[phrase]! < candidates.floor()) continue
      let score = said + tree.phrases[phrase]!.bonus
      let before = state
      let after = state
      for (let row = tree.wordFirst[phrase]!; row < tree.wordFirst[phrase + 1]!; row++) {
        const word = tree.words[row]!
        before = row === tree.wordFirst[phrase] ? state : lm ? lm.next(before, tree.words[row - 1]!) : 0
        score += wordScore + (lm ? lmWeight * lm.score(before, word) : 0)
      }
      if (score < candidates.floor()) continue
      if (lm) after = lm.next(before, tree.words[tree.wordFirst[phrase + 1]! - 1]!)
      const last = token === silence ? FREE : token
      candidates.put(score, 0, last, after, history, tree === trees[0] ? phrase : phraseOffset + phrase)
    }
  }
  /** Stays where a hypothesis is: the same token again, silence, or a blank. */
  const stay = (index: number, at: number): void => {
    const [score, node, last] = [beam.score[index]!, beam.node[index]!, beam.last[index]!]
    const put = (by: number, symbol: number) =>
      candidates.put(score + by, node, symbol, beam.lm[index]!, beam.trace[index]!, -1)
    if (last !== FREE) put(logProbs[at + last]!, last)
    if (node === 0 && silence >= 0) put(logProbs[at + silence]! + silenceScore, FREE)
    if (ctc && blank >= 0) put(logProbs[at + blank]!, FREE)
  }

  beam.count = 1
  beam.last[0] = FREE
  beam.lm[0] = lm?.start ?? 0
  return {
    step(frame: number): void {
      const at = frame * width
      candidates.clear()
      for (const rows of roots) rows.sort(logProbs, at)
      for (let index = 0; index < beam.count; index++) {
        const node = beam.node[index]!
        stay(index, at)
        if (node === 0) {
          begin(trees[0]!, 0, index, at, roots[0]!)
          if (trees[1]) begin(trees[1], offset, index, at, roots[1]!)
        } else if (node < offset) descend(trees[0]!, 0, index, node, at)
        else descend(trees[1]!, offset, index, node - offset, at)
      }
      candidates.take(beam)
      for (let index = 0; index < beam.count; index++) {
        if (beam.ended[index]! >= 0) beam.trace[index] = trace.add(beam.trace[index]!, beam.ended[index]!)
      }
    },
    /** The best hypothesis that stands between words; where there is none, the best one without its open word. */
    finish(): Hypothesis {
      let best = -1
      let bestScore = -Infinity
      let whole = false
      for (let index = 0; index < beam.count; index++) {
        const ends = beam.node[index] === 0
        const score = beam.score[index]! + (ends && lm ? lmWeight * lm.finish(beam.lm[index]!) : 0)
        if ((ends && !whole) || (ends === whole && score > bestScore)) {
          best = index
          bestScore = score
          whole = ends
        }
      }
      if (best < 0) return { words: [], score: -Infinity }
      const words = trace.phrases(beam.trace[best]!).flatMap((ended): DecodedWord[] => {
        const phrase =
          ended < phraseOffset ? trees[0]!.phrases[ended]! : trees[1]!.phrases[ended - phraseOffset]!
        return phrase.texts.map((text, index) => ({ text, tokens: Array.from(phrase.spellings[index]!) }))
      })
      return { words, score: bestScore }
    },
  }
}
