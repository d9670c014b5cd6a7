import { createWeightedPower } from './loudness'
import { frameCount, peakOf, type PcmBlock } from './pcm'
import { createLevelHistogram, type LevelHistogram } from './quality-histogram'
import { createTruePeakMeter } from './quality-true-peak'

/** What can be measured of sound by itself. */
export interface SoundQuality {
  durationSeconds: number
  /** ITU-R BS.1770-4; null where nothing is loud enough to be measured. */
  integratedLufs: number | null
  /** EBU Tech 3342; null for sound below 3 seconds. */
  loudnessRangeLu: number | null
  /** Null for digital silence. */
  truePeakDbtp: number | null
  /** Samples of all channels at full scale, in runs of two or more. */
  clippedSamples: number
  /** Level (RMS) that the quietest tenth of the sound stays below, at least −120; null below half a second. */
  noiseFloorDbfs: number | null
}

/** Measures a stream on its way, in memory that does not grow with it. */
export interface QualityMeter {
  push(block: PcmBlock): void
  result(): SoundQuality
}

/** A tenth of a second is the step of both windows of BS.1770 and Tech 3342. */
const stepSeconds = 0.1
const momentarySteps = 4
const shortTermSteps = 30
const absoluteGateLufs = -70
const integratedGateLu = -10
const rangeGateLu = -20
const rangeShares = [0.1, 0.95] as const
const noiseWindowSeconds = 0.05
const noiseShare = 0.1
const fewestNoiseWindows = 10
const silentDb = -120
/** Full scale of 16-bit samples. */
const fullScale = 32_767 / 32_768

/** Weights of the channels of 5.0 and 5.1, whose effects channel does not count; all others count alike. */
const surroundWeights: Readonly<Record<number, readonly number[]>> = {
  5: [1, 1, 1, 1.41, 1.41],
  6: [1, 1, 1, 0, 1.41, 1.41],
}

const lufs = (power: number) => -0.691 + 10 * Math.log10(power)
const decibels = (power: number) => Math.max(silentDb, 10 * Math.log10(power))

export function createQualityMeter(sampleRateHz: number, channels: number): QualityMeter {
  const weights = surroundWeights[channels] ?? Array.from({ length: channels }, () => 1)
  const filters = weights.map(() => createWeightedPower(sampleRateHz))
  const truePeak = createTruePeakMeter(channels)
  const clipping = createClippingCounter(channels)
  const momentary = createLevelHistogram()
  const shortTerm = createLevelHistogram()
  const noise = createNoiseFloor(sampleRateHz, channels)
  const stepFrames = Math.round(stepSeconds * sampleRateHz)
  /** Power of the last steps, a ring. */
  const steps = new Float64Array(shortTermSteps)
  let stepCount = 0
  let filled = 0
  let stepPower = 0
  let frames = 0

  const meanOf = (count: number) => {
    let sum = 0
    for (let back = 1; back <= count; back++) sum += steps[(stepCount - back) % shortTermSteps]!
    return sum / count
  }
  const endStep = () => {
    steps[stepCount++ % shortTermSteps] = stepPower / filled
    stepPower = 0
    filled = 0
    if (stepCount >= momentarySteps) momentary.add(lufs(meanOf(momentarySteps)))
    if (stepCount >= shortTermSteps) shortTerm.add(lufs(meanOf(shortTermSteps)))
  }

  return {
    push(block) {
      const length = frameCount(block)
      for (let start = 0; start < length;) {
        const end = Math.min(length, start + stepFrames - filled)
        filters.forEach((filter, channel) => {
          stepPower += weights[channel]! * filter(block.channels[channel]!, start, end)
        })
        filled += end - start
        start = end
        if (filled === stepFrames) endStep()
      }
      truePeak.push(block)
      clipping.push(block)
      noise.push(block)
      frames += length
    },
    result() {
      const tooShort = stepCount < momentarySteps && frames > 0
      const whole = (meanOf(stepCount) * stepCount * stepFrames + stepPower) / Math.max(1, frames)
      const peak = truePeak.peak()
      return {
        durationSeconds: frames / sampleRateHz,
        integratedLufs: tooShort ? audible(lufs(whole)) : integrated(momentary),
        loudnessRangeLu: stepCount < shortTermSteps ? null : range(shortTerm),
        truePeakDbtp: peak === 0 ? null : 20 * Math.log10(peak),
        clippedSamples: clipping.count(),
        noiseFloorDbfs: noise.level(),
      }
    },
  }
}

const audible = (level: number) => (level > absoluteGateLufs ? level : null)

function integrated(momentary: LevelHistogram): number | null {
  const first = momentary.meanLevel(absoluteGateLufs)
  return first === null ? null : momentary.meanLevel(first + integratedGateLu)
}

function range(shortTerm: LevelHistogram): number {
  const mean = shortTerm.meanLevel(absoluteGateLufs)
  if (mean === null) return 0
  const gate = mean + rangeGateLu
  const [low, high] = rangeShares.map((share) => shortTerm.percentile(share, gate) ?? 0)
  return high! - low!
}

function createClippingCounter(channels: number) {
  const runs = new Float64Array(channels)
  let count = 0
  return {
    push(block: PcmBlock) {
      block.channels.forEach((samples, channel) => {
        count += clippedIn(samples, runs, channel)
      })
    },
    count: () => count,
  }
}

/** Counts, and keeps how long the run at the end is. */
function clippedIn(samples: Float32Array, runs: Float64Array, channel: number): number {
  let run = runs[channel]!
  let count = 0
  if (peakOf(samples) < fullScale) {
    runs[channel] = 0
    return 0
  }
  for (const sample of samples) {
    if (Math.abs(sample) < fullScale) run = 0
    else {
      run += 1
      if (run > 1) count += run === 2 ? 2 : 1
    }
  }
  runs[channel] = run
  return count
}

function createNoiseFloor(sampleRateHz: number, channels: number) {
  const levels = createLevelHistogram()
  const windowFrames = Math.round(noiseWindowSeconds * sampleRateHz)
  let windows = 0
  let filled = 0
  let power = 0
  return {
    push(block: PcmBlock) {
      const length = frameCount(block)
      for (let start = 0; start < length;) {
        const end = Math.min(length, start + windowFrames - filled)
        for (const samples of block.channels) power += powerOf(samples, start, end)
        filled += end - start
        start = end
        if (filled < windowFrames) continue
        levels.add(decibels(power / (windowFrames * channels)))
        windows += 1
        filled = 0
        power = 0
      }
    },
    level: () => (windows < fewestNoiseWindows ? null : levels.percentile(noiseShare, silentDb)),
  }
}

function powerOf(samples: Float32Array, start: number, end: number): number {
  let sum = 0
  for (let at = start; at < end; at++) sum += samples[at]! * samples[at]!
  return sum
}
