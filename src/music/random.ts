/** Random choices that follow from a seed alone. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number
  between(low: number, high: number): number
  /** A whole number, both ends included. */
  integer(low: number, high: number): number
  chance(probability: number): boolean
  /** @throws RangeError where there is nothing to pick from. */
  pick<T>(items: readonly T[]): T
  /** Mean 0, standard deviation 1, never beyond ±3. */
  gaussian(): number
  /** A stream of its own: what one part of a piece draws does not change another. */
  fork(name: string): Random
}

/** Mulberry32 (T. Ettinger) on a hash of the seed and the stream's name. */
export function createRandom(seed: number, name = ''): Random {
  let state = hash(`${seed}/${name}`)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    integer: (low, high) => low + Math.floor((high - low + 1) * next()),
    chance: (probability) => next() < probability,
    pick(items) {
      if (items.length === 0) throw new RangeError('nothing to pick from')
      return items[Math.floor(items.length * next())]!
    },
    gaussian() {
      const radius = Math.sqrt(-2 * Math.log(1 - next()))
      return Math.max(-3, Math.min(3, radius * Math.cos(2 * Math.PI * next())))
    },
    fork: (child) => createRandom(seed, `${name}/${child}`),
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return value | 0
}
