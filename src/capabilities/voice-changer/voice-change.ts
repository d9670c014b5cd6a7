import { statisticsRateHz, type VoiceStatistics } from './voice-statistics'

/** What is asked for. */
export interface ChangeRequest {
  source: VoiceStatistics
  /** Null where pitch and formants are shifted only. */
  target: VoiceStatistics | null
  /** Null = as the target's; none without a target. */
  pitchSemitones: number | null
  formantSemitones: number | null
  /** How much of the way is gone, 0–1. */
  strength: number
}

/** What is done to every voiced frame. */
export interface VoiceChange {
  /** Null where the pitch stays. */
  pitch: ((hz: number) => number) | null
  /** Factor of all frequencies of the envelope: above 1 the vocal tract becomes shorter. */
  warp: number
  /** Natural logarithms of the factors of power and of aperiodicity; from 0 Hz to half of `statisticsRateHz`. */
  logEqualiser: Float64Array
  logBreath: Float64Array
}

const lowestHz = 55
/** An octave above the highest pitch that is tracked. */
const highestHz = 1400
const mostEqualiserNepers = 2.8
const halfTrustSeconds = 1
const mostBreathNepers = 0.7
/** A voice's range is stretched or narrowed by no more than this. */
const mostRange = 1.4
const warps = Array.from({ length: 46 }, (_, n) => 0.8 + 0.01 * n)
/** Vocal tracts follow pitch: from men to women by 1.7 against 1.16. */
const tractPerPitch = 0.28
/** Trust in that against what the envelopes show. */
const priorWeight = 20

/** Works out the way from one voice to another from what was measured of both. */
export function planChange(request: ChangeRequest): VoiceChange {
  const { source, target, strength } = request
  const full = target && request.formantSemitones === null ? estimateWarp(source, target) : 1
  const asked = 2 ** ((request.formantSemitones ?? 0) / 12)
  const warp = (full * asked) ** strength
  const bins = source.logEnvelope.length
  return {
    pitch: planPitch(request),
    warp,
    logEqualiser: target ? equaliser(source, target, warp, strength) : new Float64Array(bins),
    logBreath: target
      ? source.logAperiodicity.map((value, bin) =>
          clamp(strength * (target.logAperiodicity[bin]! - value), mostBreathNepers),
        )
      : new Float64Array(bins),
  }
}

/**
 * Shifts by what is asked, or maps mean and deviation of the logarithmic pitch. A song keeps its melody and its key: it
 * moves by whole octaves.
 */
function planPitch({ source, target, pitchSemitones, strength }: ChangeRequest): VoiceChange['pitch'] {
  const within = (hz: number) => Math.min(highestHz, Math.max(lowestHz, hz))
  const by = (factor: number) => (factor === 1 ? null : (hz: number) => within(hz * factor))
  if (pitchSemitones !== null) return by(2 ** ((strength * pitchSemitones) / 12))
  if (!target || strength === 0) return null
  const from = source.logPitch
  const to = target.logPitch
  if (source.sings) return by(2 ** Math.round((strength * (to.mean - from.mean)) / Math.LN2))
  const stretch = to.standardDeviation / Math.max(from.standardDeviation, 0.02)
  const range = Math.min(mostRange, Math.max(1 / mostRange, stretch))
  return (hz) => {
    const mapped = to.mean + range * (Math.log(hz) - from.mean)
    return within(Math.exp(Math.log(hz) + strength * (mapped - Math.log(hz))))
  }
}

/**
 * Ratio of the lengths of two vocal tracts: the stretch of frequency under which the peaks of the mean envelopes meet
 * best, near to what the pitches let expect.
 */
function estimateWarp(source: VoiceStatistics, target: VoiceStatistics): number {
  const expected = tractPerPitch * (target.logPitch.mean - source.logPitch.mean)
  const bandwidthHz = Math.min(source.bandwidthHz, target.bandwidthHz, 5000)
  const perHz = (2 * (source.logEnvelope.length - 1)) / statisticsRateHz
  const first = Math.round(250 * perHz)
  const last = Math.round((bandwidthHz - 250) * perHz)
  const wanted = peaksOf(target.logEnvelope, perHz)
  let best = 1
  let bestScore = -Infinity
  for (const warp of warps) {
    const peaks = peaksOf(warped(source.logEnvelope, warp), perHz)
    const score = correlation(peaks, wanted, first, last) - priorWeight * (Math.log(warp) - expected) ** 2
    if (score > bestScore) {
      best = warp
      bestScore = score
    }
  }
  return best
}

function equaliser(source: VoiceStatistics, target: VoiceStatistics, warp: number, strength: number) {
  const bins = source.logEnvelope.length
  const perHz = (2 * (bins - 1)) / statisticsRateHz
  const moved = warped(source.logEnvelope, warp)
  const lastBin = Math.floor(Math.min(source.bandwidthHz, target.bandwidthHz) * 0.95 * perHz)
  const difference = moved.map((_, at) => {
    const bin = Math.min(at, lastBin)
    return target.logEnvelope[bin]! - moved[bin]!
  })
  // What was said in a short sample colours its mean as much as who said it.
  const trust = Math.min(source.voicedSeconds, target.voicedSeconds)
  const share = strength * (trust / (trust + halfTrustSeconds))
  return smoothed(difference, (bin) => Math.round((80 + 0.08 * (bin / perHz)) * perHz)).map((value) =>
    clamp(share * value, mostEqualiserNepers),
  )
}

/** A curve over frequency, stretched by a factor; its end goes on beyond. */
export function warped(curve: Float64Array, warp: number): Float64Array {
  const last = curve.length - 1
  return Float64Array.from(curve, (_, bin) => {
    const at = Math.min(bin / warp, last)
    const low = Math.min(Math.floor(at), last - 1)
    return curve[low]! + (at - low) * (curve[low + 1]! - curve[low]!)
  })
}

function peaksOf(curve: Float64Array, perHz: number): Float64Array {
  const near = smoothed(curve, () => Math.round(90 * perHz))
  const wide = smoothed(curve, () => Math.round(700 * perHz))
  return near.map((value, bin) => value - wide[bin]!)
}

/** Mean over as many bins to either side as `reach` says. */
function smoothed(curve: Float64Array, reach: (bin: number) => number): Float64Array {
  const sums = new Float64Array(curve.length + 1)
  for (let bin = 0; bin < curve.length; bin++) sums[bin + 1] = sums[bin]! + curve[bin]!
  return Float64Array.from(curve, (_, bin) => {
    const first = Math.max(0, bin - reach(bin))
    const end = Math.min(curve.length, bin + reach(bin) + 1)
    return (sums[end]! - sums[first]!) / (end - first)
  })
}

function correlation(a: Float64Array, b: Float64Array, first: number, last: number): number {
  let ab = 0
  let aa = 1e-12
  let bb = 1e-12
  for (let bin = first; bin <= last; bin++) {
    ab += a[bin]! * b[bin]!
    aa += a[bin]! ** 2
    bb += b[bin]! ** 2
  }
  return ab / Math.sqrt(aa * bb)
}

function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value))
}
