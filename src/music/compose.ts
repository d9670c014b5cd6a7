import { accompany } from './accompaniment'
import { composeBass } from './bass'
import { chordOf } from './chords'
import { planForm, type Intensity, type Opening } from './form'
import { composeDrums } from './grooves'
import { harmonise } from './harmony'
import { performed } from './humanise'
import type { Key } from './keys'
import { composeMelody } from './melody'
import {
  instruments,
  type ChordSpan,
  type InstrumentName,
  type Note,
  type Piece,
  type Role,
  type Section,
  type Track,
} from './piece'
import { createRandom, type Random } from './random'
import { styles, type Genre, type Style } from './styles'

/** All that the composer is told. */
export interface Brief {
  genre: Genre
  /** Added to every section's energy. */
  energy: number
  /** Times the genre's notes in a bar of melody. */
  density: number
  key: Key
  bpm: number
  /** Of the whole piece, without what rings on; a loop's bars may end in a part of one. */
  beats: number
  loop: boolean
  intensity: Intensity
  opening: Opening
  /** Played where they fit; empty for the genre's own. */
  instruments: readonly InstrumentName[]
  without: readonly ('drums' | 'bass' | 'melody' | InstrumentName)[]
  seed: number
}

export const beatsPerBar = 4

/** Writes a piece: form, harmony, then the parts on top of them. Same brief, same notes. */
export function compose(brief: Brief): Piece {
  const { genre, key, bpm, loop, seed } = brief
  const style = styles[genre]
  const random = createRandom(seed, 'piece')
  const bars = Math.max(1, Math.ceil(brief.beats / beatsPerBar - 1e-9))
  const sections = planForm(bars, brief.intensity, loop, brief.opening).map((section) => ({
    ...section,
    energy: Math.max(0.1, Math.min(1, section.energy + brief.energy)),
  }))
  const harmony = harmonise(
    sections,
    { key, style, beats: brief.beats, cadences: genre !== 'ambient' },
    random.fork('harmony'),
  )
  // The last chord of what is no loop comes on the bar after, and rings.
  const chords = loop ? harmony : withEnding(harmony, brief.beats, key)
  const tracks = arrange({ brief, style, sections, chords, random })
  return {
    ...{ bpm, beatsPerBar, key, sections, chords, beats: brief.beats, style: genre },
    tracks: tracks.map((track) =>
      performed(track, { bpm, swing: style.swing, sections }, random.fork(track.instrument)),
    ),
  }
}

const endingBeats = 4

function withEnding(chords: ChordSpan[], beats: number, key: Key): ChordSpan[] {
  const numeral = key.mode === 'major' || key.mode === 'lydian' || key.mode === 'mixolydian' ? 'I' : 'i'
  return [...chords, { beat: beats, beats: endingBeats, chord: chordOf(numeral, key) }]
}

interface Score {
  brief: Brief
  style: Style
  sections: readonly Section[]
  chords: readonly ChordSpan[]
  random: Random
}

/** From how much energy on each layer plays. */
const layers = { chords: 0, pad: 0.2, bass: 0.38, drums: 0.42, arpeggio: 0.72 } as const

function arrange({ brief, style, sections, chords, random }: Score): Track[] {
  const { beats, loop, key } = brief
  const cast = chooseCast(brief, style, random.fork('cast'))
  const wants = (part: 'drums' | 'bass' | 'melody') => !brief.without.includes(part)
  const body = chords.filter((span) => span.beat < beats)
  const last = loop ? [] : chords.filter((span) => span.beat >= beats)
  const during = (threshold: number) => body.filter(({ beat }) => energyAt(sections, beat) >= threshold)
  const tracks: Track[] = []
  const add = (role: Role, instrument: InstrumentName | undefined, notes: Note[]) => {
    if (instrument && notes.length > 0) tracks.push({ role, instrument, notes })
  }

  const register = { centre: style.chords.voices > 3 ? 62 : 60, voices: style.chords.voices }
  const pattern = random.fork('pattern').pick(style.chords.patterns)
  add('chords', cast.chords, [
    ...accompany(pattern, during(layers.chords), register, random.fork('chords')),
    ...accompany('sustain', last, { ...register, voices: 4 }, random.fork('ending')),
  ])
  add('chords', cast.pad, [
    ...accompany('sustain', [...during(layers.pad), ...last], { centre: 60, voices: 3 }, random.fork('pad')),
  ])
  if (cast.arpeggio) {
    const arpeggio = accompany(
      pattern === 'drift' ? 'drift' : 'arpeggio',
      during(layers.arpeggio),
      { centre: 76, voices: 3 },
      random.fork('arpeggio'),
    )
    add(
      'chords',
      cast.arpeggio,
      arpeggio.map((note) => ({ ...note, velocity: note.velocity * 0.8 })),
    )
  }
  if (wants('bass')) {
    const bass = random.fork('bass')
    const line = composeBass(bass.pick(style.bass.patterns), during(layers.bass), bass)
    add('bass', cast.bass, [...line, ...composeBass('roots', last, bass)])
  }
  if (wants('drums') && cast.drums) {
    const drums = random.fork('drums')
    const playing = sections.filter(({ energy }) => energy >= layers.drums)
    const notes = composeDrums(drums.pick(style.drums.grooves), playing, beats, drums)
    add('drums', cast.drums, loop || notes.length === 0 ? notes : [...notes, ...finalHit(beats)])
  }
  if (wants('melody')) {
    const density = brief.density * style.melody.notesPerBar
    const options = {
      key,
      chords,
      notesPerBar: Math.max(1, Math.round(density)),
      register: style.melody.register,
      loop,
    }
    const melody = composeMelody(sections, options, random.fork('melody')).filter(({ beat }) => beat < beats)
    add('melody', cast.melody, melody)
  }
  return tracks
}

function energyAt(sections: readonly Section[], beat: number): number {
  const bar = beat / beatsPerBar
  return sections.find(({ startBar, bars }) => bar >= startBar && bar < startBar + bars)?.energy ?? 0
}

function finalHit(beat: number): Note[] {
  return [
    { beat, beats: 2, pitch: 36, velocity: 0.75 },
    { beat, beats: 2, pitch: 49, velocity: 0.5 },
  ]
}

type Cast = Record<'melody' | 'chords' | 'pad' | 'arpeggio' | 'bass' | 'drums', InstrumentName | undefined>

/** Who plays what: those asked for where they can, the genre's own for the rest unless only those are wanted. */
function chooseCast({ instruments: asked, without }: Brief, style: Style, random: Random): Cast {
  const wanted = asked.filter((name) => !without.includes(name))
  const inFamily = (...families: string[]) =>
    wanted.filter((name) => families.includes(instruments[name].family))
  const own = (names: readonly InstrumentName[]) => {
    const left = names.filter((name) => !without.includes(name))
    return left.length > 0 ? random.pick(left) : undefined
  }
  const melodic = inFamily('keys', 'plucked', 'mallets')
  const sustained = inFamily('sustained')
  const leads = [...sustained.filter((name) => name !== 'pad' && name !== 'choir'), ...melodic]
  const chords = melodic[0] ?? own(style.chords.instruments)
  return {
    chords,
    melody: leads.find((name) => name !== chords) ?? leads[0] ?? own(style.melody.instruments),
    pad: sustained.find((name) => name !== 'flute' && name !== 'synth-lead') ?? own(style.pad),
    arpeggio: melodic.find((name) => name !== chords) ?? own(style.arpeggio),
    bass: inFamily('bass')[0] ?? own(style.bass.instruments),
    drums: inFamily('drums')[0] ?? own(style.drums.instruments),
  }
}
