import type { NgramModel } from './ngram-model'
import { createTokenTrie } from './token-trie'

/** A language model with its words as a tree of letters, for decoders that spell: it judges words that are not complete. */
export interface WordModel extends NgramModel {
  /** Node after a further text; −1 when no word goes on so. `root` is before the first letter. */
  spell(node: number, text: string): number
  root: number
  /** The best ln P(word) without context of the words at or below a node. */
  ahead: Float32Array
}

export function createWordModel(ngrams: NgramModel): WordModel {
  const trie = createTokenTrie(
    ngrams.words.map((word) => (isMarker(word) ? [] : Array.from(word, (letter) => letter.codePointAt(0)!))),
  )
  const ahead = new Float32Array(trie.nodes).fill(-Infinity)
  for (let node = trie.nodes - 1; node > 0; node--) {
    for (let row = trie.entryFirst[node]!; row < trie.entryFirst[node + 1]!; row++) {
      ahead[node] = Math.max(ahead[node]!, ngrams.score(ngrams.empty, trie.entries[row]!))
    }
    const above = trie.parent[node]!
    ahead[above] = Math.max(ahead[above]!, ahead[node]!)
  }
  return {
    ...ngrams,
    root: 0,
    spell(node, text) {
      let at = node
      for (const letter of text) at = at < 0 ? at : trie.child(at, letter.codePointAt(0)!)
      return at
    },
    ahead,
    bytes: ngrams.bytes + trie.nodes * 32,
  }
}

const isMarker = (word: string) => /^<.*>$/.test(word)
