import type { Chord } from './chords'
import type { Key } from './keys'

export interface Note {
  /** From the start of the piece, in beats; may be a little off the grid. */
  beat: number
  beats: number
  /** MIDI number; of a drum, its General MIDI number. */
  pitch: number
  /** 0–1. */
  velocity: number
}

/** Which part of the arrangement a track plays; stems are made of them. */
export const roles = ['melody', 'chords', 'bass', 'drums'] as const
export type Role = (typeof roles)[number]

export interface Track {
  role: Role
  instrument: InstrumentName
  notes: Note[]
}

export interface Section {
  name: string
  /** Which material it is made of. */
  kind: 'intro' | 'A' | 'B' | 'break' | 'outro'
  /** Second time, with variations. */
  varied: boolean
  startBar: number
  bars: number
  /** 0–1: how much plays, and how loud. */
  energy: number
}

export interface ChordSpan {
  beat: number
  beats: number
  chord: Chord
}

/** A finished composition. */
export interface Piece {
  bpm: number
  beatsPerBar: number
  key: Key
  sections: Section[]
  chords: ChordSpan[]
  tracks: Track[]
  /** Where the last bar ends; notes may ring on. */
  beats: number
  style: string
}

/** What the composer may write for, by family, with the number of the General MIDI sound that is nearest. */
export const instruments = {
  piano: { family: 'keys', program: 0 },
  'soft-piano': { family: 'keys', program: 0 },
  'electric-piano': { family: 'keys', program: 4 },
  organ: { family: 'keys', program: 17 },
  'acoustic-guitar': { family: 'plucked', program: 25 },
  'nylon-guitar': { family: 'plucked', program: 24 },
  'electric-guitar': { family: 'plucked', program: 27 },
  'distorted-guitar': { family: 'plucked', program: 30 },
  harp: { family: 'plucked', program: 46 },
  ukulele: { family: 'plucked', program: 24 },
  marimba: { family: 'mallets', program: 12 },
  vibraphone: { family: 'mallets', program: 11 },
  glockenspiel: { family: 'mallets', program: 9 },
  'music-box': { family: 'mallets', program: 10 },
  strings: { family: 'sustained', program: 48 },
  brass: { family: 'sustained', program: 61 },
  flute: { family: 'sustained', program: 73 },
  choir: { family: 'sustained', program: 52 },
  pad: { family: 'sustained', program: 89 },
  'synth-lead': { family: 'sustained', program: 81 },
  'synth-chords': { family: 'sustained', program: 81 },
  'synth-pluck': { family: 'plucked', program: 84 },
  'acoustic-bass': { family: 'bass', program: 32 },
  'electric-bass': { family: 'bass', program: 33 },
  'synth-bass': { family: 'bass', program: 38 },
  'sub-bass': { family: 'bass', program: 39 },
  'acoustic-drums': { family: 'drums', program: 0 },
  'electronic-drums': { family: 'drums', program: 24 },
  'lofi-drums': { family: 'drums', program: 24 },
  'brush-drums': { family: 'drums', program: 40 },
  'cinematic-drums': { family: 'drums', program: 48 },
  'latin-percussion': { family: 'drums', program: 0 },
} as const satisfies Record<string, { family: string; program: number }>

export type InstrumentName = keyof typeof instruments
export const instrumentNames = Object.keys(instruments) as InstrumentName[]

/** General MIDI percussion that the grooves are written in. */
export const drumNotes = {
  kick: 36,
  rim: 37,
  snare: 38,
  clap: 39,
  hat: 42,
  openHat: 46,
  lowTom: 45,
  midTom: 47,
  highTom: 50,
  crash: 49,
  ride: 51,
  tambourine: 54,
  shaker: 70,
  conga: 63,
  congaLow: 64,
  clave: 75,
} as const
export type DrumName = keyof typeof drumNotes
