import type { PcmBlock } from '../../../audio/pcm'
import type { DelayedStage } from '../block-stream'
import { interpolateByPrediction, linearPrediction, predictionError } from './prediction'

/** Stretch that one predictor is for, and what it hears before and after. */
const [blockSeconds, contextSeconds] = [0.03, 0.01]
const order = 32
const passes = 2
/** Errors beyond this many times their usual size are clicks. */
const threshold = 9
/** Samples around a click that are taken for damaged too. */
const margin = 3
/** Clicks closer than this are one. */
const gapFrames = 8
/** Anything longer is a sound. */
const longestSeconds = 0.002

/**
 * Takes clicks out: samples that a linear predictor of their surroundings errs on by far more than usual are replaced by
 * what that predictor makes the best of from both sides (Godsill & Rayner, "Digital Audio Restoration", 1998, chapters 5
 * and 5.2.3; the interpolator is that of Janssen, Veldhuis & Vries, 1986). All other samples stay as they are.
 */
export function createClickStage(sampleRateHz: number): DelayedStage {
  const blockFrames = Math.round(blockSeconds * sampleRateHz)
  const contextFrames = Math.max(2 * order, Math.round(contextSeconds * sampleRateHz))
  const longestFrames = Math.round(longestSeconds * sampleRateHz)
  let held: Float32Array[] | null = null
  return {
    blockFrames,
    delayFrames: contextFrames,
    process({ channels }: PcmBlock) {
      held ??= channels.map(() => new Float32Array(2 * contextFrames))
      const out = channels.map((samples, channel) => {
        // What was repaired stays repaired: it is the next block's context.
        const stretch = new Float64Array(2 * contextFrames + blockFrames)
        stretch.set(held![channel]!)
        stretch.set(samples, 2 * contextFrames)
        // Clicks spoil the predictor that finds them: once the worst are mended it finds the others.
        for (let pass = 0; pass < passes; pass++) {
          repair(stretch, { from: contextFrames, to: contextFrames + blockFrames, longestFrames })
        }
        held![channel] = Float32Array.from(stretch.subarray(blockFrames))
        return Float32Array.from(stretch.subarray(contextFrames, contextFrames + blockFrames))
      })
      return Promise.resolve({ channels: out })
    },
  }
}

interface Range {
  from: number
  to: number
}

function repair(samples: Float64Array, { from, to, longestFrames }: Range & { longestFrames: number }): void {
  const predictor = linearPrediction(samples, order)
  if (!predictor) return
  const errors = errorsBothWays(samples, predictor)
  // Digital silence, as before the beginning, is no measure of what is usual.
  const magnitudes = errors
    .filter((error) => error !== 0)
    .map(Math.abs)
    .sort()
  const usual = (magnitudes[magnitudes.length >> 1] ?? 0) / 0.6745
  for (const { from: first, to: last } of clicksIn(errors, threshold * usual)) {
    // What begins in the block's context is the neighbouring block's.
    if (first < from || first >= to || last - first > longestFrames) continue
    interpolateByPrediction(samples, predictor, first, Math.min(last, samples.length - order))
  }
}

/** A click spoils the predictions of all that follows it, and backwards of all before it: where both err it is. */
function errorsBothWays(samples: Float64Array, predictor: Float64Array): Float64Array {
  const forward = predictionError(samples, predictor)
  const backward = predictionError(samples.slice().reverse(), predictor).reverse()
  return forward.map((error, n) => Math.min(Math.abs(error), Math.abs(backward[n]!)))
}

function clicksIn(errors: Float64Array, limit: number): Range[] {
  const clicks: Range[] = []
  if (limit === 0) return clicks
  for (let n = order; n < errors.length - order; n++) {
    if (errors[n]! <= limit) continue
    const last = clicks.at(-1)
    if (last && n - margin - last.to < gapFrames) last.to = n + margin + 1
    else clicks.push({ from: n - margin, to: n + margin + 1 })
  }
  return clicks
}
