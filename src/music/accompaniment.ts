import { voiceChord } from './chords'
import type { ChordSpan, Note } from './piece'
import type { Random } from './random'

export type ChordPattern =
  | 'sustain'
  | 'pulse'
  | 'stabs'
  | 'comp'
  | 'strum'
  | 'fingerpicking'
  | 'arpeggio'
  | 'drift'
  | 'alberti'
  | 'ostinato'
  | 'palm-muted'
  | 'offbeat'
  | 'house'
  | 'power'
  | 'montuno'
  | 'oompah'

/** All notes at once, or one of them, at a place in the chord's time. */
interface Stroke {
  beat: number
  beats: number
  /** Index of one note of the voicing, from below; absent for all. */
  voice?: number
  velocity: number
  /** Time between the notes of a strum, in beats; negative from above. */
  spread?: number
}

const rhythm = (hits: readonly (readonly [number, number, number])[], spread = 0): Stroke[] =>
  hits.map(([beat, beats, velocity]) => ({ beat, beats, velocity, spread }))

const broken = (order: readonly number[], step: number, ring: number, velocity: number): Stroke[] =>
  order.map((voice, index) => ({
    beat: index * step,
    beats: ring,
    voice,
    velocity: velocity + (index * step === 0 ? 0.12 : (index * step) % 1 === 0 ? 0.06 : -0.04),
  }))

/** A bar of four beats each; several ways to play it, of which a section keeps one. */
const patterns: Record<ChordPattern, readonly Stroke[][]> = {
  sustain: [rhythm([[0, 3.95, 0.6]])],
  pulse: [
    rhythm([
      [0, 0.95, 0.72],
      [1, 0.95, 0.6],
      [2, 0.95, 0.68],
      [3, 0.95, 0.6],
    ]),
    rhythm([
      [0, 1.4, 0.72],
      [1.5, 0.45, 0.55],
      [2, 0.95, 0.68],
      [3, 0.95, 0.6],
    ]),
  ],
  stabs: [
    rhythm([
      [0, 1.4, 0.7],
      [1.5, 0.9, 0.58],
      [3, 0.8, 0.62],
    ]),
    rhythm([
      [0, 1.9, 0.68],
      [2, 1.4, 0.6],
      [3.5, 0.4, 0.52],
    ]),
  ],
  comp: [
    rhythm([
      [0, 1.3, 0.66],
      [1.5, 0.6, 0.56],
    ]),
    rhythm([
      [0, 0.8, 0.62],
      [2.5, 1.2, 0.58],
    ]),
    rhythm([
      [0, 2.2, 0.64],
      [3, 0.5, 0.5],
    ]),
  ],
  strum: [
    [
      ...rhythm([[0, 0.98, 0.74], [1, 0.48, 0.6], [2.5, 0.48, 0.62], [3, 0.48, 0.66]], 0.03), // prettier-ignore
      ...rhythm([[1.5, 0.9, 0.5], [3.5, 0.45, 0.48]], -0.025), // prettier-ignore
    ],
    [
      ...rhythm([[0, 0.98, 0.74], [1, 0.48, 0.62], [2, 0.48, 0.68], [3, 0.48, 0.62]], 0.03), // prettier-ignore
      ...rhythm([[1.5, 0.45, 0.48], [2.5, 0.45, 0.5], [3.5, 0.45, 0.48]], -0.025), // prettier-ignore
    ],
  ],
  fingerpicking: [
    broken([0, 2, 1, 3, 0, 2, 1, 3], 0.5, 1.2, 0.56),
    broken([0, 3, 2, 1, 0, 3, 2, 3], 0.5, 1.2, 0.56),
  ],
  arpeggio: [broken([0, 1, 2, 3, 2, 1, 2, 1], 0.5, 2, 0.5), broken([0, 2, 1, 3, 2, 3, 1, 2], 0.5, 2, 0.5)],
  // Note by note on the beats: slow music whose pulse is not half as long as it is meant to be.
  drift: [
    broken([0, 1, 2, 3], 1, 3.5, 0.5),
    broken([0, 2, 1, 3], 1, 3.5, 0.5),
    broken([0, 3, 2, 1], 1, 3.5, 0.5),
  ],
  alberti: [broken([0, 2, 1, 2, 0, 2, 1, 2], 0.5, 0.6, 0.5)],
  ostinato: [
    broken([0, 1, 2, 1, 0, 1, 2, 1], 0.5, 0.42, 0.6),
    rhythm([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5].map((beat) => [beat, 0.4, beat % 1 === 0 ? 0.7 : 0.54] as const)),
  ],
  'palm-muted': [
    rhythm([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5].map((beat) => [beat, 0.3, beat % 1 === 0 ? 0.66 : 0.5] as const)),
  ],
  offbeat: [rhythm([0.5, 1.5, 2.5, 3.5].map((beat) => [beat, 0.4, 0.66] as const))],
  house: [
    rhythm([
      [0, 0.7, 0.72],
      [0.75, 0.6, 0.62],
      [1.5, 0.45, 0.64],
      [2.5, 0.7, 0.66],
      [3.5, 0.4, 0.58],
    ]),
  ],
  power: [
    rhythm(
      [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5].map((beat) => [beat, 0.46, beat % 1 === 0 ? 0.76 : 0.64] as const),
    ),
    rhythm([
      [0, 1.9, 0.78],
      [2, 0.9, 0.7],
      [3, 0.48, 0.68],
      [3.5, 0.48, 0.66],
    ]),
  ],
  montuno: [
    rhythm([
      [0, 0.45, 0.72],
      [0.5, 0.45, 0.58],
      [1.5, 0.45, 0.66],
      [2.5, 0.45, 0.66],
      [3.5, 0.45, 0.62],
    ]),
  ],
  oompah: [
    rhythm([
      [1, 0.4, 0.62],
      [3, 0.4, 0.6],
    ]),
    rhythm([
      [0, 0.4, 0.55],
      [1, 0.4, 0.62],
      [2, 0.4, 0.55],
      [3, 0.4, 0.6],
    ]),
  ],
}

export interface Register {
  /** MIDI number. */
  centre: number
  voices: number
}

/** Plays chords in a pattern, voices led from one to the next. */
export function accompany(
  pattern: ChordPattern,
  chords: readonly ChordSpan[],
  register: Register,
  random: Random,
): Note[] {
  const bar = random.pick(patterns[pattern])
  const notes: Note[] = []
  let voicing: number[] = []
  for (const { beat, beats, chord } of chords) {
    voicing = pattern === 'power' ? powerChord(chord.root) : voiceChord(chord, voicing, register)
    for (const stroke of bar) {
      if (stroke.beat >= beats) continue
      const played = stroke.voice === undefined ? voicing : [voicing[stroke.voice % voicing.length]!]
      const spread = stroke.spread ?? 0
      const ordered = spread < 0 ? played.toReversed() : played
      ordered.forEach((pitch, index) => {
        notes.push({
          beat: beat + stroke.beat + Math.abs(spread) * index,
          beats: pattern === 'arpeggio' ? stroke.beats : Math.min(stroke.beats, beats - stroke.beat),
          pitch,
          velocity: stroke.velocity,
        })
      })
    }
  }
  return notes
}

/** Root, fifth and octave: with distortion, thirds would growl. */
function powerChord(root: number): number[] {
  const low = 40 + ((root - 40 + 120) % 12)
  return [low, low + 7, low + 12]
}
