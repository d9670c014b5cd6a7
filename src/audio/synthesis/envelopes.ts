/** Times in seconds; each is the whole length of its part. */
export interface AdsrShape {
  attack: number
  decay: number
  /** Level that is held, 0–1. */
  sustain: number
  release: number
}

/** An envelope that follows a key: 0–1. */
export interface Adsr {
  /** The key goes down; from the level at hand, so that a second press does not click. */
  press(): void
  lift(): void
  /** Next sample. */
  tick(): number
  /** Whether it has come to rest. */
  finished(): boolean
}

/** −80 dB: what a release ends at. */
const floor = 1e-4

/** Straight attack; decay and release fall exponentially, as strings and capacitors do. */
export function createAdsr({ attack, decay, sustain, release }: AdsrShape, sampleRateHz: number): Adsr {
  const attackStep = 1 / Math.max(1, attack * sampleRateHz)
  const decayFactor = Math.pow(floor, 1 / Math.max(1, decay * sampleRateHz))
  const releaseFactor = Math.pow(floor, 1 / Math.max(1, release * sampleRateHz))
  let stage: 'rest' | 'attack' | 'decay' | 'release' = 'rest'
  let level = 0
  return {
    press() {
      stage = 'attack'
    },
    lift() {
      if (stage !== 'rest') stage = 'release'
    },
    tick() {
      if (stage === 'attack') {
        level += attackStep
        if (level >= 1) {
          level = 1
          stage = 'decay'
        }
      } else if (stage === 'decay') {
        level = sustain + (level - sustain) * decayFactor
      } else if (stage === 'release') {
        level *= releaseFactor
        if (level < floor) {
          level = 0
          stage = 'rest'
        }
      }
      return level
    },
    finished: () => stage === 'rest',
  }
}

/** A point of a curve: seconds from its beginning, and the level there. */
export type EnvelopePoint = readonly [seconds: number, level: number]

/** Multiplies by a curve through the points, straight between them; the last level holds on. */
export function applyCurve(
  samples: Float32Array,
  points: readonly EnvelopePoint[],
  sampleRateHz: number,
): Float32Array {
  let index = 0
  points.forEach(([start, from], at) => {
    const next = points[at + 1]
    const end = next ? Math.min(samples.length, Math.ceil(next[0] * sampleRateHz)) : samples.length
    const slope = next ? (next[1] - from) / (next[0] - start) : 0
    if (slope === 0 && from === 1) index = Math.max(index, end)
    for (; index < end && index < start * sampleRateHz; index++) samples[index]! *= from
    const rise = slope / sampleRateHz
    const level = from - slope * start
    for (; index < end; index++) samples[index]! *= level + rise * index
  })
  return samples
}

/** Value of such a curve at a time. */
export function curveAt(points: readonly EnvelopePoint[], seconds: number): number {
  let at = 0
  while (at < points.length - 1 && points[at + 1]![0] <= seconds) at++
  const [start, from] = points[at]!
  const next = points[at + 1]
  if (!next || seconds < start) return from
  return from + ((seconds - start) / (next[0] - start)) * (next[1] - from)
}

/**
 * Multiplies by a straight attack and an exponential decay that has fallen by 60 dB after `decaySeconds`, as struck
 * things do.
 */
export function applyStrike(
  samples: Float32Array,
  { attackSeconds, decaySeconds }: { attackSeconds: number; decaySeconds: number },
  sampleRateHz: number,
): Float32Array {
  const attackFrames = Math.max(1, Math.round(attackSeconds * sampleRateHz))
  const factor = Math.pow(10, -3 / Math.max(1, decaySeconds * sampleRateHz))
  let level = 1
  for (let index = 0; index < samples.length; index++) {
    if (index < attackFrames) samples[index]! *= index / attackFrames
    else samples[index]! *= level *= factor
  }
  return samples
}

/** Fades the ends along a quarter of a sine, in place. */
export function applyFades(
  samples: Float32Array,
  { inFrames, outFrames }: { inFrames: number; outFrames: number },
): Float32Array {
  const count = samples.length
  for (let index = 0; index < Math.min(inFrames, count); index++) {
    samples[index]! *= Math.sin((Math.PI / 2) * (index / inFrames))
  }
  for (let index = 0; index < Math.min(outFrames, count); index++) {
    samples[count - 1 - index]! *= Math.sin((Math.PI / 2) * (index / outFrames))
  }
  return samples
}

/** Gains at 0–1 of an equal-power crossfade: their squares sum to one. */
export function equalPower(position: number): { fadeIn: number; fadeOut: number } {
  return { fadeIn: Math.sin((Math.PI / 2) * position), fadeOut: Math.cos((Math.PI / 2) * position) }
}
