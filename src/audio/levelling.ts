import { joinBlocks } from './frame-reader'
import { createPeakLimiter } from './limiter'
import { createWeightedPower } from './loudness'
import { frameCount, type PcmBlock } from './pcm'

/** Makes speech evenly loud; as many frames come out as go in, in the same places. */
export interface Leveller {
  /** Takes a block, gives what is decided: about a second and a half is held back. */
  push(block: PcmBlock): PcmBlock
  finish(): PcmBlock[]
}

const stepSeconds = 0.1
/** Steps on each side of the one that is set: with it the short-term window of EBU R 128, three seconds. */
const reach = 15
/** What is so far below the loudness of the whole is a pause, and no reason to change anything. */
const pauseLu = -20
const largestGainDb = 8
/** A tenth of a second's share of the slowest ride that listeners do not hear as one: 3 dB a second. */
const largestChangeDb = 0.3

const lufs = (power: number) => -0.691 + 10 * Math.log10(power)

/**
 * Slow gain riding: every tenth of a second the gain moves towards what brings the speech of the three seconds around
 * it (short-term loudness of EBU Tech 3341, without its pauses) to the loudness of the whole. In pauses it stays.
 *
 * @param referenceLufs Integrated loudness of the whole.
 */
export function createLeveller(sampleRateHz: number, channels: number, referenceLufs: number): Leveller {
  const stepFrames = Math.round(stepSeconds * sampleRateHz)
  const filters = Array.from({ length: channels }, () => createWeightedPower(sampleRateHz))
  const limiter = createPeakLimiter(sampleRateHz, channels)
  /** Power of the last steps, from step `firstKept` on. */
  let powers: number[] = []
  let firstKept = 0
  let decided = 0
  let measured = 0
  let gainDb = 0
  let held: PcmBlock = { channels: filters.map(() => new Float32Array(0)) }

  const measure = () => {
    const known = frameCount(held) - measured
    for (let steps = Math.floor(known / stepFrames); steps > 0; steps--) {
      const power = filters.reduce(
        (sum, filter, channel) => sum + filter(held.channels[channel]!, measured, measured + stepFrames),
        0,
      )
      powers.push(power / stepFrames)
      measured += stepFrames
    }
  }

  const nextGainDb = (): number => {
    const around = powers.slice(Math.max(0, decided - reach - firstKept), decided + reach + 1 - firstKept)
    const spoken = around.filter((power) => lufs(power) > referenceLufs + pauseLu)
    const now = powers[decided - firstKept]
    if (spoken.length === 0 || now === undefined || lufs(now) <= referenceLufs + pauseLu) return gainDb
    const level = lufs(spoken.reduce((sum, power) => sum + power, 0) / spoken.length)
    const wanted = Math.max(-largestGainDb, Math.min(largestGainDb, referenceLufs - level))
    return gainDb + Math.max(-largestChangeDb, Math.min(largestChangeDb, wanted - gainDb))
  }

  /** Sets the gain of the first frames that are held. */
  const release = (frames: number): PcmBlock => {
    const next = nextGainDb()
    const from = 10 ** (gainDb / 20)
    const change = (10 ** (next / 20) - from) / frames
    const out = held.channels.map((samples) =>
      samples.slice(0, frames).map((sample, frame) => sample * (from + change * frame)),
    )
    held = { channels: held.channels.map((samples) => samples.slice(frames)) }
    measured = Math.max(0, measured - frames)
    gainDb = next
    decided += 1
    const surplus = decided - reach - firstKept
    if (surplus > 0) {
      powers = powers.slice(surplus)
      firstKept += surplus
    }
    return { channels: out }
  }

  const releaseSteps = (ahead: number): PcmBlock => {
    const blocks: PcmBlock[] = []
    while (firstKept + powers.length > decided + ahead) blocks.push(release(stepFrames))
    return joinBlocks(blocks, channels)
  }

  return {
    push(block) {
      held = joinBlocks([held, block], channels)
      measure()
      return limiter.push(releaseSteps(reach))
    },
    finish() {
      const last = releaseSteps(0)
      const rest = frameCount(held) > 0 ? release(frameCount(held)) : held
      return [limiter.push(last), limiter.push(rest), limiter.finish()]
    },
  }
}
