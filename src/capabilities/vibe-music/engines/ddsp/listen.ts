import { trackPitch, pitchHopSeconds } from '../../../../audio/pitch-track'
import { aWeightedLevels } from '../../../../audio/synthesis/ddsp-loudness'
import { AppError } from '../../../../platform/errors'
import { octavesInto, midiOf, type InstrumentTraits, type Melody } from './melody'
import type { DdspModelTraits } from './network'

/** A tune as somebody hummed or whistled it, from its first note to its last. */
export interface HummedTune extends Melody {
  /** 1 where a note sounds. */
  sounding: Uint8Array
  /** Where it begins and ends in the recording. */
  fromSeconds: number
  toSeconds: number
}

/** From the lowest men to the highest whistles. */
const range = { minHz: 65, maxHz: 2800 }
/** Shorter stretches of pitch are no notes. */
const shortestNoteSeconds = 0.06
/** In all, for a tune. */
const leastNoteSeconds = 0.5
/** Of the time in which something is heard: less is talk or noise with pitch now and then. */
const leastShare = 0.35
/** Below the loudest frame: what is quieter is background. */
const backgroundDb = 35
const quietestDb = -65

const advice =
  'Hum, sing “la” or whistle one note after the other, close to the microphone and without music.'

/**
 * Pitch and loudness of a recording, frame by frame as the decoder wants them.
 *
 * @param samples At the model's rate.
 * @throws AppError `invalid_media` for silence, noise, and talk without pitch.
 */
export function listenToTune(
  samples: Float32Array,
  { sampleRateHz, hopSamples, windowSamples, floorDb }: DdspModelTraits,
): HummedTune {
  const loudnessDb = aWeightedLevels(samples, { sampleRateHz, hopSamples, windowSamples, floorDb })
  const loudest = loudnessDb.reduce((most, level) => Math.max(most, level), -Infinity)
  if (loudest < quietestDb) {
    throw new AppError('invalid_media', { message: `The recording is silent. ${advice}` })
  }
  const frameSeconds = hopSamples / sampleRateHz
  const heard = loudnessDb.map((level) => (level > loudest - backgroundDb ? 1 : 0))
  const pitchHz = atFrames(trackPitch(samples, sampleRateHz, range), loudnessDb.length, frameSeconds)
  const sounding = notesOf(pitchHz, heard, Math.ceil(shortestNoteSeconds / frameSeconds))
  const count = (flags: ArrayLike<number>) => Array.from(flags).reduce((sum, flag) => sum + flag, 0)
  const notes = count(sounding)
  if (notes * frameSeconds < leastNoteSeconds || notes < leastShare * count(heard)) {
    throw new AppError('invalid_media', { message: `No tune is heard in the recording. ${advice}` })
  }
  const from = sounding.indexOf(1)
  const to = sounding.lastIndexOf(1) + 1
  hold(pitchHz, sounding, from)
  return {
    pitchHz: pitchHz.slice(from, to),
    loudnessDb: loudnessDb.slice(from, to),
    sounding: sounding.slice(from, to),
    ...{ fromSeconds: from * frameSeconds, toSeconds: to * frameSeconds },
  }
}

/** A track every 5 ms read at other times; 0 = no pitch. */
function atFrames(track: Float32Array, frames: number, frameSeconds: number): Float32Array {
  return Float32Array.from({ length: frames }, (_, frame) => {
    const place = (frame * frameSeconds) / pitchHopSeconds
    const index = Math.floor(place)
    const share = place - index
    const here = track[index] ?? 0
    const next = track[index + 1] ?? here
    if (here === 0 || next === 0) return share < 0.5 ? here : next
    return here * (next / here) ** share
  })
}

/** Frames with a pitch that are loud enough and have enough like them around. */
function notesOf(pitchHz: Float32Array, heard: Float32Array, shortest: number): Uint8Array {
  const sounding = Uint8Array.from(pitchHz, (hz, frame) => (hz > 0 ? heard[frame]! : 0))
  for (let start = 0; start < sounding.length; start++) {
    if (sounding[start] === 0) continue
    const found = sounding.indexOf(0, start)
    const end = found < 0 ? sounding.length : found
    if (end - start < shortest) sounding.fill(0, start, end)
    start = end
  }
  return sounding
}

/** The pitch goes on over rests, in place. */
function hold(pitchHz: Float32Array, sounding: Uint8Array, from: number): void {
  let last = pitchHz[from]!
  for (let frame = from; frame < pitchHz.length; frame++) {
    if (sounding[frame]) last = pitchHz[frame]!
    else pitchHz[frame] = last
  }
}

/** Seconds in which a note comes up and dies away. */
const attackSeconds = 0.02
const releaseSeconds = 0.08
/** How much wider or narrower the dynamics may become. */
const leastStretch = 0.5
const mostStretch = 1.5

/**
 * The tune as an instrument would play it: in its range by octaves, with its loudness; nothing is heard in rests.
 *
 * @returns The octaves that it went up by, with the melody.
 */
export function giveTo(
  { pitchHz, loudnessDb, sounding }: HummedTune,
  traits: InstrumentTraits,
  { floorDb, hopSamples, sampleRateHz }: Pick<DdspModelTraits, 'floorDb' | 'hopSamples' | 'sampleRateHz'>,
): { melody: Melody; octaves: number } {
  const notes = loudnessDb.filter((_, frame) => sounding[frame] === 1)
  const mean = notes.reduce((sum, level) => sum + level, 0) / notes.length
  const deviation = Math.sqrt(notes.reduce((sum, level) => sum + (level - mean) ** 2, 0) / notes.length)
  const stretch = Math.min(mostStretch, Math.max(leastStretch, traits.loudnessDeviationDb / (deviation || 1)))
  const octaves = octavesInto(pitchHz.filter((_, frame) => sounding[frame] === 1).map(midiOf), traits)
  const framesPerSecond = sampleRateHz / hopSamples
  const open = gate(sounding, attackSeconds * framesPerSecond, releaseSeconds * framesPerSecond)
  return {
    octaves,
    melody: {
      pitchHz: pitchHz.map((hz) => hz * 2 ** octaves),
      loudnessDb: loudnessDb.map((level, frame) => {
        const wanted = Math.min(traits.loudestDb, traits.loudnessMeanDb + stretch * (level - mean))
        return floorDb + open[frame]! * Math.max(0, wanted - floorDb)
      }),
    },
  }
}

/** 0–1: comes up within so many frames of a note's beginning and is down at its end. */
function gate(sounding: Uint8Array, attack: number, release: number): Float32Array {
  const open = Float32Array.from(sounding)
  for (let frame = 0, level = 0; frame < open.length; frame++) {
    level = sounding[frame] ? Math.min(1, level + 1 / attack) : 0
    open[frame] = level
  }
  for (let frame = open.length - 1, level = 0; frame >= 0; frame--) {
    level = sounding[frame] ? Math.min(1, level + 1 / release) : 0
    open[frame] = Math.min(open[frame]!, level)
  }
  return open
}
