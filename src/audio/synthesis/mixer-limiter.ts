import { frameCount, type PcmBlock } from '../pcm'

/** Keeps the signal between the samples below a ceiling as well. What it gives is as long as what it got. */
export interface TruePeakLimiter {
  /** Takes a block, gives what is decided. */
  push(block: PcmBlock): PcmBlock
  /** What was held back. */
  finish(): PcmBlock
}

const phases = 4
const taps = 16
const half = taps / 2
const lookAheadSeconds = 0.004
const releaseSeconds = 0.12

/** Windowed sincs between two samples, at ¼, ½ and ¾ of the way (as ITU-R BS.1770-4, annex 2, with more taps). */
const interpolators = Array.from({ length: phases - 1 }, (_, phase) =>
  Float64Array.from({ length: taps }, (_, tap) => {
    const distance = tap - (half - 1) - (phase + 1) / phases
    const window = Math.cos((Math.PI * distance) / (taps + 1)) ** 2
    return window * (Math.sin(Math.PI * distance) / (Math.PI * distance))
  }),
)

/**
 * Look-ahead limiter, channels linked: the gain that each moment asks for is held over the look-ahead, let go of slowly
 * and smoothed, so that it is in place when the peak comes.
 * @param ceiling Linear.
 */
export function createTruePeakLimiter(
  sampleRateHz: number,
  channels: number,
  ceiling: number,
): TruePeakLimiter {
  const span = Math.round(lookAheadSeconds * sampleRateHz)
  const delay = span - 1 + half
  const release = 1 - Math.exp(-1 / (releaseSeconds * sampleRateHz))
  // Samples that still wait, with those before them that the interpolation needs.
  let held = Array.from({ length: channels }, () => new Float32Array(delay + half))
  let skip = delay
  const recent = new Float64Array(span).fill(1)
  const asked = new Float64Array(span).fill(1)
  let sum = span
  let current = 1
  let at = 0
  /** Frames for which a gain below one is still held. */
  let active = 0

  /** What each frame may be multiplied with at most: where its surroundings are known, `half` before the newest. */
  const wantedGains = (joined: readonly Float32Array[], offset: number, frames: number): Float64Array => {
    const gains = new Float64Array(frames).fill(1)
    for (let frame = 0; frame < frames; frame++) {
      const peak = truePeak(joined, offset + frame, 0.6 * ceiling)
      if (peak > ceiling) gains[frame] = ceiling / peak
    }
    return gains
  }

  /** Holds each gain over the look-ahead, lets go of it slowly, and smooths it: in place. */
  const follow = (gains: Float64Array) => {
    let now = current
    let place = at
    let total = sum
    for (let frame = 0; frame < gains.length; frame++) {
      const wanted = gains[frame]!
      asked[place] = wanted
      if (wanted < 1) active = span
      if (active > 0 || now < 1) {
        let least = 1
        if (active > 0) for (let index = 0; index < span; index++) least = Math.min(least, asked[index]!)
        active--
        now = Math.min(least, now + (1 - now) * release)
        if (now > 0.99999) now = least
      }
      total += now - recent[place]!
      recent[place] = now
      if (++place === span) place = 0
      gains[frame] = Math.min(1, total / span)
    }
    current = now
    at = place
    sum = total
  }

  const run = (block: PcmBlock): PcmBlock => {
    const frames = frameCount(block)
    const joined = held.map((before, channel) => {
      const all = new Float32Array(before.length + frames)
      all.set(before)
      all.set(block.channels[channel]!, before.length)
      return all
    })
    const out = joined.map(() => new Float32Array(frames))
    const gains = wantedGains(joined, delay, frames)
    follow(gains)
    out.forEach((samples, channel) => {
      const source = joined[channel]!
      for (let frame = 0; frame < frames; frame++) samples[frame] = source[frame + half]! * gains[frame]!
    })
    held = joined.map((samples) => samples.slice(frames))
    return { channels: out }
  }

  const withoutDelay = (block: PcmBlock): PcmBlock => {
    const dropped = Math.min(skip, frameCount(block))
    skip -= dropped
    return { channels: block.channels.map((samples) => samples.slice(dropped)) }
  }

  return {
    push: (block) => withoutDelay(run(block)),
    finish: () => withoutDelay(run({ channels: held.map(() => new Float32Array(delay)) })),
  }
}

/**
 * Largest magnitude at a frame and on the way to the next, of all channels. Where both frames are below `quiet` no look
 * between them is needed.
 */
function truePeak(channels: readonly Float32Array[], frame: number, quiet: number): number {
  let peak = 0
  for (const samples of channels) {
    const here = Math.abs(samples[frame]!)
    if (here > peak) peak = here
    if (here < quiet && Math.abs(samples[frame + 1]!) < quiet) continue
    const from = frame - half + 1
    for (const weights of interpolators) {
      let value = 0
      for (let tap = 0; tap < taps; tap++) value += weights[tap]! * samples[from + tap]!
      if (value > peak) peak = value
      else if (-value > peak) peak = -value
    }
  }
  return peak
}
