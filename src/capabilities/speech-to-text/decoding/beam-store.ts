/** Hypotheses of one frame as parallel arrays. What `node`, `last` and `lm` mean is the search's affair. */
export interface Beam {
  count: number
  score: Float64Array
  node: Int32Array
  last: Int32Array
  lm: Int32Array
  /** Words so far: an index of the word trace. */
  trace: Int32Array
  /** Phrase that ended in this frame; −1: none. */
  ended: Int32Array
}

export function createBeam(capacity: number): Beam {
  return {
    count: 0,
    score: new Float64Array(capacity),
    node: new Int32Array(capacity),
    last: new Int32Array(capacity),
    lm: new Int32Array(capacity),
    trace: new Int32Array(capacity),
    ended: new Int32Array(capacity),
  }
}

/** Hypotheses that are being collected for a frame; equal ones (same node, last, lm) are joined, the better one stays. */
export interface Candidates {
  clear(): void
  /** What scores less is not among the best `size` of the frame and need not be put. */
  floor(): number
  put(score: number, node: number, last: number, lm: number, trace: number, ended: number): void
  /** Moves the best `size` within the threshold of the best into `target`, which ends the frame. */
  take(target: Beam): void
}

/** Candidates are thinned out when there are this many times the size of the beam. */
const CROWD = 4

export function createCandidates(size: number, threshold: number): Candidates {
  const capacity = size * CROWD
  const beam = createBeam(capacity)
  const scratch = new Float64Array(capacity)
  // Open addressing; a slot is in use when its stamp is the present one.
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2)))
  const stamps = new Int32Array(slots.length)
  const mask = slots.length - 1
  let stamp = 0
  let best = -Infinity
  let floor = -Infinity

  const slotOf = (node: number, last: number, lm: number): number => {
    let hash = Math.imul(node, 0x9e3779b1) ^ Math.imul(lm, 0x85ebca6b) ^ Math.imul(last + 2, 0xc2b2ae35)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    return (hash ^ (hash >>> 13)) & mask
  }
  /** Keeps the best `size`, and raises the floor to what it takes to be among them. */
  const thin = (): void => {
    if (beam.count > size) {
      scratch.set(beam.score.subarray(0, beam.count))
      floor = Math.max(floor, nthLargest(scratch, beam.count, size))
    }
    const { score, node, last, lm, trace, ended } = beam
    let kept = 0
    for (let index = 0; index < beam.count && kept < size; index++) {
      if (score[index]! < floor) continue
      score[kept] = score[index]!
      node[kept] = node[index]!
      last[kept] = last[index]!
      lm[kept] = lm[index]!
      trace[kept] = trace[index]!
      ended[kept] = ended[index]!
      kept++
    }
    beam.count = kept
  }
  const rehash = (): void => {
    stamp++
    for (let index = 0; index < beam.count; index++) {
      let slot = slotOf(beam.node[index]!, beam.last[index]!, beam.lm[index]!)
      while (stamps[slot] === stamp) slot = (slot + 1) & mask
      stamps[slot] = stamp
      slots[slot] = index
    }
  }

  return {
    clear() {
      stamp++
      beam.count = 0
      best = -Infinity
      floor = -Infinity
    },
    floor: () => floor,
    put(score, node, last, lm, trace, ended) {
      if (!(score >= floor)) return
      if (score > best) {
        best = score
        floor = Math.max(floor, best - threshold)
      }
      let slot = slotOf(node, last, lm)
      while (stamps[slot] === stamp) {
        const index = slots[slot]!
        if (beam.node[index] === node && beam.lm[index] === lm && beam.last[index] === last) {
          if (score > beam.score[index]!) {
            beam.score[index] = score
            beam.trace[index] = trace
            beam.ended[index] = ended
          }
          return
        }
        slot = (slot + 1) & mask
      }
      const index = beam.count++
      stamps[slot] = stamp
      slots[slot] = index
      beam.score[index] = score
      beam.node[index] = node
      beam.last[index] = last
      beam.lm[index] = lm
      beam.trace[index] = trace
      beam.ended[index] = ended
      if (beam.count < capacity) return
      thin()
      rehash()
    },
    take(target) {
      thin()
      for (const field of ['score', 'node', 'last', 'lm', 'trace', 'ended'] as const) {
        target[field].set(beam[field].subarray(0, beam.count))
      }
      target.count = beam.count
    },
  }
}

/** The n-th largest (from 1) of the first `count` values, which are put in disorder: quickselect. */
export function nthLargest(values: Float64Array, count: number, n: number): number {
  let low = 0
  let high = count - 1
  const wanted = n - 1
  while (low < high) {
    const pivot = values[(low + high) >> 1]!
    let left = low
    let right = high
    while (left <= right) {
      while (values[left]! > pivot) left++
      while (values[right]! < pivot) right--
      if (left <= right) {
        const held = values[left]!
        values[left++] = values[right]!
        values[right--] = held
      }
    }
    if (wanted <= right) high = right
    else if (wanted >= left) low = left
    else break
  }
  return values[wanted]!
}

/** Histories of hypotheses as a tree of ended phrases; entry 0 is the empty history. */
export interface WordTrace {
  add(previous: number, phrase: number): number
  /** Phrases in order of time. */
  phrases(trace: number): number[]
}

export function createWordTrace(): WordTrace {
  let previous = new Int32Array(1 << 12)
  let phrase = new Int32Array(1 << 12)
  let count = 1
  return {
    add(before, ended) {
      if (count === previous.length) {
        const [olderPrevious, olderPhrase] = [previous, phrase]
        previous = new Int32Array(count * 2)
        previous.set(olderPrevious)
        phrase = new Int32Array(count * 2)
        phrase.set(olderPhrase)
      }
      previous[count] = before
      phrase[count] = ended
      return count++
    },
    phrases(trace) {
      const found: number[] = []
      for (let at = trace; at > 0; at = previous[at]!) found.push(phrase[at]!)
      return found.reverse()
    },
  }
}
