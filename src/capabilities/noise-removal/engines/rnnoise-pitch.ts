import { createComplexFft } from '../../../audio/fft'
import { createRealFft } from '../../../audio/fft-real'
import { FRAME } from './rnnoise-bands'

/**
 * RNNoise's pitch tracker, which is Opus': an open-loop search on whitened audio at a quarter of the rate, refined at
 * half the rate, then a check whether a fraction of the period explains the frame as well.
 *
 * Lags below are in samples at 24 kHz ("half rate") unless a name says otherwise.
 */

const MIN_PERIOD = 60
export const MAX_PERIOD = 768
const PITCH_FRAME = 960
export const PITCH_HISTORY = MAX_PERIOD + PITCH_FRAME
const HALF = PITCH_HISTORY / 2
const HALF_FRAME = PITCH_FRAME / 2
const HALF_MAX = MAX_PERIOD / 2
const HALF_MIN = MIN_PERIOD / 2
/** The search stops short of the shortest periods: those are found as fractions of longer ones. */
const SEARCH_LAGS = (MAX_PERIOD - 3 * MIN_PERIOD) / 2
const COARSE_LAGS = Math.floor(SEARCH_LAGS / 2)
const COARSE_FRAME = HALF_FRAME / 2
const COARSE_SPAN = COARSE_FRAME + COARSE_LAGS
/** Transform length for the coarse correlation: no lag wraps around. */
const COARSE_FFT = 400
const SECOND_CHECK = [0, 0, 3, 2, 3, 2, 5, 2, 3, 2, 3, 2, 5, 2, 3, 2]

export interface PitchTracker {
  /**
   * Takes the last 1,728 samples at 48 kHz (16-bit scale), of which 480 are new since the last call.
   * @returns The period in samples at 48 kHz, 60–768.
   */
  track(history: Float64Array): number
}

function dot(a: Float64Array, aStart: number, bStart: number): number {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  for (let n = 0; n < HALF_FRAME; n += 4) {
    s0 += a[aStart + n]! * a[bStart + n]!
    s1 += a[aStart + n + 1]! * a[bStart + n + 1]!
    s2 += a[aStart + n + 2]! * a[bStart + n + 2]!
    s3 += a[aStart + n + 3]! * a[bStart + n + 3]!
  }
  return s0 + s1 + (s2 + s3)
}

/** Linear prediction of order 4 by Levinson and Durbin, with Opus' early end at 30 dB of gain. */
function predictor(correlation: Float64Array, out: Float64Array): void {
  out.fill(0)
  let error = correlation[0]!
  if (error === 0) return
  for (let i = 0; i < 4; i++) {
    let sum = correlation[i + 1]!
    for (let j = 0; j < i; j++) sum += out[j]! * correlation[i - j]!
    const reflection = -sum / error
    out[i] = reflection
    for (let j = 0; j < (i + 1) >> 1; j++) {
      const a = out[j]!
      const b = out[i - 1 - j]!
      out[j] = a + reflection * b
      out[i - 1 - j] = b + reflection * a
    }
    error -= reflection * reflection * error
    if (error < 0.001 * correlation[0]!) break
  }
}

/** Flattens the spectrum of `low` into `flat`, so that formants do not pass for a pitch. */
function whiten(low: Float64Array, flat: Float64Array, correlation: Float64Array, lpc: Float64Array): void {
  let c0 = 0
  let c1 = 0
  let c2 = 0
  let c3 = 0
  let c4 = 0
  let p1 = 0
  let p2 = 0
  let p3 = 0
  let p4 = 0
  for (let n = 0; n < HALF; n++) {
    const x = low[n]!
    c0 += x * x
    c1 += x * p1
    c2 += x * p2
    c3 += x * p3
    c4 += x * p4
    p4 = p3
    p3 = p2
    p2 = p1
    p1 = x
  }
  // A noise floor of −40 dB and a lag window keep the predictor tame.
  correlation[0] = c0 * 1.0001
  correlation[1] = c1 * (1 - 0.008 ** 2)
  correlation[2] = c2 * (1 - 0.016 ** 2)
  correlation[3] = c3 * (1 - 0.024 ** 2)
  correlation[4] = c4 * (1 - 0.032 ** 2)
  predictor(correlation, lpc)
  const a0 = lpc[0]! * 0.9
  const a1 = lpc[1]! * 0.81
  const a2 = lpc[2]! * 0.729
  const a3 = lpc[3]! * 0.6561
  const f0 = a0 + 0.8
  const f1 = a1 + 0.8 * a0
  const f2 = a2 + 0.8 * a1
  const f3 = a3 + 0.8 * a2
  const f4 = 0.8 * a3
  let m1 = 0
  let m2 = 0
  let m3 = 0
  let m4 = 0
  let m5 = 0
  for (let n = 0; n < HALF; n++) {
    const x = low[n]!
    flat[n] = x + f0 * m1 + f1 * m2 + f2 * m3 + f3 * m4 + f4 * m5
    m5 = m4
    m4 = m3
    m3 = m2
    m2 = m1
    m1 = x
  }
}

/** The two lags of the largest normalised correlation, best first. `step` is the decimation of `y` in `flat`. */
function bestLags(
  correlation: Float64Array,
  flat: Float64Array,
  step: number,
  frame: number,
  lags: number,
  best: Int32Array,
): void {
  let energy = 1
  for (let n = 0; n < frame; n++) energy += flat[n * step]! * flat[n * step]!
  let firstScore = -1
  let firstEnergy = 0
  let secondScore = -1
  let secondEnergy = 0
  best[0] = 0
  best[1] = 1
  for (let lag = 0; lag < lags; lag++) {
    const value = correlation[lag]!
    if (value > 0) {
      const score = value * value
      if (score * secondEnergy > secondScore * energy) {
        if (score * firstEnergy > firstScore * energy) {
          secondScore = firstScore
          secondEnergy = firstEnergy
          best[1] = best[0]!
          firstScore = score
          firstEnergy = energy
          best[0] = lag
        } else {
          secondScore = score
          secondEnergy = energy
          best[1] = lag
        }
      }
    }
    const entering = flat[(lag + frame) * step]!
    const leaving = flat[lag * step]!
    energy = Math.max(1, energy + entering * entering - leaving * leaving)
  }
}

/** −1, 0 or 1: the side to which a peak at b leans between its neighbours. */
function lean(a: number, b: number, c: number): number {
  if (c - a > 0.7 * (b - a)) return 1
  return a - c > 0.7 * (b - c) ? -1 : 0
}

/** Correlation at a quarter of the rate for all lags at once, by the transform of both signals packed as one. */
function createCoarseCorrelation() {
  const forward = createComplexFft(COARSE_FFT)
  const backward = createRealFft(COARSE_FFT)
  const packed = new Float64Array(2 * COARSE_FFT)
  const product = new Float64Array(backward.spectrumLength)
  return (flat: Float64Array, out: Float64Array): void => {
    packed.fill(0)
    for (let n = 0; n < COARSE_FRAME; n++) packed[2 * n] = flat[HALF_MAX + 2 * n]!
    for (let n = 0; n < COARSE_SPAN - 1; n++) packed[2 * n + 1] = flat[2 * n]!
    forward.forward(packed)
    for (let k = 0; k <= COARSE_FFT / 2; k++) {
      const mirror = k === 0 ? 0 : COARSE_FFT - k
      const ar = packed[2 * k]!
      const ai = packed[2 * k + 1]!
      const br = packed[2 * mirror]!
      const bi = packed[2 * mirror + 1]!
      // conj(X)·Y from Z = X + iY: with X = (A + conj B)/2 and Y = (A − conj B)/2i.
      const xr = ar + br
      const xi = ai - bi
      const yr = ai + bi
      const yi = br - ar
      product[2 * k] = 0.25 * (xr * yr + xi * yi)
      product[2 * k + 1] = 0.25 * (xr * yi - xi * yr)
    }
    backward.inverse(product, out)
  }
}

function createSearch() {
  const correlate = createCoarseCorrelation()
  const coarse = new Float64Array(COARSE_FFT)
  const fine = new Float64Array(SEARCH_LAGS)
  const best = new Int32Array(2)
  /** @returns The period at 48 kHz. */
  return (flat: Float64Array): number => {
    correlate(flat, coarse)
    bestLags(coarse, flat, 2, COARSE_FRAME, COARSE_LAGS, best)
    const near = [2 * best[0]!, 2 * best[1]!] as const
    fine.fill(0)
    for (const centre of near) {
      for (let lag = Math.max(0, centre - 2); lag <= Math.min(SEARCH_LAGS - 1, centre + 2); lag++) {
        fine[lag] = Math.max(-1, dot(flat, HALF_MAX, lag))
      }
    }
    bestLags(fine, flat, 1, HALF_FRAME, SEARCH_LAGS, best)
    const lag = best[0]!
    const inside = lag > 0 && lag < SEARCH_LAGS - 1
    const offset = inside ? lean(fine[lag - 1]!, fine[lag]!, fine[lag + 1]!) : 0
    return MAX_PERIOD - (2 * lag - offset)
  }
}

function normalised(xy: number, xx: number, yy: number): number {
  return xy / Math.sqrt(1 + xx * yy)
}

/** Replaces a multiple of the true period by the period, with a bias towards the last frame's. */
function createDoublingCheck() {
  const energies = new Float64Array(HALF_MAX + 1)
  let lastPeriod = 0
  let lastGain = 0

  const threshold = (period: number, base: number, kept: number): number => {
    if (period < 3 * HALF_MIN) return Math.max(0.4, 0.85 * base - kept)
    return Math.max(0.3, 0.7 * base - kept)
  }

  return (flat: Float64Array, found: number): number => {
    const start = Math.min(HALF_MAX - 1, found >> 1)
    const previous = lastPeriod >> 1
    const xx = dot(flat, HALF_MAX, HALF_MAX)
    energies[0] = xx
    let energy = xx
    for (let lag = 1; lag <= HALF_MAX; lag++) {
      const entering = flat[HALF_MAX - lag]!
      const leaving = flat[HALF_MAX + HALF_FRAME - lag]!
      energy += entering * entering - leaving * leaving
      energies[lag] = Math.max(0, energy)
    }
    let bestXy = dot(flat, HALF_MAX, HALF_MAX - start)
    let bestYy = energies[start]!
    const base = normalised(bestXy, xx, bestYy)
    let gain = base
    let period = start
    for (let k = 2; k <= 15; k++) {
      const shorter = Math.floor((2 * start + k) / (2 * k))
      if (shorter < HALF_MIN) break
      let second = Math.floor((2 * SECOND_CHECK[k]! * start + k) / (2 * k))
      if (k === 2) second = shorter + start > HALF_MAX ? start : start + shorter
      const xy = 0.5 * (dot(flat, HALF_MAX, HALF_MAX - shorter) + dot(flat, HALF_MAX, HALF_MAX - second))
      const yy = 0.5 * (energies[shorter]! + energies[second]!)
      const candidate = normalised(xy, xx, yy)
      const distance = Math.abs(shorter - previous)
      const kept = distance <= 1 ? lastGain : distance <= 2 && 5 * k * k < start ? 0.5 * lastGain : 0
      if (candidate > threshold(shorter, base, kept)) {
        bestXy = xy
        bestYy = yy
        period = shorter
        gain = candidate
      }
    }
    bestXy = Math.max(0, bestXy)
    lastGain = Math.min(gain, bestYy <= bestXy ? 1 : bestXy / (bestYy + 1))
    const around = [-1, 0, 1].map((step) => dot(flat, HALF_MAX, HALF_MAX - (period + step)))
    lastPeriod = Math.max(MIN_PERIOD, 2 * period + lean(around[0]!, around[1]!, around[2]!))
    return lastPeriod
  }
}

export function createPitchTracker(): PitchTracker {
  const low = new Float64Array(HALF)
  const flat = new Float64Array(HALF)
  const correlation = new Float64Array(5)
  const lpc = new Float64Array(4)
  const search = createSearch()
  const check = createDoublingCheck()
  return {
    track(history) {
      low.copyWithin(0, FRAME / 2)
      for (let n = HALF - FRAME / 2; n < HALF; n++) {
        low[n] = 0.5 * (0.5 * (history[2 * n - 1]! + history[2 * n + 1]!) + history[2 * n]!)
      }
      // The first value has no left neighbour in the window.
      const whole = low[0]!
      low[0] = 0.5 * (0.5 * history[1]! + history[0]!)
      whiten(low, flat, correlation, lpc)
      low[0] = whole
      return check(flat, search(flat))
    },
  }
}
