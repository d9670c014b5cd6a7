import { frameCount, type PcmBlock } from '../pcm'
import { createTruePeakLimiter } from './mixer-limiter'
import { createLoudnessMeter } from './mixer-loudness'
import type { Draft } from './mixer-draft'

/** Of the limiter, in dB below full scale: so that what is written stays below −1 dBTP by any meter. */
const ceilingDb = -1.4

const toleranceLu = 0.1
const maxRounds = 4

/** How loud a draft is, and what it takes to bring it to the target. */
export interface Mastering {
  /** Linear. */
  gain: number
  /** LUFS that come out. */
  loudness: number
}

/**
 * Finds the gain with which the limited music has the target loudness: limiting takes some away, so that the gain is
 * corrected by what is measured after it.
 * @param measured Of the draft as it is.
 */
export async function findMastering(
  draft: Draft,
  measured: { loudness: number; peak: number },
  {
    targetLufs,
    sampleRateHz,
    loop,
    check,
  }: { targetLufs: number; sampleRateHz: number; loop: boolean; check: () => void },
): Promise<Mastering> {
  let gain = 10 ** ((targetLufs - measured.loudness) / 20)
  // Far below the ceiling nothing is limited, not between samples either.
  if (measured.peak * gain < 0.5 * 10 ** (ceilingDb / 20)) return { gain, loudness: targetLufs }
  let loudness = measured.loudness
  for (let round = 0; round < maxRounds; round++) {
    const meter = createLoudnessMeter(sampleRateHz, 2)
    for await (const block of mastered(draft, gain, { sampleRateHz, loop })) {
      check()
      meter.add(block)
    }
    loudness = meter.integrated()
    if (Math.abs(loudness - targetLufs) <= toleranceLu) break
    if (round < maxRounds - 1) gain *= 10 ** ((targetLufs - loudness) / 20)
  }
  return { gain, loudness }
}

/** A draft with a gain and a true-peak limiter; a loop is limited as if its end had gone before. */
export async function* mastered(
  draft: Draft,
  gain: number,
  { sampleRateHz, loop }: { sampleRateHz: number; loop: boolean },
): AsyncGenerator<PcmBlock> {
  const limiter = createTruePeakLimiter(sampleRateHz, 2, 10 ** (ceilingDb / 20))
  const frames = draft.frames()
  const before = loop ? Math.min(frames, sampleRateHz) : 0
  const after = loop ? Math.min(frames, sampleRateHz / 10) : 0
  let skip = before
  let left = frames
  const cut = (block: PcmBlock): PcmBlock => {
    const count = frameCount(block)
    const from = Math.min(skip, count)
    const to = Math.min(count, from + left)
    skip -= from
    left -= to - from
    return { channels: block.channels.map((samples) => samples.slice(from, to)) }
  }
  for await (const block of around(draft, before, after)) {
    for (const samples of block.channels) {
      for (let frame = 0; frame < samples.length; frame++) samples[frame]! *= gain
    }
    yield cut(limiter.push(block))
  }
  yield cut(limiter.finish())
}

/** The draft, with so many frames of its end before it and of its beginning after it. */
async function* around(draft: Draft, before: number, after: number): AsyncGenerator<PcmBlock> {
  if (before > 0) yield* draft.read(draft.frames() - before)
  yield* draft.read()
  let left = after
  if (left === 0) return
  for await (const block of draft.read()) {
    const count = Math.min(left, frameCount(block))
    yield { channels: block.channels.map((samples) => samples.slice(0, count)) }
    left -= count
    if (left === 0) return
  }
}
