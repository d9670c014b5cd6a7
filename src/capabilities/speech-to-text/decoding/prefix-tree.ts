import type { PrefixBeamOptions, TextScores } from './prefix-beam'
import type { TokenSet } from './token-set'

/**
 * The texts that a prefix beam search has met, as a growing tree of tokens. What is known of a text besides its sound
 * (language model, keyterms) depends on the text alone and is worked out once, when its node is made.
 */
export interface PrefixTree {
  token(node: number): number
  child(node: number, token: number): number
  /** What is added to the sound's score while the search goes on. */
  bonus(node: number): number
  /** The same for a text that ends here: its last word and the end of the sentence are scored. */
  finalBonus(node: number): number
  /** The node before a delimiter at the end, else the node itself. */
  withoutDelimiter(node: number): number
  tokens(node: number): number[]
  /** A row of the search's next frame, remembered for the node; −1 at first. */
  row(node: number): number
  setRow(node: number, row: number): void
}

interface Nodes {
  parent: Int32Array
  token: Int32Array
  row: Int32Array
  /** Language model state after the last complete word, and what the complete words have brought. */
  state: Int32Array
  words: Float64Array
  /** Where the open word stands among the words of the language model; −1: there is no such word. */
  spelling: Int32Array
  /** What the open word will bring at best. */
  ahead: Float64Array
  keyterm: Int32Array
  terms: Float64Array
}

export function createPrefixTree(
  tokenSet: TokenSet,
  { lm, keyterms }: TextScores,
  options: PrefixBeamOptions,
): PrefixTree {
  const { delimiter, startsWord, texts } = tokenSet
  let capacity = 1 << 12
  let nodes = createNodes(capacity)
  let count = 1
  nodes.row[0] = -1
  nodes.token[0] = delimiter
  nodes.state[0] = lm?.start ?? 0
  nodes.keyterm[0] = keyterms?.start ?? 0
  let table = createTable(capacity)

  const openWord = (node: number): string => {
    let text = ''
    for (let at = node; at > 0 && nodes.token[at] !== delimiter; at = nodes.parent[at]!) {
      text = texts[nodes.token[at]!]! + text
      if (startsWord[nodes.token[at]!] === 1) break
    }
    return text
  }
  const endsWord = (token: number) => token === delimiter || startsWord[token] === 1

  const wordScore = (state: number, word: number): number =>
    options.lmWeight * lm!.score(state, word) +
    options.wordScore +
    (word === lm!.unknown ? options.unknownScore : 0)

  const lookAhead = (node: number): number => {
    const spelling = nodes.spelling[node]!
    if (!lm || spelling === lm.root) return 0
    if (spelling < 0) return wordScore(nodes.state[node]!, lm.unknown)
    return options.lmWeight * lm.ahead[spelling]! + options.wordScore
  }
  /** Score of the word that is open at a node, and the state after it. */
  const closeWord = (node: number): { score: number; state: number } => {
    const state = nodes.state[node]!
    const text = lm ? openWord(node) : ''
    if (!lm || text === '') return { score: 0, state }
    const word = lm.word(text)
    return { score: wordScore(state, word), state: lm.next(state, word) }
  }
  const grow = (): void => {
    const old = nodes
    capacity *= 2
    nodes = createNodes(capacity)
    for (const field of Object.keys(old) as (keyof Nodes)[]) nodes[field].set(old[field])
    table = createTable(capacity)
    for (let node = 1; node < count; node++) table.add(nodes, node)
  }

  return {
    token: (node) => (node === 0 ? -1 : nodes.token[node]!),
    child(parent, token) {
      const known = table.find(nodes, parent, token)
      if (known > 0) return known
      if (count === capacity) grow()
      const node = count++
      nodes.parent[node] = parent
      nodes.token[node] = token
      nodes.row[node] = -1
      const closed = endsWord(token) ? closeWord(parent) : { score: 0, state: nodes.state[parent]! }
      nodes.state[node] = closed.state
      nodes.words[node] = nodes.words[parent]! + closed.score
      if (lm) {
        const from = endsWord(token) ? lm.root : nodes.spelling[parent]!
        nodes.spelling[node] = lm.spell(from, texts[token]!)
        nodes.ahead[node] = lookAhead(node)
      }
      if (keyterms) {
        nodes.keyterm[node] = keyterms.next(nodes.keyterm[parent]!, token)
        nodes.terms[node] = nodes.terms[parent]! + keyterms.gain(nodes.keyterm[parent]!, token)
      }
      table.add(nodes, node)
      return node
    },
    bonus: (node) => nodes.words[node]! + nodes.ahead[node]! + nodes.terms[node]!,
    finalBonus(node) {
      const { score, state } = closeWord(node)
      const end = lm ? options.lmWeight * lm.finish(state) : 0
      const terms = nodes.terms[node]! + (keyterms?.finish(nodes.keyterm[node]!) ?? 0)
      return nodes.words[node]! + score + end + terms
    },
    withoutDelimiter: (node) => (node > 0 && nodes.token[node] === delimiter ? nodes.parent[node]! : node),
    tokens(node) {
      const tokens: number[] = []
      for (let at = node; at > 0; at = nodes.parent[at]!) tokens.push(nodes.token[at]!)
      return tokens.reverse()
    },
    row: (node) => nodes.row[node]!,
    setRow(node, row) {
      nodes.row[node] = row
    },
  }
}

function createNodes(capacity: number): Nodes {
  return {
    parent: new Int32Array(capacity),
    token: new Int32Array(capacity),
    row: new Int32Array(capacity),
    state: new Int32Array(capacity),
    words: new Float64Array(capacity),
    spelling: new Int32Array(capacity),
    ahead: new Float64Array(capacity),
    keyterm: new Int32Array(capacity),
    terms: new Float64Array(capacity),
  }
}

/** Nodes by parent and token: open addressing. */
function createTable(capacity: number) {
  const slots = new Int32Array(capacity * 2)
  const mask = slots.length - 1
  const slotOf = (parent: number, token: number) => {
    const hash = Math.imul(parent, 0x9e3779b1) ^ Math.imul(token + 1, 0x85ebca6b)
    return (hash ^ (hash >>> 15)) & mask
  }
  return {
    add(nodes: Nodes, node: number): void {
      let slot = slotOf(nodes.parent[node]!, nodes.token[node]!)
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = node
    },
    find(nodes: Nodes, parent: number, token: number): number {
      let slot = slotOf(parent, token)
      for (let node = slots[slot]!; node !== 0; node = slots[slot]!) {
        if (nodes.parent[node] === parent && nodes.token[node] === token) return node
        slot = (slot + 1) & mask
      }
      return -1
    },
  }
}
