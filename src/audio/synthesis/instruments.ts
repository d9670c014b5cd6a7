import { frequencyOf } from '../../music/keys'
import type { DrumName, InstrumentName, Note } from '../../music/piece'
import { drumKits, drumOfNote, drumPans, drumSound, drumTakes, type DrumKitName } from './drums'
import { startSustained, sustainedShapes, type SustainedShape, type Voice } from './instruments-sustained'
import { struckSounds } from './instruments-struck'

export type { Voice } from './instruments-sustained'

/** How an instrument sits in a mix. */
interface Place {
  /** Decibels. */
  level: number
  /** −1 left … 1 right. */
  pan: number
  /** How far notes spread to both sides by their pitch. */
  width: number
  /** Share that goes to the room, times the style's. */
  room: number
  /** Seconds until a note that is let go of is silent. */
  release: number
}

const place = (level: number, pan: number, width: number, room: number, release = 0.12): Place => ({
  ...{ level, pan, width, room, release },
})

const places: Record<InstrumentName, Place> = {
  piano: place(-1, 0, 0.5, 0.8, 0.25),
  'soft-piano': place(0, 0, 0.5, 1, 0.35),
  'electric-piano': place(-2, -0.1, 0.4, 0.7, 0.2),
  organ: place(-10, 0.1, 0.2, 0.6),
  'acoustic-guitar': place(-1, 0.22, 0.3, 0.6, 0.2),
  'nylon-guitar': place(0, 0.2, 0.3, 0.7, 0.2),
  'electric-guitar': place(-2, -0.25, 0.2, 0.6, 0.12),
  'distorted-guitar': place(-8, -0.15, 0.3, 0.4, 0.08),
  harp: place(0, 0.25, 0.5, 1, 0.6),
  ukulele: place(0, 0.2, 0.3, 0.6, 0.15),
  marimba: place(-1, -0.2, 0.5, 0.7, 0.3),
  vibraphone: place(-3, 0.15, 0.5, 0.9, 0.5),
  glockenspiel: place(-8, 0.25, 0.4, 1, 0.8),
  'music-box': place(-6, 0.2, 0.4, 1, 0.8),
  strings: place(-11, 0, 0, 1),
  brass: place(-9, 0.1, 0, 0.9),
  flute: place(-7, -0.15, 0, 1),
  choir: place(-9, 0, 0, 1.2),
  pad: place(-13, 0, 0, 1),
  'synth-lead': place(-10, 0, 0, 0.8),
  'synth-chords': place(-12, 0, 0, 0.6),
  'synth-pluck': place(-3, 0.1, 0.4, 0.9, 0.2),
  'acoustic-bass': place(2, 0, 0, 0.15, 0.1),
  'electric-bass': place(1, 0, 0, 0.08, 0.08),
  'synth-bass': place(-1, 0, 0, 0.05, 0.06),
  'sub-bass': place(-1, 0, 0, 0.05, 0.1),
  'acoustic-drums': place(0, 0, 1, 0.35),
  'electronic-drums': place(0, 0, 1, 0.25),
  'lofi-drums': place(-1, 0, 0.8, 0.3),
  'brush-drums': place(-3, 0, 1, 0.4),
  'cinematic-drums': place(0, 0, 1, 0.9),
  'latin-percussion': place(-2, 0, 1, 0.4),
}

/** Of each drum beside the others, in decibels. */
const drumLevels: Record<DrumName, number> = {
  kick: 0,
  snare: -3,
  rim: -9,
  clap: -5,
  hat: -15,
  openHat: -15,
  crash: -13,
  ride: -17,
  tambourine: -17,
  shaker: -19,
  lowTom: -3,
  midTom: -4,
  highTom: -5,
  conga: -9,
  congaLow: -8,
  clave: -15,
}

export interface Instrument {
  /** Share of its sound that goes to the room. */
  room: number
  /** Begins a note; its samples depend on the note, the instrument and `seed` alone. */
  start(note: Note, holdFrames: number, seed: number): Voice | null
}

/** Peak of a note of an instrument at 0 dB and full strength. */
const headroom = 0.18

const gainOf = (decibels: number) => 10 ** (decibels / 20)

/** @param tonic Pitch class that drums are tuned to. */
export function createInstrument(name: InstrumentName, sampleRateHz: number, tonic: number): Instrument {
  const at = places[name]
  if (isKit(name)) return createKit(name, at, sampleRateHz, tonic)
  if (name in sustainedShapes) {
    const shape: SustainedShape = sustainedShapes[name as keyof typeof sustainedShapes]
    return {
      room: at.room,
      start: ({ pitch, velocity }, holdFrames, seed) => {
        const level = gainOf(at.level) * headroom * 2 * loudness(velocity)
        const [gainLeft, gainRight] = sides(at.pan, level)
        const hz = frequencyOf(pitch)
        return startSustained(shape, { hz, holdFrames, gainLeft, gainRight, velocity, seed }, sampleRateHz)
      },
    }
  }
  return createStruck(name as keyof typeof struckSounds, at, sampleRateHz)
}

function isKit(name: InstrumentName): name is DrumKitName {
  return drumKits.some((kit) => kit === name)
}

/** Twice the velocity is about twice as loud. */
const loudness = (velocity: number) => velocity ** 1.6

/** Equal power. */
function sides(pan: number, level: number): [number, number] {
  const angle = (Math.PI / 4) * (1 + Math.max(-1, Math.min(1, pan)))
  return [level * Math.SQRT2 * Math.cos(angle), level * Math.SQRT2 * Math.sin(angle)]
}

/** Every pitch is made once and played back from then on. */
function createStruck(name: keyof typeof struckSounds, at: Place, sampleRateHz: number): Instrument {
  const made = new Map<number, Float32Array>()
  const soundOf = (pitch: number) => {
    let sound = made.get(pitch)
    if (!sound)
      made.set(pitch, (sound = levelled(struckSounds[name](frequencyOf(pitch), sampleRateHz), sampleRateHz)))
    return sound
  }
  return {
    room: at.room,
    start({ pitch, velocity }, holdFrames) {
      const pan = at.pan + at.width * Math.max(-1, Math.min(1, (pitch - 64) / 30))
      const gains = sides(pan, gainOf(at.level) * headroom * loudness(velocity))
      // Softer notes are darker.
      const cutoff = 1200 + 15_000 * velocity ** 2
      return playBack(soundOf(pitch), gains, {
        holdFrames,
        releaseFrames: at.release * sampleRateHz,
        keep: Math.exp((-2 * Math.PI * cutoff) / sampleRateHz),
      })
    },
  }
}

/** Brings the first fifth of a second to one level, in place, so that all pitches are about as loud. */
function levelled(sound: Float32Array, sampleRateHz: number): Float32Array {
  const frames = Math.min(sound.length, Math.round(0.2 * sampleRateHz))
  let power = 0
  for (let frame = 0; frame < frames; frame++) power += sound[frame]! ** 2
  const gain = 0.35 / Math.sqrt(power / frames || 1)
  for (let frame = 0; frame < sound.length; frame++) sound[frame]! *= gain
  return sound
}

function createKit(name: DrumKitName, at: Place, sampleRateHz: number, tonic: number): Instrument {
  const made = new Map<string, Float32Array>()
  return {
    room: at.room,
    start({ pitch, velocity }, _holdFrames, seed) {
      const drum = drumOfNote(pitch)
      if (!drum) return null
      const take = seed % drumTakes
      const id = `${drum}/${take}`
      let sound = made.get(id)
      if (!sound) made.set(id, (sound = drumSound(name, drum, { tonic, take, sampleRateHz })))
      const level = gainOf(at.level + drumLevels[drum]) * 0.55 * velocity ** 1.3
      const gains = sides(at.width * (drumPans[drum] ?? 0), level)
      return playBack(sound, gains, {
        holdFrames: sound.length,
        releaseFrames: 1,
        keep: 0.35 * (1 - velocity),
      })
    },
  }
}

interface Playback {
  holdFrames: number
  releaseFrames: number
  /** Pole of a low-pass filter of first order. */
  keep: number
}

function playBack(
  sound: Float32Array,
  [gainLeft, gainRight]: readonly [number, number],
  { holdFrames, releaseFrames, keep }: Playback,
): Voice {
  // The filter, and what is left of a note that was let go of.
  const memory = Float64Array.of(0, 1)
  let at = 0
  const release = 10 ** (-3 / releaseFrames)
  const end = Math.min(sound.length, Math.ceil(holdFrames + releaseFrames))
  return {
    add(left, right, from, to) {
      const frames = Math.min(to - from, end - at)
      const start = at
      // From an array they are known to be numbers: what closures share costs an allocation at every change.
      let filtered = memory[0]!
      let fading = memory[1]!
      const held = Math.max(0, Math.min(frames, Math.floor(holdFrames) + 1 - start))
      for (let frame = 0; frame < held; frame++) {
        filtered = (1 - keep) * sound[start + frame]! + keep * filtered
        left[from + frame]! += gainLeft * filtered
        right[from + frame]! += gainRight * filtered
      }
      for (let frame = held; frame < frames; frame++) {
        filtered = (1 - keep) * sound[start + frame]! + keep * filtered
        fading *= release
        const value = filtered * fading
        left[from + frame]! += gainLeft * value
        right[from + frame]! += gainRight * value
      }
      memory[0] = filtered
      memory[1] = fading
      at += frames
      return at < end
    },
  }
}
