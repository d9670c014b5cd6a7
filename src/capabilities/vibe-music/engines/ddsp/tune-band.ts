import { createMix, type Mix } from '../../../../audio/synthesis/mixer'
import { chordName, voiceChord } from '../../../../music/chords'
import { formatKey, pitchClass } from '../../../../music/keys'
import type { ChordSpan, InstrumentName, Note, Piece } from '../../../../music/piece'
import type { SoloInstrument } from '../../solo-instruments'
import { sampleRateHz } from '../../write-music'
import type { HummedTune } from './listen'
import { chordsUnder, keyOfNotes, notesOfTune, tuningOf } from './tune-harmony'

const room = 0.45
const register = { centre: 60, voices: 3 }
const lowestBass = 33
/** Notes of a broken chord. */
const strokes = 4

export interface TuneBand {
  mix: Mix
  /** By which the tune has to be multiplied to be in tune with it. */
  tuningRatio: number
  key: string
  chords: string[]
}

/**
 * A band that follows a tune in its own time: it finds the key, and chords that change with the tune's notes. Strings,
 * a guitar's broken chords and a bass; no drums, as nobody hums to a grid.
 */
export function bandFor(
  { pitchHz, sounding }: HummedTune,
  {
    frameSeconds,
    periodSeconds,
    frames,
    loop,
    solo,
  }: { frameSeconds: number; periodSeconds: number; frames: number; loop: boolean; solo: SoloInstrument },
): TuneBand {
  const tuning = tuningOf(pitchHz, sounding)
  const notes = notesOfTune(pitchHz, sounding, { tuning, frameSeconds })
  const key = keyOfNotes(notes)
  const chords = chordsUnder(notes, key, periodSeconds)
  const rounds = Math.ceil(frames / sampleRateHz / periodSeconds)
  const again = Array.from({ length: rounds }, (_, round) =>
    chords.map((span) => ({ ...span, beat: span.beat + round * periodSeconds })),
  ).flat()
  // A beat is a second.
  const piece: Piece = {
    ...{ bpm: 60, beatsPerBar: 4, key, sections: [], chords: again, style: 'ambient' },
    beats: frames / sampleRateHz,
    tracks: [
      { role: 'chords', instrument: padBehind(solo), notes: sustained(again) },
      { role: 'chords', instrument: 'nylon-guitar', notes: broken(again) },
      { role: 'bass', instrument: 'acoustic-bass', notes: basses(again) },
    ],
  }
  return {
    mix: createMix(piece, { sampleRateHz, frames, loop, room }),
    tuningRatio: 2 ** (-tuning / 12),
    key: formatKey(key),
    chords: chords.map(({ chord }) => chordName(chord, key)),
  }
}

/** Strings behind strings would be heard as one. */
const padBehind = (solo: SoloInstrument): InstrumentName =>
  solo === 'violin' || solo === 'cello' ? 'pad' : 'strings'

function voicings(chords: readonly ChordSpan[]): number[][] {
  let before: number[] = []
  return chords.map(({ chord }) => (before = voiceChord(chord, before, register)))
}

function sustained(chords: readonly ChordSpan[]): Note[] {
  const voices = voicings(chords)
  return chords.flatMap(({ beat, beats }, index) =>
    voices[index]!.map((pitch) => ({ beat, beats: 0.98 * beats, pitch, velocity: 0.5 })),
  )
}

function broken(chords: readonly ChordSpan[]): Note[] {
  const voices = voicings(chords)
  return chords.flatMap(({ beat, beats }, index) =>
    Array.from({ length: strokes }, (_, stroke) => ({
      beat: beat + (stroke * beats) / strokes,
      beats: Math.min(2, beats - (stroke * beats) / strokes),
      pitch: voices[index]![[0, 1, 2, 1][stroke]!]!,
      velocity: stroke === 0 ? 0.62 : 0.5,
    })),
  )
}

function basses(chords: readonly ChordSpan[]): Note[] {
  return chords.map(({ beat, beats, chord }) => ({
    ...{ beat, beats: 0.95 * beats, velocity: 0.7 },
    pitch: lowestBass + pitchClass(chord.bass - lowestBass),
  }))
}
