import { createTokenTrie, type TokenTrie } from './token-trie'

/**
 * Words and phrases to prefer, for decoders that emit one token after another (prefix beams, transducers): an
 * Aho–Corasick automaton over tokens, after the context graph of icefall. Every token that goes on with a term gains
 * `boost`; what a hypothesis gained is taken back when it leaves the term before its end.
 */
export interface Keyterms {
  /** State of an empty hypothesis. */
  start: number
  /** State after a further token. */
  next(state: number, token: number): number
  /** What the step from `state` by `token` adds to a hypothesis' score (natural log; negative when a term is given up). */
  gain(state: number, token: number): number
  /** What must be added at the end of a hypothesis: takes back an unfinished term. */
  finish(state: number): number
}

export interface KeytermOptions {
  /** Natural log a token; 1–3 is usual. */
  boost: number
  /**
   * Whether a token begins a word or stands between words. With it a term counts only where a word ends, so that
   * “cat” is not found in “catalog”; terms that shall count only where a word begins start with such a token.
   */
  startsWord?: (token: number) => boolean
  /** The token between words, where there is one: a hypothesis begins as if after it. */
  delimiter?: number
}

/**
 * @param terms Token sequences. Of letters: `spellWord` of each word with the delimiter between words and in front; of
 * sentence pieces: the tokenizer's ids.
 */
export function createKeyterms(terms: readonly ArrayLike<number>[], options: KeytermOptions): Keyterms {
  const trie = createTokenTrie(terms)
  const shorter = failureLinks(trie)
  const depth = new Int32Array(trie.nodes)
  for (let node = 1; node < trie.nodes; node++) depth[node] = depth[trie.parent[node]!]! + 1
  const whole = Float64Array.from({ length: trie.nodes }, (_, node) =>
    trie.entryFirst[node]! < trie.entryFirst[node + 1]! ? depth[node]! * options.boost : 0,
  )
  const startsWord = options.startsWord ?? (() => true)

  const next = (state: number, token: number): number => {
    for (let node = state; ; node = shorter[node]!) {
      const child = trie.child(node, token)
      if (child >= 0) return child
      if (node === 0) return 0
    }
  }
  // A finished term keeps its gain once the next token shows that the word is over.
  const kept = (state: number): number => {
    for (let node = state; node > 0; node = shorter[node]!) if (whole[node]! > 0) return whole[node]!
    return 0
  }
  return {
    start: options.delimiter === undefined ? 0 : next(0, options.delimiter),
    next,
    gain(state, token) {
      const to = next(state, token)
      return (depth[to]! - depth[state]!) * options.boost + (startsWord(token) ? kept(state) : 0)
    },
    finish: (state) => kept(state) - depth[state]! * options.boost,
  }
}

/** For every node the node of its longest proper suffix, by breadth first. */
function failureLinks(trie: TokenTrie): Int32Array {
  const links = new Int32Array(trie.nodes)
  const queue = [0]
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    for (let row = trie.childFirst[node]!; row < trie.childFirst[node + 1]!; row++) {
      const child = trie.childNode[row]!
      queue.push(child)
      if (node === 0) continue
      let at = links[node]!
      while (at > 0 && trie.child(at, trie.childToken[row]!) < 0) at = links[at]!
      links[child] = Math.max(0, trie.child(at, trie.childToken[row]!))
    }
  }
  return links
}
