import { frequencyOf } from '../../../../music/keys'
import type { Note } from '../../../../music/piece'
import { octavesInto, type InstrumentTraits, type Melody } from './melody'
import type { DdspModelTraits } from './network'

export interface Performance {
  notes: readonly Note[]
  /** Of the notes' beats. */
  beatSeconds: number
  /** Of the whole, in frames of the model. */
  frames: number
}

/** How a player goes from note to note. */
const glideSeconds = 0.025
const attackSeconds = 0.05
const releaseSeconds = 0.09
/** Notes that follow closer than this are slurred: the sound dips between them. */
const slurSeconds = 0.06
const slurDipDb = 9
/** A long note is let go of a little. */
const fadeDbPerSecond = 2
const mostFadeDb = 5
/** Between a note of velocity 0 and one of 1. */
const dynamicsDb = 24
const usualVelocity = 0.72

/** Vibrato comes up on notes that are long enough for it. */
const vibrato = { hz: 5.4, cents: 18, afterSeconds: 0.3, riseSeconds: 0.35 }

/** Written notes as a player of one instrument would sound them: one at a time, in its range. */
export function perform(
  { notes, beatSeconds, frames }: Performance,
  traits: InstrumentTraits,
  { hopSamples, sampleRateHz, floorDb }: Pick<DdspModelTraits, 'floorDb' | 'hopSamples' | 'sampleRateHz'>,
): Melody {
  const frameSeconds = hopSamples / sampleRateHz
  const pitchHz = new Float32Array(frames)
  const loudnessDb = new Float32Array(frames).fill(floorDb)
  const line = oneAtATime(notes, beatSeconds, frames * frameSeconds)
  const octaves = octavesInto(
    line.map(({ pitch }) => pitch),
    traits,
  )
  let before = frequencyOf((line[0]?.pitch ?? traits.lowest) + 12 * octaves)
  let last = 0
  for (const [index, note] of line.entries()) {
    const hz = frequencyOf(note.pitch + 12 * octaves)
    const first = Math.ceil(note.start / frameSeconds)
    const end = Math.min(frames, Math.ceil(note.end / frameSeconds))
    const next = line[index + 1]
    const slurred = next !== undefined && next.start - note.end < slurSeconds
    pitchHz.fill(before, last, first)
    for (let frame = first; frame < end; frame++) {
      const since = frame * frameSeconds - note.start
      const left = note.end - frame * frameSeconds
      const glide = Math.min(1, since / glideSeconds)
      pitchHz[frame] = before * (hz / before) ** glide * 2 ** (vibratoCents(since, left) / 1200)
      loudnessDb[frame] = levelOf(note.velocity, since, left, slurred, traits, floorDb)
    }
    before = hz
    last = end
  }
  pitchHz.fill(before, last)
  return { pitchHz, loudnessDb }
}

interface Tone {
  start: number
  end: number
  pitch: number
  velocity: number
}

/** In seconds; where notes overlap the earlier one gives way. */
function oneAtATime(notes: readonly Note[], beatSeconds: number, seconds: number): Tone[] {
  const tones = notes
    .map(({ beat, beats, pitch, velocity }) => ({
      ...{ start: Math.max(0, beat * beatSeconds), end: (beat + beats) * beatSeconds, pitch, velocity },
    }))
    .filter(({ start }) => start < seconds)
    .sort((a, b) => a.start - b.start)
  return tones
    .map((tone, index) => ({ ...tone, end: Math.min(tone.end, tones[index + 1]?.start ?? seconds) }))
    .filter(({ start, end }) => end - start > attackSeconds)
}

function vibratoCents(since: number, left: number): number {
  const { hz, cents, afterSeconds, riseSeconds } = vibrato
  const depth = Math.min(1, Math.max(0, (since - afterSeconds) / riseSeconds), Math.max(0, left / 0.1))
  return depth * cents * Math.sin(2 * Math.PI * hz * (since - afterSeconds))
}

function levelOf(
  velocity: number,
  since: number,
  left: number,
  slurred: boolean,
  { loudnessMeanDb, loudestDb }: InstrumentTraits,
  floorDb: number,
): number {
  const steady =
    loudnessMeanDb +
    dynamicsDb * (velocity - usualVelocity) -
    Math.min(mostFadeDb, fadeDbPerSecond * Math.max(0, since - attackSeconds))
  const level = Math.min(loudestDb, steady)
  const up = Math.min(1, since / attackSeconds)
  const down = Math.min(1, left / releaseSeconds)
  if (slurred) return level - slurDipDb * (1 - Math.min(up, down))
  return floorDb + (level - floorDb) * Math.min(0.6 + 0.4 * up, down)
}
