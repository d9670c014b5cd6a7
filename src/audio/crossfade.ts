/**
 * The gain of what is replaced in frame `offset` of an edit of `length` frames: down on a half cosine over the first
 * `fade` frames, up again over the last ones, 0 between. Both fades lie within the edit.
 */
export function replacedGain(offset: number, length: number, fade: number): number {
  const fromEdge = Math.min(offset, length - 1 - offset)
  return fromEdge >= fade ? 0 : 0.5 + 0.5 * Math.cos((Math.PI * (fromEdge + 0.5)) / fade)
}

/** The fading-in gain of frame `offset` of `length`: a quarter of a sine, so that two fades keep the power. */
export function fadeInGain(offset: number, length: number): number {
  return Math.sin((0.5 * Math.PI * (offset + 0.5)) / length)
}

/** Fades one channel set into another of the same length. */
export function crossfade(from: readonly Float32Array[], to: readonly Float32Array[]): Float32Array[] {
  const length = from[0]?.length ?? 0
  const likeness = Math.max(0, correlation(mixDown(from), mixDown(to), 0))
  const gains = Array.from({ length }, (_, frame) => {
    const down = fadeInGain(length - 1 - frame, length)
    const up = fadeInGain(frame, length)
    // What is alike adds up in amplitude, what is not in power: this keeps the loudness in either case
    // (M. Fink, M. Holters, U. Zölzer, “Signal-matched power-complementary cross-fading”, DAFx 2016).
    const norm = 1 / Math.sqrt(1 + 2 * likeness * down * up)
    return { down: down * norm, up: up * norm }
  })
  return from.map((samples, channel) =>
    samples.map((sample, frame) => sample * gains[frame]!.down + to[channel]![frame]! * gains[frame]!.up),
  )
}

/**
 * Where in `candidates` the sound goes on most like `reference`: the offset with the largest normalised correlation,
 * or, where several are as good as equal, the one nearest to the middle.
 */
export function bestAlignment(
  reference: readonly Float32Array[],
  candidates: readonly Float32Array[],
): number {
  const wanted = mixDown(reference)
  const offered = mixDown(candidates)
  const offsets = offered.length - wanted.length + 1
  const middle = (offsets - 1) / 2
  let best = { offset: Math.floor(middle), score: -Infinity }
  for (let offset = 0; offset < offsets; offset++) {
    const distance = middle === 0 ? 0 : Math.abs(offset - middle) / middle
    const score = correlation(wanted, offered, offset) - distancePenalty * distance
    if (score > best.score) best = { offset, score }
  }
  return best.offset
}

/** Of the correlation, at the far end of the search. */
const distancePenalty = 0.05

/** Normalised, −1…1; 0 where either is silent. */
function correlation(a: Float32Array, b: Float32Array, offset: number): number {
  let product = 0
  let powerA = 0
  let powerB = 0
  for (let index = 0; index < a.length; index++) {
    const x = a[index]!
    const y = b[index + offset]!
    product += x * y
    powerA += x * x
    powerB += y * y
  }
  return powerA > 0 && powerB > 0 ? product / Math.sqrt(powerA * powerB) : 0
}

function mixDown(channels: readonly Float32Array[]): Float32Array {
  if (channels.length === 1) return channels[0]!
  const mix = new Float32Array(channels[0]?.length ?? 0)
  for (const samples of channels) samples.forEach((sample, index) => (mix[index]! += sample))
  return mix
}
