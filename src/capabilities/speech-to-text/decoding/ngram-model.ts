/**
 * A back-off word n-gram model. States are contexts, named by the node that holds them; scores are natural logarithms.
 * Every model knows an unknown word: ln 10⁻¹⁰⁰ where the file has none, as in KenLM.
 */
export interface NgramModel {
  order: number
  /** State at the beginning of a sentence. */
  start: number
  /** State without context. */
  empty: number
  /** Id of a word, or `unknown`. Case counts. */
  word(text: string): number
  unknown: number
  /** Every word of the model, markers (`<s>`, `</s>`, `<unk>`) included; the index is the id. */
  words: readonly string[]
  /** ln P(word | state). */
  score(state: number, word: number): number
  /** No context gives the word a higher ln P than this. */
  highest(word: number): number
  /** State after a word: the longest context that can still matter. */
  next(state: number, word: number): number
  /** ln P(end of sentence | state). */
  finish(state: number): number
  /** Approximate resident bytes. */
  bytes: number
}

/**
 * The n-grams as parallel arrays, a node each. Node 0 is the empty context, node 1 + w the unigram of word w; the
 * higher orders follow in ascending order, each after its own context.
 */
export interface NgramNodes {
  order: number
  words: string[]
  /** Nodes in use. */
  count: number
  /** First node that belongs to the highest order. */
  firstOfTop: number
  word: Int32Array
  /** Node of the n-gram without its last word. */
  context: Int32Array
  /** Natural logarithms. */
  probability: Float32Array
  /** Natural logarithms; 0 for the highest order. */
  backoff: Float32Array
}

const UNKNOWN_SCORE = -100 * Math.LN10

/** Finds children by hashing (context, word); a miss follows the shorter contexts as Katz back-off does. */
export function createNgramModel(nodes: NgramNodes, children: ChildTable): NgramModel {
  const { words, probability, backoff, context } = nodes
  const { shorter, reach } = linkContexts(nodes, children)
  const highest = highestOfWords(nodes)
  const ids = new Map(words.map((text, id) => [text, id]))
  const unknown = ids.get('<unk>') ?? ids.get('<UNK>') ?? -1
  const find = (state: number, word: number): number => (state === 0 ? 1 + word : children.find(state, word))

  const score = (state: number, word: number): number => {
    if (word < 0) return UNKNOWN_SCORE
    let total = 0
    for (let at = state; ; at = shorter[at]!) {
      const node = find(at, word)
      if (node >= 0) return total + probability[node]!
      total += backoff[at]!
    }
  }
  const next = (state: number, word: number): number => {
    if (word < 0) return 0
    for (let at = state; ; at = shorter[at]!) {
      const node = find(at, word)
      if (node >= 0) return reach[node]!
    }
  }
  const end = ids.get('</s>') ?? -1
  const begin = ids.get('<s>') ?? -1
  return {
    order: nodes.order,
    start: begin < 0 ? 0 : reach[1 + begin]!,
    empty: 0,
    word: (text) => ids.get(text) ?? unknown,
    unknown,
    words,
    score,
    highest: (word) => (word < 0 ? UNKNOWN_SCORE : highest[word]!),
    next,
    finish: (state) => (end < 0 ? 0 : score(state, end)),
    bytes: (context.length + reach.length) * 12 + children.bytes + words.length * 80,
  }
}

/**
 * For every node its longest shorter context (without the first word), and the state it leads to: the node itself, or
 * the longest shorter one that has children or a back-off weight — what comes after cannot tell them apart.
 */
function linkContexts(nodes: NgramNodes, children: ChildTable) {
  const { count, word, context, backoff } = nodes
  const shorter = new Int32Array(count)
  const hasChildren = new Uint8Array(count)
  for (let node = nodes.words.length + 1; node < count; node++) {
    hasChildren[context[node]!] = 1
    let at = context[node]!
    let found = -1
    while (found < 0) {
      at = shorter[at]!
      found = at === 0 ? 1 + word[node]! : children.find(at, word[node]!)
    }
    shorter[node] = found
  }
  const reach = new Int32Array(count)
  for (let node = 1; node < count; node++) {
    reach[node] = hasChildren[node] === 1 || backoff[node] !== 0 ? node : reach[shorter[node]!]!
  }
  return { shorter, reach }
}

/** The highest probability of every word after any context; back-off weights above 1 are allowed for. */
function highestOfWords({ count, order, words, word, probability, backoff }: NgramNodes): Float32Array {
  let above = 0
  for (let node = 1; node < count; node++) if (backoff[node]! > above) above = backoff[node]!
  const highest = new Float32Array(words.length).fill(-Infinity)
  for (let node = 1; node < count; node++) {
    highest[word[node]!] = Math.max(highest[word[node]!]!, probability[node]! + above * (order - 1))
  }
  return highest
}

export interface ChildTable {
  add(node: number): void
  /** The node of `context` + `word`; −1 when there is none. */
  find(context: number, word: number): number
  bytes: number
}

/** An open-addressed hash table over the parallel arrays; it stores node numbers only. */
export function createChildTable(capacity: number, context: Int32Array, word: Int32Array): ChildTable {
  const size = 2 ** Math.ceil(Math.log2(Math.max(8, capacity * 1.5)))
  const slots = new Int32Array(size)
  const mask = size - 1
  const slotOf = (state: number, id: number) => {
    let hash = Math.imul(state, 0x9e3779b1) ^ Math.imul(id, 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35)
    return (hash ^ (hash >>> 13)) & mask
  }
  return {
    add(node) {
      let slot = slotOf(context[node]!, word[node]!)
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = node
    },
    find(state, id) {
      let slot = slotOf(state, id)
      for (let node = slots[slot]!; node !== 0; node = slots[slot]!) {
        if (context[node] === state && word[node] === id) return node
        slot = (slot + 1) & mask
      }
      return -1
    },
    bytes: size * 4,
  }
}
