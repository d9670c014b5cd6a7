import { createResampler } from '../../audio/resample'
import { createWorldAnalyser } from '../../audio/world-analysis'
import type { WorldFrame } from '../../audio/world-synthesis'
import { createNoteMeter, isSong } from './note-meter'

/** Statistics of all voices are taken at one rate, so that they can be compared bin by bin. */
export const statisticsRateHz = 16_000

/** How a voice sounds on average. Curves run from 0 Hz to half of `statisticsRateHz`. */
export interface VoiceStatistics {
  voicedSeconds: number
  /** Of the voiced frames: natural logarithm of the pitch in Hz. */
  logPitch: { mean: number; standardDeviation: number }
  /** Whether it sings: its pitch rests on notes of several heights. */
  sings: boolean
  /** Mean of the logarithmic power in each bin, less the mean over speech's main range. */
  logEnvelope: Float64Array
  /** Mean of the logarithmic aperiodicity (amplitudes). */
  logAperiodicity: Float64Array
  /** Syllables a second, pauses left out: rises of the level by 2 dB and more between falls by as much. */
  syllablesPerSecond: number
  /** Up to where the recording holds anything. */
  bandwidthHz: number
}

/** Measures a voice while its recording goes by. */
export interface VoiceMeter {
  push(samples: Float32Array): void
  /** Whether more would hardly change the result. */
  satisfied(): boolean
  /** Null where there is too little voice to speak of. */
  finish(): VoiceStatistics | null
}

const framesPerSecond = 200
const leastVoicedSeconds = 0.25
/** Frames so much quieter than the loudest tell more of the room than of the voice, in nepers of power. */
const quietNepers = 6

/** @param enoughVoicedSeconds So much of the voice is satisfying. */
export function createVoiceMeter(sampleRateHz: number, enoughVoicedSeconds = 45): VoiceMeter {
  const resampler = createResampler(sampleRateHz, statisticsRateHz, 1)
  const analyser = createWorldAnalyser(statisticsRateHz)
  const { bins } = analyser
  const levelBins = levelRange(bins)
  const logEnvelope = new Float64Array(bins)
  const logAperiodicity = new Float64Array(bins)
  const syllables = createSyllableCounter()
  const notes = createNoteMeter(framesPerSecond)
  let loudest = -Infinity
  let count = 0
  let sum = 0
  let squares = 0

  const add = ({ pitchHz, envelope, aperiodicity }: WorldFrame) => {
    const level = meanLog(envelope, levelBins)
    syllables.add(level, pitchHz > 0)
    notes.add(pitchHz)
    if (pitchHz === 0) return
    loudest = Math.max(loudest, level)
    if (level < loudest - quietNepers) return
    count += 1
    sum += Math.log(pitchHz)
    squares += Math.log(pitchHz) ** 2
    for (let bin = 0; bin < bins; bin++) {
      logEnvelope[bin]! += Math.log(envelope[bin]!) - level
      logAperiodicity[bin]! += Math.log(aperiodicity[bin]!)
    }
  }

  return {
    push(samples) {
      const { channels } = resampler.push({ channels: [samples] })
      analyser.push(channels[0]!).forEach(add)
    },
    satisfied: () => count >= enoughVoicedSeconds * framesPerSecond,
    finish() {
      analyser.push(resampler.finish().channels[0]!).forEach(add)
      analyser.finish().forEach(add)
      if (count < leastVoicedSeconds * framesPerSecond) return null
      const mean = sum / count
      return {
        voicedSeconds: count / framesPerSecond,
        logPitch: { mean, standardDeviation: Math.sqrt(Math.max(0, squares / count - mean * mean)) },
        sings: isSong(notes.finish()),
        logEnvelope: logEnvelope.map((value) => value / count),
        logAperiodicity: logAperiodicity.map((value) => value / count),
        syllablesPerSecond: syllables.perSecond(),
        bandwidthHz: Math.min(sampleRateHz, statisticsRateHz) / 2,
      }
    },
  }
}

/** Counts peaks of the level within speech, after N. de Jong and T. Wempe (2009): syllables have one each. */
function createSyllableCounter() {
  const dip = 0.46
  let smooth = -Infinity
  let lowest = Infinity
  let highest = -Infinity
  let rising = false
  let voicedInside = false
  let count = 0
  let speechFrames = 0
  let sinceVoice = Infinity
  return {
    add(level: number, voiced: boolean) {
      smooth = Number.isFinite(smooth) ? smooth + 0.2 * (level - smooth) : level
      sinceVoice = voiced ? 0 : sinceVoice + 1
      // Consonants between voiced sounds are speech, pauses are not.
      if (sinceVoice < 0.2 * framesPerSecond) speechFrames += 1
      voicedInside ||= voiced && rising
      if (rising) {
        highest = Math.max(highest, smooth)
        if (smooth > highest - dip) return
        if (voicedInside) count += 1
        rising = false
        lowest = smooth
      } else {
        lowest = Math.min(lowest, smooth)
        if (smooth < lowest + dip) return
        rising = true
        voicedInside = voiced
        highest = smooth
      }
    },
    perSecond: () => (speechFrames > 0 ? (count * framesPerSecond) / speechFrames : 0),
  }
}

/** Bins of 200–4000 Hz. */
function levelRange(bins: number): [number, number] {
  const perHz = (2 * (bins - 1)) / statisticsRateHz
  return [Math.round(200 * perHz), Math.round(4000 * perHz)]
}

function meanLog(power: Float64Array, [first, last]: [number, number]): number {
  let sum = 0
  for (let bin = first; bin <= last; bin++) sum += Math.log(power[bin]!)
  return sum / (last - first + 1)
}
