import type { Topology } from './hypothesis'

/** The token that any sound may be: for words that nothing is known of. */
export const WILDCARD = -1

/** States that frames pass through, in an order where sources come before what they lead to. */
export interface AlignmentGraph {
  states: number
  /** Token that a state says; `WILDCARD` for any. */
  token: Int32Array
  /** Which of the words a state belongs to; −1 for blanks and what stands between words. */
  word: Int32Array
  /** States from which state s is entered, besides itself: `sourceFirst[s]` … `sourceFirst[s + 1]` in `sources`. */
  sourceFirst: Int32Array
  sources: Int32Array
  begins: readonly number[]
  ends: readonly number[]
  blank: number
}

export interface AlignmentGraphOptions {
  topology: Topology
  /** −1 where the network has none. */
  blank: number
  /** A token that may stand before, between and after words: silence, or the word delimiter. −1: none. */
  between: number
}

/** At most this many spellings of a word are tried: a state's sources are numbered in a byte. */
const MAX_SPELLINGS = 60

/**
 * The graph of words one after another, each in any of its spellings. A word without spellings is a wildcard.
 *
 * @param words For every word its spellings as tokens.
 */
export function createAlignmentGraph(
  words: readonly (readonly ArrayLike<number>[])[],
  options: AlignmentGraphOptions,
): AlignmentGraph {
  const token: number[] = []
  const word: number[] = []
  const rows: number[][] = []
  const begins: number[] = []
  const blanks = options.topology === 'ctc' && options.blank >= 0

  /** Adds a state that follows the given ones; `null` is the beginning. Equal tokens need a blank between them. */
  const add = (symbol: number, owner: number, sources: readonly (number | null)[]): number => {
    const state = token.length
    token.push(symbol)
    word.push(owner)
    rows.push([])
    for (const source of sources) {
      if (source === null) begins.push(state)
      else if (!(blanks && symbol !== options.blank && token[source] === symbol)) rows[state]!.push(source)
    }
    return state
  }
  const withBlank = (exits: readonly (number | null)[]): (number | null)[] =>
    blanks ? [...exits, add(options.blank, -1, exits)] : [...exits]
  const say = (spelling: ArrayLike<number>, owner: number, entries: (number | null)[]): (number | null)[] => {
    let exits = entries
    for (let at = 0; at < spelling.length; at++) {
      exits = [add(spelling[at]!, owner, exits)]
      if (at < spelling.length - 1) exits = withBlank(exits)
    }
    return exits
  }
  const pause = (exits: (number | null)[]): (number | null)[] => {
    const plain = withBlank(exits)
    return options.between < 0 ? plain : [...plain, ...withBlank(say([options.between], -1, plain))]
  }

  let exits = pause([null])
  for (const [owner, spellings] of words.entries()) {
    const tried = spellings.length === 0 ? [[WILDCARD]] : spellings.slice(0, MAX_SPELLINGS)
    const entries = exits
    exits = pause(tried.flatMap((spelling) => say(spelling, owner, entries)))
  }
  const sourceFirst = new Int32Array(token.length + 1)
  for (const [state, row] of rows.entries()) sourceFirst[state + 1] = sourceFirst[state]! + row.length
  return {
    states: token.length,
    token: Int32Array.from(token),
    word: Int32Array.from(word),
    sourceFirst,
    sources: Int32Array.from(rows.flat()),
    begins,
    ends: exits.filter((state) => state !== null),
    blank: options.blank,
  }
}
