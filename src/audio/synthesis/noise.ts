/** Seeded chances: the same seed gives the same row of them. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number
  between(low: number, high: number): number
  /** Evenly spread by ratio, as pitches and sizes are. Both positive. */
  ratio(low: number, high: number): number
  /** Mean 0, variance 1. */
  gaussian(): number
  /** Waiting time until the next event of a Poisson process. */
  wait(eventsPerSecond: number): number
  pick<T>(choices: readonly T[]): T
  /** A row of its own, that this one's use does not change. */
  fork(): Random
}

/** sfc32 by C. Doty-Humphrey (PractRand), seeded by lowbias32. */
export function createRandom(seed: number): Random {
  // In an array: numbers that a closure changes are allocated anew at every change.
  const state = new Int32Array(4)
  state[0] = mix(seed ^ 0x9e3779b9)
  state[1] = mix(state[0] ^ 0x243f6a88)
  state[2] = mix(state[1] ^ 0xb7e15162)
  state[3] = 1
  const integer = () => {
    const b = state[1]!
    const c = state[2]!
    const counter = state[3]!
    const sum = (((state[0]! + b) | 0) + counter) | 0
    state[3] = counter + 1
    state[0] = b ^ (b >>> 9)
    state[1] = c + (c << 3)
    state[2] = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  for (let round = 0; round < 12; round++) integer()
  const next = () => integer() / 2 ** 32
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    ratio: (low, high) => low * Math.pow(high / low, next()),
    gaussian: () => Math.sqrt(-2 * Math.log(next() + 2 ** -33)) * Math.cos(2 * Math.PI * next()),
    wait: (eventsPerSecond) => -Math.log(1 - next()) / eventsPerSecond,
    pick: (choices) => choices[Math.floor(next() * choices.length)]!,
    fork: () => createRandom(integer()),
  }
}

/** C. Wellons' lowbias32: every bit of the result depends on every bit of the value. */
function mix(value: number): number {
  let x = value | 0
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return x ^ (x >>> 15)
}

/** A stream of noise: writes the block anew. */
export type NoiseSource = (out: Float32Array) => void

/** Evenly spread samples, −1…1, from a linear congruential row of their own: the cheapest good noise. */
export function createWhiteNoise(random: Random): NoiseSource {
  let state = Math.floor(random.next() * 2 ** 32) | 0
  return (out) => {
    let x = state | 0
    for (let index = 0; index < out.length; index++) {
      // xorshift32 (G. Marsaglia, 2003) after a step of a counter, so that 0 is no trap.
      x ^= x << 13
      x ^= x >>> 17
      x ^= x << 5
      if (x === 0) x = 0x6d2b79f5
      out[index] = x * 4.656612873077393e-10
    }
    state = x
  }
}

/** −3 dB an octave: P. Kellet's refined sum of one-pole filters. About −1…1. */
export function createPinkNoise(random: Random): NoiseSource {
  const white = createWhiteNoise(random)
  const memory = new Float64Array(7)
  return (out) => {
    white(out)
    // One by one: only so are they known to be numbers, and the loop allocates none.
    let b0 = memory[0]!
    let b1 = memory[1]!
    let b2 = memory[2]!
    let b3 = memory[3]!
    let b4 = memory[4]!
    let b5 = memory[5]!
    let b6 = memory[6]!
    for (let index = 0; index < out.length; index++) {
      const w = out[index]!
      b0 = 0.99886 * b0 + w * 0.0555179
      b1 = 0.99332 * b1 + w * 0.0750759
      b2 = 0.969 * b2 + w * 0.153852
      b3 = 0.8665 * b3 + w * 0.3104856
      b4 = 0.55 * b4 + w * 0.5329522
      b5 = -0.7616 * b5 - w * 0.016898
      out[index] = 0.2 * (b0 + b1 + b2 + b3 + b4 + b5 + b6 + w * 0.5362)
      b6 = w * 0.115926
    }
    memory.set([b0, b1, b2, b3, b4, b5, b6])
  }
}

/** −6 dB an octave above 20 Hz or so, without the drift of a true random walk. About −1…1. */
export function createBrownNoise(random: Random): NoiseSource {
  const white = createWhiteNoise(random)
  const memory = new Float64Array(1)
  return (out) => {
    white(out)
    let value = memory[0]!
    for (let index = 0; index < out.length; index++) {
      value = 0.9975 * value + 0.06 * out[index]!
      out[index] = value
    }
    memory[0] = value
  }
}

/** A value that wanders smoothly about 0.5 between 0 and 1, as gusts do; `hz` is how many turns a second it makes. */
export interface Wander {
  /** The value `seconds` later. */
  after(seconds: number): number
}

/** Cosine-interpolated random points. */
export function createWander(hz: number, random: Random): Wander {
  let from = random.next()
  let to = random.next()
  let phase = random.next()
  return {
    after(seconds) {
      phase += seconds * hz
      while (phase >= 1) {
        phase -= 1
        from = to
        to = random.next()
      }
      return from + (to - from) * (0.5 - 0.5 * Math.cos(Math.PI * phase))
    },
  }
}

/**
 * A Poisson train of clicks of random height, 0–1 squared towards small ones, added to a block: what PhISEM drives its
 * resonators with (P. Cook, "Physically informed sonic modeling", Computer Music Journal 21(3), 1997).
 */
export function createClicks(random: Random, sampleRateHz: number) {
  let left = 0
  let started = false
  return (out: Float32Array, perSecond: number): void => {
    if (!started) left = random.wait(perSecond) * sampleRateHz
    started = true
    let at = left
    while (at < out.length) {
      const height = random.next()
      out[Math.floor(at)]! += height * height * (random.next() < 0.5 ? -1 : 1)
      at += Math.max(1e-3, random.wait(perSecond) * sampleRateHz)
    }
    left = at - out.length
  }
}
