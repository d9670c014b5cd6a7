import { integratedLoudness } from '../../audio/loudness'
import type { HeardVoices } from '../listening'

/** One thing that was looked at, for people and for the API. */
export interface Finding {
  check: 'speech' | 'level' | 'clipping' | 'noise' | 'speakers'
  passed: boolean
  /** Seconds of speech, LUFS, share of speech that is clipped, dB of speech above noise, speakers. */
  value: number | null
  advice: string | null
}

export interface SampleSound {
  /** 16 kHz, one channel. */
  samples: Float32Array
  /** Share of samples, as recorded, that lie in runs at full scale. */
  clippedShare: number
}

const rateHz = 16_000
const shortestSeconds = 4
const longestSeconds = 300
const quietestLufs = -45
const mostClipped = 0.001
const leastSpeechToNoiseDb = 15
/** Another voice may be heard this long: a word from behind the door is forgiven. */
const strangerSeconds = 1.5
const strangerShare = 0.1
/** A recording whose mean power is below this holds nothing. */
const silentDbfs = -60
const frameSamples = rateHz / 50
/** Sound next to speech is its beginning or its echo, not the noise of the room. */
const marginSeconds = 0.15
const cleanestDb = 80

/** Everything that was found, and the speech itself, one stretch behind the other. */
export function checkSample(
  sound: SampleSound,
  heard: HeardVoices,
): { findings: Finding[]; speech: Float32Array; loudnessLufs: number } {
  const speech = speechOf(sound.samples, heard.speech)
  const loudnessLufs = integratedLoudness(speech, rateHz)
  const seconds = speech.length / rateHz
  const findings = [checkSpeech(seconds, sound.samples)]
  if (seconds >= 1) {
    findings.push(
      checkLevel(loudnessLufs),
      checkClipping(sound.clippedShare, seconds / (sound.samples.length / rateHz)),
      checkNoise(sound.samples, heard.speech),
      checkSpeakers(heard.turns),
    )
  }
  return { findings, speech, loudnessLufs }
}

function speechOf(samples: Float32Array, regions: HeardVoices['speech']): Float32Array {
  const parts = regions.map(({ start, end }) =>
    samples.subarray(Math.round(start * rateHz), Math.round(end * rateHz)),
  )
  const speech = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    speech.set(part, at)
    at += part.length
  }
  return speech
}

function checkSpeech(seconds: number, samples: Float32Array): Finding {
  const passed = seconds >= shortestSeconds && seconds <= longestSeconds
  const finding = { check: 'speech' as const, passed, value: rounded(seconds) }
  if (passed) return { ...finding, advice: null }
  if (seconds > longestSeconds) {
    return {
      ...finding,
      advice: `The sample holds ${Math.round(seconds)} seconds of speech; up to ${longestSeconds} are used. Cut it shorter.`,
    }
  }
  if (seconds >= 1) {
    return {
      ...finding,
      advice: `The sample holds ${seconds.toFixed(1)} seconds of speech; ${shortestSeconds} are needed at least, and 15 to 30 are best. Read a few sentences.`,
    }
  }
  return {
    ...finding,
    advice:
      decibels(powerOf(samples)) < silentDbfs
        ? 'The recording is silent. See that the microphone is on and chosen, and record again.'
        : 'No speech was heard, but music or noise. Record a person who speaks, with nothing else in the room.',
  }
}

function checkLevel(loudnessLufs: number): Finding {
  const passed = loudnessLufs >= quietestLufs
  return {
    ...{ check: 'level', passed, value: rounded(loudnessLufs) },
    advice: passed
      ? null
      : 'The voice is very quiet. Come nearer to the microphone, or turn its level up, and record again.',
  }
}

/** Clipping is where speech is. */
function checkClipping(clippedShare: number, speechShare: number): Finding {
  const share = clippedShare / Math.max(speechShare, 0.01)
  const passed = share <= mostClipped
  return {
    ...{ check: 'clipping', passed, value: rounded(share) },
    advice: passed
      ? null
      : 'The recording is distorted: it was too loud. Turn the microphone’s level down, or sit further away, and record again.',
  }
}

function checkNoise(samples: Float32Array, regions: HeardVoices['speech']): Finding {
  const value = speechToNoiseDb(samples, regions)
  const passed = value >= leastSpeechToNoiseDb
  return {
    ...{ check: 'noise', passed, value: rounded(value) },
    advice: passed
      ? null
      : 'There is too much noise or music behind the voice. Record in a quiet room, or run Noise removal on the recording first.',
  }
}

function checkSpeakers(turns: HeardVoices['turns']): Finding {
  const seconds = new Map<number, number>()
  for (const { speaker, start, end } of turns) seconds.set(speaker, (seconds.get(speaker) ?? 0) + end - start)
  const total = [...seconds.values()].reduce((sum, value) => sum + value, 0)
  const present = [...seconds.values()].filter(
    (value) => value >= strangerSeconds && value >= strangerShare * total,
  )
  const passed = present.length <= 1
  return {
    ...{ check: 'speakers', passed, value: present.length },
    advice: passed
      ? null
      : `${present.length} people speak in the recording. A sample must hold one voice alone: cut the others out with the Voice editor, or record again.`,
  }
}

/**
 * Mean power of speech over that of the room: the median of what lies between stretches of speech, so that a syllable
 * that was not taken for speech does not count as noise, or where it is all speech its quietest twentieth. 20 ms frames.
 */
function speechToNoiseDb(samples: Float32Array, regions: HeardVoices['speech']): number {
  const inside: number[] = []
  const outside: number[] = []
  for (let start = 0; start + frameSamples <= samples.length; start += frameSamples) {
    const power = powerOf(samples.subarray(start, start + frameSamples))
    const time = (start + frameSamples / 2) / rateHz
    if (regions.some((region) => time >= region.start && time < region.end)) inside.push(power)
    else if (
      regions.every((region) => time < region.start - marginSeconds || time > region.end + marginSeconds)
    )
      outside.push(power)
  }
  const room = outside.length >= 15 ? quantile(outside, 0.5) : quantile(inside, 0.05)
  const speech = mean(inside)
  return Math.min(cleanestDb, decibels(Math.max(speech - room, room * 1e-3)) - decibels(room))
}

/** Share of samples in runs of three and more at full scale; one alone may be a peak that was normalised. */
export function createClippingMeter() {
  let run = 0
  let clipped = 0
  let total = 0
  return {
    add(samples: Float32Array): void {
      total += samples.length
      for (const sample of samples) {
        if (Math.abs(sample) >= 0.999) {
          run++
          clipped += run === 3 ? 3 : run > 3 ? 1 : 0
        } else run = 0
      }
    },
    share: () => (total > 0 ? clipped / total : 0),
  }
}

function powerOf(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return samples.length > 0 ? sum / samples.length : 0
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0
}

const decibels = (power: number) => 10 * Math.log10(Math.max(power, 1e-12))
const mean = (values: readonly number[]) =>
  values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : 0
const rounded = (value: number) => Math.round(value * 1000) / 1000
