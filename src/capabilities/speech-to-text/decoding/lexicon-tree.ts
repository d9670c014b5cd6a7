import type { PhraseEntry } from './lexicon-beam'
import type { NgramModel } from './ngram-model'
import { createTokenTrie, type TokenTrie } from './token-trie'

/** A tree of spellings with what the search must know at its nodes. */
export interface LexiconTree extends TokenTrie {
  phrases: readonly PhraseEntry[]
  /** The phrase of an entry of the trie: one is entered twice where a pause may part its words. */
  phraseOf: Int32Array
  /** Language model ids of the words of phrase p: `wordFirst[p]` … `wordFirst[p + 1]` in `words`. */
  wordFirst: Int32Array
  words: Int32Array
  /** The best weighted score of a phrase at or below a node; 0 at the root. */
  ahead: Float64Array
  /** The most that phrase p can bring besides its sound, whatever was said before. */
  bound: Float64Array
  bytes: number
}

/** Builds the tree; `lm` gives each node its look-ahead (Flashlight's “smearing” by the maximum). */
export function createLexiconTree(
  phrases: readonly PhraseEntry[],
  lm: NgramModel | null,
  options: { lmWeight: number; wordScore: number; silence: number },
): LexiconTree {
  const sequences: ArrayLike<number>[] = []
  const phraseOf: number[] = []
  const words: number[] = []
  const wordFirst = new Int32Array(phrases.length + 1)
  const scores = new Float64Array(phrases.length)
  const bound = new Float64Array(phrases.length)
  for (const [index, phrase] of phrases.entries()) {
    const several = phrase.spellings.length > 1
    sequences.push(several ? joined(phrase.spellings, -1) : (phrase.spellings[0] ?? []))
    phraseOf.push(index)
    if (several && options.silence >= 0) {
      sequences.push(joined(phrase.spellings, options.silence))
      phraseOf.push(index)
    }
    let state = lm?.start ?? 0
    let score = 0
    for (const word of phrase.words) {
      const id = lm?.word(word) ?? -1
      words.push(id)
      bound[index]! += options.wordScore + (lm ? options.lmWeight * lm.highest(id) : 0)
      if (lm) {
        score += lm.score(state, id)
        state = lm.next(state, id)
      }
    }
    bound[index]! += phrase.bonus
    wordFirst[index + 1] = words.length
    scores[index] = score * options.lmWeight + phrase.bonus
  }
  const trie = createTokenTrie(sequences)
  const ahead = new Float64Array(trie.nodes).fill(-Infinity)
  for (let node = trie.nodes - 1; node > 0; node--) {
    for (let row = trie.entryFirst[node]!; row < trie.entryFirst[node + 1]!; row++) {
      ahead[node] = Math.max(ahead[node]!, scores[phraseOf[trie.entries[row]!]!]!)
    }
    const above = trie.parent[node]!
    ahead[above] = Math.max(ahead[above]!, ahead[node]!)
  }
  ahead[0] = 0
  return {
    ...trie,
    phrases,
    phraseOf: Int32Array.from(phraseOf),
    wordFirst,
    words: Int32Array.from(words),
    ahead,
    bound,
    bytes: trie.nodes * 32 + phrases.length * 200,
  }
}

function joined(spellings: readonly ArrayLike<number>[], between: number): number[] {
  return spellings.flatMap((spelling, index) =>
    index > 0 && between >= 0 ? [between, ...Array.from(spelling)] : Array.from(spelling),
  )
}
