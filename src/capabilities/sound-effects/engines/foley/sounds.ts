import { applyCurve, curveAt, type EnvelopePoint } from '../../../../audio/synthesis/envelopes'
import { createBiquad, createOnePole, createStateVariable } from '../../../../audio/synthesis/filters'
import { createGrainMixer } from '../../../../audio/synthesis/granular'
import { createWhiteNoise, type Random } from '../../../../audio/synthesis/noise'
import { createReverb } from '../../../../audio/synthesis/reverb'
import { sineOfTurns, softClip } from '../../../../audio/synthesis/waves'
import type { PcmBlock } from '../../../../audio/pcm'
import { pieceFrames, sampleRateHz } from './effect'
import { rooms } from './scene'

/** What the synthesisers are made of: each gives or changes one channel at the product's rate. */

/** Pitches move every third of a millisecond. */
const controlFrames = 16

export function silence(seconds: number): Float32Array {
  return new Float32Array(Math.max(1, Math.round(seconds * sampleRateHz)))
}

/** Adds a sound to another, which it does not make longer. */
export function mixAt(out: Float32Array, sound: Float32Array, atSeconds: number, gain = 1): Float32Array {
  const start = Math.round(atSeconds * sampleRateHz)
  const end = Math.min(out.length, start + sound.length)
  for (let index = Math.max(0, start); index < end; index++) out[index]! += gain * sound[index - start]!
  return out
}

export function whiteNoise(random: Random, seconds: number): Float32Array {
  const out = silence(seconds)
  createWhiteNoise(random)(out)
  return out
}

/** Changes a sound's spectrum in place. */
export function filtered(
  sound: Float32Array,
  kind: 'lowpass' | 'highpass' | 'bandpass',
  hz: number,
  q?: number,
): Float32Array {
  createBiquad({ kind, hz, ...(q === undefined ? {} : { q }) }, sampleRateHz).run(sound)
  return sound
}

/** Multiplies by e to a straight line: −60 dB after `decaySeconds`. */
export function decaying(sound: Float32Array, decaySeconds: number, attackSeconds = 0.0005): Float32Array {
  const factor = Math.pow(10, -3 / (decaySeconds * sampleRateHz))
  const attack = Math.max(1, attackSeconds * sampleRateHz)
  const risen = Math.min(sound.length, Math.ceil(attack))
  for (let index = 0; index < risen; index++) sound[index]! *= index / attack
  let level = 1
  for (let index = risen; index < sound.length; index++) sound[index]! *= level *= factor
  return sound
}

/** A burst of noise in a band that dies away. */
export function noiseHit(
  random: Random,
  { hz, q = 0.7, decay, attack = 0.0005 }: { hz: number; q?: number; decay: number; attack?: number },
): Float32Array {
  return decaying(filtered(whiteNoise(random, decay * 1.1 + attack), 'bandpass', hz, q), decay, attack)
}

export type Points = readonly EnvelopePoint[]

export function shaped(sound: Float32Array, points: Points): Float32Array {
  return applyCurve(sound, points, sampleRateHz)
}

/** Largest magnitude made `peak`. */
export function toPeak(sound: Float32Array, peak = 1): Float32Array {
  let largest = 1e-9
  for (const sample of sound) largest = Math.max(largest, Math.abs(sample))
  const gain = peak / largest
  for (let index = 0; index < sound.length; index++) sound[index]! *= gain
  return sound
}

/** A sound where it usually happens: what walls or a yard give back is added, and rings on after it. */
export function heardIn(space: 'room' | 'outdoors' | 'hall', sound: Float32Array, share = 1): Float32Array {
  const { shape, wet } = rooms[space]!
  const out = silence(sound.length / sampleRateHz + 0.6 * shape.decaySeconds)
  out.set(sound)
  const reverb = createReverb(shape, sampleRateHz)
  const [room] = reverb.process({ channels: [out, out] }).channels
  return mixAt(out, room!, 0, share * wet)
}

/** Soft clipping: harmonics, and all within ±1. */
export function driven(sound: Float32Array, drive: number): Float32Array {
  for (let index = 0; index < sound.length; index++) sound[index] = softClip(drive * sound[index]!)
  return sound
}

export type WaveShape = 'sine' | 'saw' | 'square' | 'triangle'

/** A band-limited oscillator whose pitch follows a curve (polyBLEP: V. Välimäki and A. Huovilainen, 2007). */
export function tone(
  shape: WaveShape,
  pitch: Points,
  seconds: number,
  wobble: (seconds: number) => number = () => 1,
): Float32Array {
  const out = silence(seconds)
  let phase = 0
  for (let start = 0; start < out.length; start += controlFrames) {
    const time = start / sampleRateHz
    const step = (curveAt(pitch, time) * wobble(time)) / sampleRateHz
    phase = writeWave(out, shape, { start, end: Math.min(out.length, start + controlFrames), phase, step })
  }
  return out
}

interface Stretch {
  start: number
  end: number
  phase: number
  step: number
}

/** Writes a wave of one pitch and gives the phase it has come to. */
function writeWave(out: Float32Array, shape: WaveShape, { start, end, phase, step }: Stretch): number {
  for (let index = start; index < end; index++) {
    const turns = phase + (index - start) * step
    out[index] = waveAt(shape, turns - Math.floor(turns), step)
  }
  return (phase + (end - start) * step) % 1
}

/** One sample of a wave at a phase of 0–1. */
export function waveAt(shape: WaveShape, phase: number, step: number): number {
  switch (shape) {
    case 'sine':
      return sineOfTurns(phase)
    case 'triangle':
      return 1 - 4 * Math.abs(phase - 0.5)
    case 'saw':
      return 2 * phase - 1 - blep(phase, step)
    case 'square': {
      const half = phase < 0.5 ? phase + 0.5 : phase - 0.5
      return (phase < 0.5 ? 1 : -1) + blep(phase, step) - blep(half, step)
    }
  }
}

function blep(phase: number, step: number): number {
  if (phase < step) {
    const x = phase / step
    return x + x - x * x - 1
  }
  if (phase > 1 - step) {
    const x = (phase - 1) / step
    return x * x + x + x + 1
  }
  return 0
}

export interface Voice {
  seconds: number
  /** Fundamental. */
  pitch: Points
  /** Each a resonance of the throat that may move. */
  formants: readonly { hz: Points; q: number; gain: number }[]
  level: Points
  /** Share of noise in the source. */
  breath?: number
  /** How unsteady the folds are, 0–1. */
  roughness?: number
}

/** A throat: a sawtooth from folds, and breath, through moving resonances (source-filter model, G. Fant, 1960). */
export function throat(random: Random, voice: Voice): Float32Array {
  const { seconds, pitch, formants, level, breath = 0.05, roughness = 0 } = voice
  const source = silence(seconds)
  let phase = 0
  let jitter = 1
  let shimmer = 1
  let hz = 0
  for (let index = 0; index < source.length; index++) {
    if (index % controlFrames === 0) hz = curveAt(pitch, index / sampleRateHz)
    const step = (hz * jitter) / sampleRateHz
    source[index] = shimmer * (2 * phase - 1 - blep(phase, step)) + breath * (2 * random.next() - 1)
    phase += step
    if (phase >= 1) {
      phase -= 1
      jitter = 1 + roughness * 0.25 * random.gaussian()
      jitter = Math.min(2, Math.max(0.5, jitter))
      shimmer = 1 - roughness * 0.6 * random.next()
    }
  }
  createOnePole(2500, sampleRateHz).run(source)
  // Some of the source goes past the resonances, as skin and chest let it.
  const out = source.slice()
  scale(out, 0.12, 0.12)
  for (const { hz, q, gain } of formants) {
    const filter = createStateVariable('bandpass', sampleRateHz)
    const copy = source.slice()
    for (let start = 0; start < copy.length; start += pieceFrames) {
      const end = Math.min(copy.length, start + pieceFrames)
      filter.run(
        copy.subarray(start, end),
        curveAt(hz, start / sampleRateHz),
        curveAt(hz, end / sampleRateHz),
        q,
      )
    }
    addTo(out, copy, gain)
  }
  return shaped(out, level)
}

/** Multiplies a block by a straight line between two gains. */
export function scale(samples: Float32Array, from: number, to: number): void {
  const step = (to - from) / samples.length
  for (let index = 0; index < samples.length; index++) samples[index]! *= from + step * index
}

/** Adds as much of a signal as there is room for. */
export function addTo(out: Float32Array, samples: Float32Array, gain = 1): void {
  const count = Math.min(out.length, samples.length)
  for (let index = 0; index < count; index++) out[index]! += gain * samples[index]!
}

/** Adds a mono signal to both channels. */
export function toBoth(block: PcmBlock, samples: Float32Array, gain = 1): void {
  for (const channel of block.channels) addTo(channel, samples, gain)
}

/** Drops, crackles, claps: sounds of a small store that start at random, anywhere between left and right. */
export function grainCloud(random: Random, store: readonly Float32Array[], width = 0.9) {
  const mixer = createGrainMixer()
  let waiting: number | null = null
  return (block: PcmBlock, perSecond: number, gain: number): void => {
    let at = waiting ?? random.wait(Math.max(0.01, perSecond)) * sampleRateHz
    while (at < pieceFrames) {
      const height = Math.pow(random.next(), 1.5)
      mixer.add(
        random.pick(store),
        Math.floor(at),
        gain * (0.15 + 0.85 * height),
        random.between(-width, width),
      )
      at += random.wait(Math.max(0.01, perSecond)) * sampleRateHz
    }
    waiting = at - pieceFrames
    mixer.mixInto(block)
  }
}

/** So many sounds made once. */
export function store(count: number, make: (index: number) => Float32Array): Float32Array[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

/** Factor on frequencies: big things sound lower. One octave either way. */
export function pitchOf(size: number): number {
  return Math.pow(2, 1 - 2 * size)
}

/** A dB scale over intensity: 0 dB at 0.5. */
export function levelOf(intensity: number, rangeDb = 12): number {
  return Math.pow(10, (rangeDb * (intensity - 0.5)) / 20)
}
