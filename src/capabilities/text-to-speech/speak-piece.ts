import { reshapeVoice, type VoicePart } from '../../audio/reshape-voice'
import type { JobContext } from '../../inference/engine'
import type { ModelLease } from '../../inference/model-cache'
import type { Prosody, SpokenWord } from '../../text/utterance'
import type { TextToSpeechParameters } from './index'
import type { ModelVoice } from '../speech-models'
import type { SpeakInput, Spoken, VocoderInput, WordSpan } from './voice-model'

/** The models of a task. */
export interface Speaker {
  model: ModelLease<SpeakInput, Spoken>
  /** Null for models that give sound themselves. */
  vocoder: ModelLease<VocoderInput, Float32Array> | null
  voice: ModelVoice
  sampleRateHz: number
}

/** Sound without silence around it, faded at both ends. */
export interface SpokenPiece {
  samples: Float32Array
  /** One of each word, in seconds from the beginning. */
  words: WordSpan[]
  problem: string | null
}

type Wishes = Pick<TextToSpeechParameters, 'speed' | 'pitch' | 'volume' | 'sigma' | 'denoiser'>

/** What an emphasis does to pace, pitch and loudness. */
const emphases: Record<Prosody['emphasis'], { rate: number; semitones: number; decibels: number }> = {
  reduced: { rate: 1.12, semitones: -0.5, decibels: -2 },
  none: { rate: 1, semitones: 0, decibels: 0 },
  moderate: { rate: 0.94, semitones: 0.8, decibels: 1 },
  strong: { rate: 0.86, semitones: 1.6, decibels: 2.5 },
}
const [slowest, fastest] = [0.4, 3]
const [lowestPitch, highestPitch] = [0.4, 2.5]

/** Speaks some words: acoustic model, vocoder, then what pace, pitch and loudness the text and the job ask for. */
export async function speakPiece(
  { model, vocoder, voice, sampleRateHz }: Speaker,
  words: readonly SpokenWord[],
  wishes: Wishes,
  seed: number,
  job: JobContext,
): Promise<SpokenPiece> {
  const wanted = words.map(({ prosody }) => wantedOf(prosody, wishes))
  const rate = wanted.every((part) => part.rate === wanted[0]!.rate) ? wanted[0]!.rate : 1
  const spoken = await model.model.run({ words, voice, rate, seed }, job)
  const raw =
    spoken.sound.kind === 'samples'
      ? spoken.sound.samples
      : await vocoder!.model.run(
          { mel: spoken.sound.mel, seed, sigma: wishes.sigma, denoiser: wishes.denoiser },
          job,
        )
  const { samples, from } = trimSilence(raw, sampleRateHz, spoken.words[0]?.start ?? 0)
  const toSample = (seconds: number) =>
    Math.min(samples.length, Math.max(0, Math.round(seconds * sampleRateHz) - from))
  const parts = partsOf(
    wanted.map((part) => ({ ...part, rate: part.rate / spoken.rate })),
    spoken.words.map(({ start }) => toSample(start)),
    samples.length,
  )
  const reshaped = reshapeVoice(samples, sampleRateHz, parts)
  fadeEdges(reshaped.samples, sampleRateHz)
  const placed = (seconds: number) => reshaped.place(toSample(seconds)) / sampleRateHz
  return {
    samples: reshaped.samples,
    words: spoken.words.map(({ start, end }) => ({ start: placed(start), end: placed(end) })),
    problem: spoken.problem,
  }
}

type Wanted = Omit<VoicePart, 'length'>

function wantedOf(prosody: Prosody, { speed, pitch, volume }: Wishes): Wanted {
  const emphasis = emphases[prosody.emphasis]
  const semitones = prosody.pitchSemitones + pitch + emphasis.semitones
  return {
    rate: clamp(prosody.rate * speed * emphasis.rate, slowest, fastest),
    pitch: clamp(2 ** (semitones / 12), lowestPitch, highestPitch),
    gain: 10 ** ((prosody.volumeDb + volume + emphasis.decibels) / 20),
  }
}

/** A part for every run of words that want the same; the first begins with the sound, each ends where the next begins. */
function partsOf(wanted: readonly Wanted[], starts: readonly number[], length: number): VoicePart[] {
  const parts: VoicePart[] = []
  let from = 0
  for (const [index, part] of wanted.entries()) {
    const next = wanted[index + 1]
    if (next?.rate === part.rate && next.pitch === part.pitch && next.gain === part.gain) continue
    const to = next ? Math.max(from, starts[index + 1]!) : length
    parts.push({ ...part, length: to - from })
    from = to
  }
  return parts
}

const frameSeconds = 0.005
/** Of the loudest frame. */
const silenceDb = -42
const marginSeconds = 0.03

/** A breath before the first word may be louder than silence; no sound of the word begins so long before it. */
const earliestOnsetSeconds = 0.1
/** Where attention found the first word later than this, it is not to be trusted. */
const longestBreathSeconds = 0.3

/**
 * The sound without the silence before and after it, but for a little; all of it where all is silent.
 * @param firstWord Seconds at which the first word begins.
 */
function trimSilence(
  samples: Float32Array,
  sampleRateHz: number,
  firstWord: number,
): { samples: Float32Array; from: number } {
  const frame = Math.round(frameSeconds * sampleRateHz)
  const levels: number[] = []
  for (let at = 0; at < samples.length; at += frame) {
    let power = 0
    for (const sample of samples.subarray(at, at + frame)) power += sample * sample
    levels.push(power / frame)
  }
  const limit = levels.reduce((largest, level) => Math.max(largest, level), 0) * 10 ** (silenceDb / 10)
  const first = levels.findIndex((level) => level > limit)
  if (first < 0) return { samples, from: 0 }
  const margin = Math.round(marginSeconds * sampleRateHz)
  const breath = Math.min(firstWord - earliestOnsetSeconds, longestBreathSeconds)
  const from = Math.max(0, Math.round(breath * sampleRateHz), first * frame - margin)
  const to = Math.min(samples.length, (levels.findLastIndex((level) => level > limit) + 1) * frame + margin)
  return { samples: samples.subarray(from, to), from }
}

const fadeSeconds = 0.006

function fadeEdges(samples: Float32Array, sampleRateHz: number): void {
  const length = Math.min(Math.round(fadeSeconds * sampleRateHz), samples.length >> 1)
  for (let at = 0; at < length; at++) {
    const gain = 0.5 - 0.5 * Math.cos((Math.PI * (at + 0.5)) / length)
    samples[at]! *= gain
    samples[samples.length - 1 - at]! *= gain
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
