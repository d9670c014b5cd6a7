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
  /** Best score of the frame so far. */
  best(): number
  put(score: number, node: number, last: number, lm: number, trace: number, ended: number): void
  /** Copies the best `size` within `threshold` of the best into `target`. */
  prune(target: Beam, size: number, threshold: number): void
}

export function createCandidates(threshold: number): Candidates {
  let capacity = 1 << 12
  let beam = createBeam(capacity)
  let scratch = new Float64Array(capacity)
  // Open addressing; a slot is of this frame when its stamp is.
  let slots = new Int32Array(capacity * 4)
  let stamps = new Int32Array(capacity * 4)
  let stamp = 0
  let best = -Infinity

  const slotOf = (node: number, last: number, lm: number): number => {
    let hash = Math.imul(node, 0x9e3779b1) ^ Math.imul(lm, 0x85ebca6b) ^ Math.imul(last + 2, 0xc2b2ae35)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    return (hash ^ (hash >>> 13)) & (slots.length - 1)
  }
  const place = (index: number): void => {
    let slot = slotOf(beam.node[index]!, beam.last[index]!, beam.lm[index]!)
    while (stamps[slot] === stamp) slot = (slot + 1) & (slots.length - 1)
    stamps[slot] = stamp
    slots[slot] = index
  }
  const grow = (): void => {
    const old = beam
    capacity *= 2
    beam = createBeam(capacity)
    beam.count = old.count
    for (const field of ['score', 'node', 'last', 'lm', 'trace', 'ended'] as const)
      beam[field].set(old[field])
    scratch = new Float64Array(capacity)
    slots = new Int32Array(capacity * 4)
    stamps = new Int32Array(capacity * 4)
    for (let index = 0; index < beam.count; index++) place(index)
  }

  return {
    clear() {
      stamp++
      beam.count = 0
      best = -Infinity
    },
    best: () => best,
    put(score, node, last, lm, trace, ended) {
      if (!(score >= best - threshold)) return
      if (score > best) best = score
      const mask = slots.length - 1
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
      if (beam.count === capacity) {
        grow()
        slot = slotOf(node, last, lm)
        while (stamps[slot] === stamp) slot = (slot + 1) & (slots.length - 1)
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
    },
    prune(target, size, within) {
      scratch.set(beam.score.subarray(0, beam.count))
      const cutoff = Math.max(
        best - within,
        beam.count > size ? nthLargest(scratch, beam.count, size) : -Infinity,
      )
      target.count = 0
      for (let index = 0; index < beam.count && target.count < size; index++) {
        if (beam.score[index]! < cutoff) continue
        const at = target.count++
        target.score[at] = beam.score[index]!
        target.node[at] = beam.node[index]!
        target.last[at] = beam.last[index]!
        target.lm[at] = beam.lm[index]!
        target.trace[at] = beam.trace[index]!
        target.ended[at] = beam.ended[index]!
      }
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
