/**
 * A prefix tree of token sequences in flat arrays. Node 0 is the root; the children of a node lie side by side, in
 * ascending order of their tokens, as do the entries that end in a node.
 */
export interface TokenTrie {
  nodes: number
  /** Children of node n: `childFirst[n]` … `childFirst[n + 1]` in `childToken` and `childNode`. */
  childFirst: Int32Array
  childToken: Int32Array
  childNode: Int32Array
  /** Entries that end in node n: `entryFirst[n]` … `entryFirst[n + 1]` in `entries`. */
  entryFirst: Int32Array
  entries: Int32Array
  /** Token that leads into a node; −1 for the root. */
  token: Int32Array
  parent: Int32Array
  /** The child of a node by its token; −1 when there is none. */
  child(node: number, token: number): number
}

/**
 * @param sequences Token sequences; the entry number is the index. Equal sequences share a node. Empty ones are left
 * out.
 */
export function createTokenTrie(sequences: readonly ArrayLike<number>[]): TokenTrie {
  const order = sequences.map((_, entry) => entry).filter((entry) => sequences[entry]!.length > 0)
  order.sort((a, b) => compare(sequences[a]!, sequences[b]!) || a - b)
  // Numbered in the order of the sorted sequences; children are put in rows afterwards.
  const parent: number[] = [-1]
  const token: number[] = [-1]
  const last = new Int32Array(sequences.length).fill(-1)
  let path: number[] = [0]
  let previous: ArrayLike<number> = []
  for (const entry of order) {
    const sequence = sequences[entry]!
    let shared = 0
    while (shared < previous.length && shared < sequence.length && previous[shared] === sequence[shared])
      shared++
    path = path.slice(0, shared + 1)
    for (let at = shared; at < sequence.length; at++) {
      parent.push(path[at]!)
      token.push(sequence[at]!)
      path.push(token.length - 1)
    }
    last[entry] = path[sequence.length]!
    previous = sequence
  }
  const nodes = token.length
  const byParent = rows(nodes, parent, (node) => node > 0)
  const byEnd = rows(nodes, last, (entry) => last[entry]! >= 0)
  const childToken = byParent.items.map((node) => token[node]!)
  return {
    nodes,
    childFirst: byParent.first,
    childToken,
    childNode: byParent.items,
    entryFirst: byEnd.first,
    entries: byEnd.items,
    token: Int32Array.from(token),
    parent: Int32Array.from(parent),
    child(node, wanted) {
      let low = byParent.first[node]!
      let high = byParent.first[node + 1]!
      while (low < high) {
        const middle = (low + high) >> 1
        if (childToken[middle]! < wanted) low = middle + 1
        else high = middle
      }
      return low < byParent.first[node + 1]! && childToken[low] === wanted ? byParent.items[low]! : -1
    },
  }
}

function compare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return a[at]! - b[at]!
  return a.length - b.length
}

/** Items grouped by their key, in their own order: a compressed sparse row. */
function rows(keys: number, keyOf: ArrayLike<number>, wanted: (item: number) => boolean) {
  const first = new Int32Array(keys + 1)
  for (let item = 0; item < keyOf.length; item++) if (wanted(item)) first[keyOf[item]! + 1]!++
  for (let key = 0; key < keys; key++) first[key + 1]! += first[key]!
  const next = first.slice(0, keys)
  const items = new Int32Array(first[keys]!)
  for (let item = 0; item < keyOf.length; item++) if (wanted(item)) items[next[keyOf[item]!]!++] = item
  return { first, items }
}
