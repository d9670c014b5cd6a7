import type { TextTokenizer } from '../../../inference/tokenizer'

/**
 * Prefers words and phrases while decoding (shallow fusion with a trie of their tokens): a token that begins a term gets
 * a little, one that goes on with a term that has been begun gets more. The nudges are of the size of a doubt between
 * two spellings; they do not put words into silence.
 */
export type KeytermBoost = (generated: readonly number[]) => ReadonlyMap<number, number>

/** In nats, added to logits. */
const BEGINNING = 0.7
const CONTINUATION = 2.5

const unspaced = /^[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmr}\p{scx=Mymr}]/u

type Trie = Map<number, Trie>

export function createKeytermBoost(keyterms: readonly string[], tokenizer: TextTokenizer): KeytermBoost {
  const root: Trie = new Map()
  let longest = 0
  for (const term of keyterms) {
    const text = term.trim()
    if (text === '') continue
    // Words carry the space before them; scripts without spaces have none.
    const tokens = tokenizer.encode(unspaced.test(text) ? text : ` ${text}`)
    longest = Math.max(longest, tokens.length)
    insert(root, tokens)
  }
  return (generated) => {
    const boosts = new Map<number, number>()
    if (longest === 0) return boosts
    for (const token of root.keys()) boosts.set(token, BEGINNING)
    for (let length = 1; length < longest && length <= generated.length; length++) {
      const node = walk(root, generated.slice(-length))
      for (const token of node?.keys() ?? []) boosts.set(token, CONTINUATION)
    }
    return boosts
  }
}

function insert(root: Trie, tokens: readonly number[]): void {
  let node = root
  for (const token of tokens) {
    const child: Trie = node.get(token) ?? new Map<number, Trie>()
    node.set(token, child)
    node = child
  }
}

function walk(root: Trie, tokens: readonly number[]): Trie | undefined {
  let node: Trie | undefined = root
  for (const token of tokens) node = node?.get(token)
  return node
}
