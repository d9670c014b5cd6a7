import { chordPitchClasses, scaleOver } from './chords'
import { pitchClass, type Key } from './keys'
import type { ChordSpan, Note, Section } from './piece'
import type { Random } from './random'

/** A bar's worth of melody, without pitches of its own. */
interface MotifNote {
  /** Within the bar. */
  beat: number
  beats: number
  /** Steps of the scale from the note before it. */
  step: number
}
type Motif = readonly MotifNote[]

interface Theme {
  call: Motif
  answer: Motif
  cadence: Motif
  /** Which of them each of four bars plays. */
  order: readonly ('call' | 'answer')[]
  /** Where each bar of a phrase lies, in steps around the register. */
  arch: readonly number[]
}

export interface MelodyOptions {
  key: Key
  chords: readonly ChordSpan[]
  notesPerBar: number
  /** MIDI number around which it lies. */
  register: number
  /** Bars of the whole piece; the last one ends on the tonic where it is not a loop. */
  loop: boolean
}

/**
 * A melody of motifs: each kind of section has a call and an answer that come back over other chords, its notes on the
 * beat are notes of the chord, its phrases end on long ones. A section's second time is ornamented.
 */
export function composeMelody(
  sections: readonly Section[],
  { key, chords, notesPerBar, register, loop }: MelodyOptions,
  random: Random,
): Note[] {
  const themes = {
    A: createTheme(notesPerBar, random.fork('A')),
    B: createTheme(notesPerBar, random.fork('B')),
  }
  const notes: Note[] = []
  let previous = register
  for (const section of sections) {
    if (section.kind !== 'A' && section.kind !== 'B') continue
    const theme = themes[section.kind]
    const centre = register + (section.kind === 'B' ? 3 : 0)
    const ornaments = random.fork(`${section.startBar}`)
    for (let bar = 0; bar < section.bars; bar++) {
      const place = bar % 4
      const closing = place === 3 || bar === section.bars - 1
      const plain = closing ? theme.cadence : theme[theme.order[place]!]
      const motif = section.varied && !closing ? ornament(plain, ornaments) : plain
      const startBeat = (section.startBar + bar) * 4
      const home = !loop && section === sections.at(-1) && bar === section.bars - 1
      previous = setMotif(
        motif,
        { startBeat, key, chords, centre, arch: theme.arch[place]!, home },
        previous,
        notes,
      )
    }
  }
  return notes
}

function createTheme(notesPerBar: number, random: Random): Theme {
  const call = createMotif(notesPerBar, random)
  const answer = createMotif(Math.max(1, notesPerBar + random.integer(-1, 1)), random)
  const order = random.pick([
    ['call', 'answer', 'call', 'answer'],
    ['call', 'call', 'answer', 'call'],
  ] as const)
  const arch = random.pick([
    [0, 1, 2, 0],
    [0, 2, 1, -1],
    [2, 1, 0, -1],
    [-1, 0, 2, 0],
  ])
  const cadence: Motif =
    notesPerBar <= 2
      ? [{ beat: 0, beats: 3.5, step: 0 }]
      : random.pick<Motif>([
          [
            { beat: 0, beats: 1, step: 0 },
            { beat: 1, beats: 2.5, step: -1 },
          ],
          [
            { beat: 0, beats: 0.5, step: 0 },
            { beat: 0.5, beats: 0.5, step: 1 },
            { beat: 1, beats: 2.5, step: -1 },
          ],
          [{ beat: 0, beats: 3, step: 0 }],
        ])
  return { call, answer, cadence, order, arch }
}

/** How likely each eighth of a bar is the start of a note. */
const onsetWeights = [8, 1.5, 4, 2, 6, 1.5, 4, 2] as const

function createMotif(count: number, random: Random): Motif {
  const weights: number[] = [...onsetWeights]
  const onsets: number[] = []
  // Now and then a phrase begins after the beat.
  if (random.chance(0.15)) weights[0] = 0
  while (onsets.length < Math.min(count, 8)) {
    let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0)
    const chosen = weights.findIndex((weight) => (left -= weight) < 0)
    if (chosen < 0) break
    onsets.push(chosen / 2)
    weights[chosen] = 0
  }
  onsets.sort((a, b) => a - b)
  let direction = random.chance(0.5) ? 1 : -1
  return onsets.map((beat, index) => {
    const space = (onsets[index + 1] ?? 4) - beat
    // A melody mostly goes by steps; after a leap it turns back.
    const leap = index > 0 && random.chance(0.22)
    const step = index === 0 ? 0 : leap ? 2 * direction : random.chance(0.15) ? 0 : direction
    if (leap || random.chance(0.35)) direction = -direction
    return { beat, beats: Math.min(space, 2) * (space > 1 ? 0.9 : 0.95), step }
  })
}

/** Splits the longest note in two, the second a neighbour of the first. */
function ornament(motif: Motif, random: Random): Motif {
  const longest = motif.reduce((best, note, index) => (note.beats > motif[best]!.beats ? index : best), 0)
  const note = motif[longest]
  if (!note || note.beats < 0.85 || random.chance(0.3)) return motif
  const half = note.beats > 1.5 ? 1 : 0.5
  const step = random.chance(0.5) ? 1 : -1
  return [
    ...motif.slice(0, longest),
    { ...note, beats: half * 0.95 },
    { beat: note.beat + half, beats: note.beats - half, step },
    ...motif.slice(longest + 1),
  ]
}

interface Setting {
  startBeat: number
  key: Key
  chords: readonly ChordSpan[]
  centre: number
  arch: number
  home: boolean
}

/** Gives a motif its pitches. Returns the pitch that the next bar goes on from. */
function setMotif(motif: Motif, setting: Setting, previous: number, notes: Note[]): number {
  const { startBeat, key, chords, centre, arch, home } = setting
  // Half-way between where the line is and where it should lie: no leaps between bars, no drifting away.
  let pitch = Math.round((previous + centre + 2 * arch) / 2)
  for (const [index, { beat, beats, step }] of motif.entries()) {
    const span = chordAt(chords, startBeat + beat)
    if (!span) break
    const chordNotes = chordPitchClasses(span.chord)
    const scale = scaleOver(span.chord, key)
    const strong = index === 0 || Number.isInteger(beat) || beats >= 1
    const moved = index === 0 ? pitch : stepBy(pitch, step, scale)
    const last = index === motif.length - 1
    const aim = home && last ? [key.tonic] : strong ? stableNotes(chordNotes, key) : scale
    pitch = nearest(moved, aim)
    const room = span.beat + span.beats - startBeat - beat
    const accent = beat % 2 === 0 ? 0.08 : Number.isInteger(beat) ? 0.03 : -0.05
    notes.push({ beat: startBeat + beat, beats: Math.min(beats, room), pitch, velocity: 0.7 + accent })
  }
  return pitch
}

/** Of a chord, the notes that a melody rests on: not the seventh and ninth. */
function stableNotes(chordNotes: readonly number[], key: Key): readonly number[] {
  const triad = chordNotes.slice(0, 3)
  return chordNotes.includes(key.tonic) ? [...new Set([...triad, key.tonic])] : triad
}

export function chordAt(chords: readonly ChordSpan[], beat: number): ChordSpan | undefined {
  return chords.find((span) => beat >= span.beat - 1e-9 && beat < span.beat + span.beats - 1e-9)
}

function stepBy(pitch: number, steps: number, scale: readonly number[]): number {
  let at = pitch
  for (let left = Math.abs(steps); left > 0; left--) {
    do at += Math.sign(steps)
    while (!scale.includes(pitchClass(at)))
  }
  return at
}

function nearest(pitch: number, classes: readonly number[]): number {
  for (let distance = 0; distance < 12; distance++) {
    if (classes.includes(pitchClass(pitch - distance))) return pitch - distance
    if (classes.includes(pitchClass(pitch + distance))) return pitch + distance
  }
  return pitch
}
