import type { BassPattern } from './bass'
import type { ChordPattern } from './accompaniment'
import type { GrooveName } from './grooves'
import type { InstrumentName } from './piece'

export const genres = [
  'pop',
  'lo-fi',
  'ambient',
  'cinematic',
  'corporate',
  'acoustic-folk',
  'electronic',
  'hip-hop',
  'jazz',
  'rock',
  'classical-piano',
  'latin',
  'children',
] as const
export type Genre = (typeof genres)[number]

/** Chords of a section, bar after bar, separated by spaces; “,” shares a bar. */
type Progressions = readonly string[]

/** How a genre is written and played. */
export interface Style {
  title: string
  /** Slowest, usual and quickest tempo. */
  bpm: readonly [number, number, number]
  /** How likely a minor key is where the mood leaves it open. */
  minorShare: number
  /** How much later than half-way the second of two eighths comes, in beats. */
  swing: number
  progressions: {
    major: { A: Progressions; B: Progressions }
    minor: { A: Progressions; B: Progressions }
  }
  melody: { instruments: readonly InstrumentName[]; notesPerBar: number; register: number }
  chords: { instruments: readonly InstrumentName[]; patterns: readonly ChordPattern[]; voices: number }
  /** Sustained background below the chords. */
  pad: readonly InstrumentName[]
  /** Broken chords above, when there is much going on. */
  arpeggio: readonly InstrumentName[]
  bass: { instruments: readonly InstrumentName[]; patterns: readonly BassPattern[] }
  drums: { instruments: readonly InstrumentName[]; grooves: readonly GrooveName[] }
  /** Share of reverberation, 0–1. */
  room: number
}

export const styles: Record<Genre, Style> = {
  pop: {
    title: 'Pop',
    bpm: [92, 112, 128],
    minorShare: 0.25,
    swing: 0,
    progressions: {
      major: {
        A: ['I V vi IV', 'I vi IV V', 'I iii IV V', 'I V/7 vi IV'],
        B: ['IV V I I/3', 'IV I/3 ii V', 'vi IV I V'],
      },
      minor: { A: ['i VI III VII', 'i iv VI V', 'i VII VI V'], B: ['iv VII i i', 'VI VII i V', 'iv i VI V'] },
    },
    melody: { instruments: ['synth-pluck', 'piano', 'electric-guitar'], notesPerBar: 5, register: 74 },
    chords: {
      instruments: ['piano', 'electric-guitar', 'electric-piano'],
      patterns: ['pulse', 'stabs'],
      voices: 3,
    },
    pad: ['pad', 'strings'],
    arpeggio: ['synth-pluck', 'glockenspiel'],
    bass: { instruments: ['electric-bass', 'synth-bass'], patterns: ['eighths', 'syncopated'] },
    drums: {
      instruments: ['acoustic-drums', 'electronic-drums'],
      grooves: ['backbeat', 'four-on-the-floor'],
    },
    room: 0.3,
  },
  'lo-fi': {
    title: 'Lo-fi',
    bpm: [70, 80, 90],
    minorShare: 0.6,
    swing: 0.09,
    progressions: {
      major: {
        A: ['Imaj7 vi7 ii7 V7', 'Imaj9 vi7 IVmaj7 V7', 'Imaj7 IVmaj7 Imaj7 V7'],
        B: ['IVmaj7 iii7 ii7 V7', 'ii7 V7 Imaj7 Imaj7'],
      },
      minor: {
        A: ['i7 VImaj7 iv7 V7', 'i9 iv7 i7 VImaj7', 'i7 VII VImaj7 V7'],
        B: ['iv7 VII i7 i7', 'VImaj7 v7 iv7 V7'],
      },
    },
    melody: {
      instruments: ['electric-piano', 'vibraphone', 'nylon-guitar'],
      notesPerBar: 4,
      register: 72,
    },
    chords: { instruments: ['electric-piano', 'soft-piano'], patterns: ['comp', 'stabs'], voices: 4 },
    pad: ['pad'],
    arpeggio: ['nylon-guitar'],
    bass: { instruments: ['electric-bass', 'sub-bass'], patterns: ['root-fifth', 'syncopated'] },
    drums: { instruments: ['lofi-drums'], grooves: ['lofi', 'boom-bap'] },
    room: 0.3,
  },
  ambient: {
    title: 'Ambient',
    bpm: [60, 72, 84],
    minorShare: 0.4,
    swing: 0,
    progressions: {
      major: {
        A: ['Iadd9 Iadd9 IVmaj7 IVmaj7', 'Iadd9 vi7 IVadd9 Iadd9'],
        B: ['vi7 IVmaj7 I V', 'IVmaj7 I/3 ii7 I'],
      },
      minor: { A: ['iadd9 iadd9 VImaj7 i', 'i VI iv i'], B: ['iv i VImaj7 VII', 'VI VII i i'] },
    },
    melody: { instruments: ['soft-piano', 'flute', 'vibraphone'], notesPerBar: 2, register: 72 },
    chords: {
      instruments: ['harp', 'soft-piano', 'music-box'],
      patterns: ['drift'],
      voices: 4,
    },
    pad: ['pad', 'choir', 'strings'],
    arpeggio: ['harp', 'glockenspiel'],
    bass: { instruments: ['sub-bass'], patterns: ['roots'] },
    drums: { instruments: ['cinematic-drums'], grooves: ['pulse'] },
    room: 0.75,
  },
  cinematic: {
    title: 'Cinematic',
    bpm: [76, 100, 132],
    minorShare: 0.75,
    swing: 0,
    progressions: {
      major: { A: ['I V vi IV', 'I I/3 IV V', 'I bVII IV I'], B: ['vi IV I V', 'IV V vi V'] },
      minor: { A: ['i VI III VII', 'i i VI V', 'i iv VI V', 'i iv VII i'], B: ['VI VII i V', 'iv i VI V'] },
    },
    melody: { instruments: ['strings', 'brass', 'piano'], notesPerBar: 3, register: 72 },
    chords: { instruments: ['strings', 'piano'], patterns: ['ostinato', 'pulse'], voices: 3 },
    pad: ['strings', 'choir'],
    arpeggio: ['harp', 'piano'],
    bass: { instruments: ['sub-bass', 'acoustic-bass'], patterns: ['roots', 'eighths'] },
    drums: { instruments: ['cinematic-drums'], grooves: ['taiko', 'pulse'] },
    room: 0.6,
  },
  corporate: {
    title: 'Corporate',
    bpm: [104, 118, 126],
    minorShare: 0.05,
    swing: 0,
    progressions: {
      major: {
        A: ['I V vi IV', 'Iadd9 IVadd9 vi V', 'I vi IV V'],
        B: ['IV V I vi', 'IV I V I', 'ii IV I V'],
      },
      minor: { A: ['i VI III VII', 'i VII VI V'], B: ['iv VII i V', 'VI VII i i'] },
    },
    melody: { instruments: ['piano', 'glockenspiel', 'synth-pluck'], notesPerBar: 4, register: 76 },
    chords: { instruments: ['electric-guitar', 'piano'], patterns: ['palm-muted', 'pulse'], voices: 3 },
    pad: ['strings', 'pad'],
    arpeggio: ['marimba', 'synth-pluck'],
    bass: { instruments: ['electric-bass'], patterns: ['eighths', 'roots'] },
    drums: {
      instruments: ['acoustic-drums', 'electronic-drums'],
      grooves: ['four-on-the-floor', 'backbeat'],
    },
    room: 0.35,
  },
  'acoustic-folk': {
    title: 'Acoustic folk',
    bpm: [84, 100, 120],
    minorShare: 0.2,
    swing: 0,
    progressions: {
      major: { A: ['I IV I V', 'I V vi IV', 'I IV V I', 'I iii IV I'], B: ['IV I V I', 'vi IV I V'] },
      minor: { A: ['i VII VI V', 'i iv VII i', 'i iv i V'], B: ['VI III VII i', 'iv i V i'] },
    },
    melody: { instruments: ['acoustic-guitar', 'flute', 'piano'], notesPerBar: 4, register: 71 },
    chords: {
      instruments: ['acoustic-guitar', 'nylon-guitar'],
      patterns: ['strum', 'fingerpicking'],
      voices: 4,
    },
    pad: ['strings'],
    arpeggio: ['nylon-guitar', 'glockenspiel'],
    bass: { instruments: ['acoustic-bass'], patterns: ['root-fifth', 'roots'] },
    drums: { instruments: ['brush-drums', 'acoustic-drums'], grooves: ['folk', 'backbeat'] },
    room: 0.25,
  },
  electronic: {
    title: 'Electronic, house',
    bpm: [118, 124, 128],
    minorShare: 0.7,
    swing: 0,
    progressions: {
      major: { A: ['I V vi IV', 'Iadd9 vi IV I'], B: ['IV V I I', 'vi IV I V'] },
      minor: {
        A: ['i VI III VII', 'i i VI VII', 'i VII iv i', 'i7 iv7 i7 v7'],
        B: ['VI VII i i', 'iv VI i V'],
      },
    },
    melody: { instruments: ['synth-lead', 'synth-pluck'], notesPerBar: 5, register: 74 },
    chords: { instruments: ['synth-chords', 'electric-piano'], patterns: ['offbeat', 'house'], voices: 4 },
    pad: ['pad'],
    arpeggio: ['synth-pluck'],
    bass: { instruments: ['synth-bass'], patterns: ['offbeat', 'eighths'] },
    drums: { instruments: ['electronic-drums'], grooves: ['house'] },
    room: 0.35,
  },
  'hip-hop': {
    title: 'Hip hop',
    bpm: [80, 90, 98],
    minorShare: 0.85,
    swing: 0.06,
    progressions: {
      major: { A: ['Imaj7 vi7 IVmaj7 V', 'I IV I V'], B: ['IV iii ii V', 'vi IV I V'] },
      minor: { A: ['i i VI V', 'i7 VImaj7 i7 V7', 'i iv i V'], B: ['VI VII i i', 'iv i VI V'] },
    },
    melody: { instruments: ['synth-pluck', 'piano', 'flute'], notesPerBar: 4, register: 72 },
    chords: { instruments: ['electric-piano', 'piano', 'strings'], patterns: ['stabs', 'comp'], voices: 3 },
    pad: ['pad', 'strings'],
    arpeggio: ['vibraphone'],
    bass: { instruments: ['sub-bass', 'electric-bass'], patterns: ['syncopated', 'root-fifth'] },
    drums: { instruments: ['electronic-drums', 'lofi-drums'], grooves: ['boom-bap'] },
    room: 0.22,
  },
  jazz: {
    title: 'Jazz',
    bpm: [96, 124, 168],
    minorShare: 0.3,
    swing: 0.16,
    progressions: {
      major: {
        A: ['Imaj7 vi7 ii7 V7', 'Imaj7 ii7,V7 Imaj7 vi7', 'I6 I7 IVmaj7 V7'],
        B: ['IVmaj7 V7 iii7 vi7', 'ii7 V7 Imaj7 Imaj7'],
      },
      minor: { A: ['i7 iv7 i7 V7', 'i7 iim7b5,V7 i7 iv7'], B: ['iv7 VII7 IIImaj7 V7', 'iv7 i7 iim7b5 V7'] },
    },
    melody: { instruments: ['vibraphone', 'piano', 'electric-guitar'], notesPerBar: 5, register: 73 },
    chords: { instruments: ['piano', 'electric-piano'], patterns: ['comp'], voices: 4 },
    pad: [],
    arpeggio: ['vibraphone'],
    bass: { instruments: ['acoustic-bass'], patterns: ['walking'] },
    drums: { instruments: ['brush-drums', 'acoustic-drums'], grooves: ['swing'] },
    room: 0.3,
  },
  rock: {
    title: 'Rock',
    bpm: [104, 124, 148],
    minorShare: 0.4,
    swing: 0,
    progressions: {
      major: { A: ['I V vi IV', 'I bVII IV I', 'I IV V IV'], B: ['IV V I I', 'vi IV I V'] },
      minor: { A: ['i VI VII i', 'i VII VI V', 'i VII iv i'], B: ['VI VII i V', 'iv VI VII V'] },
    },
    melody: { instruments: ['distorted-guitar', 'electric-guitar'], notesPerBar: 5, register: 71 },
    chords: { instruments: ['distorted-guitar', 'electric-guitar'], patterns: ['power', 'strum'], voices: 3 },
    pad: ['organ'],
    arpeggio: ['electric-guitar'],
    bass: { instruments: ['electric-bass'], patterns: ['eighths'] },
    drums: { instruments: ['acoustic-drums'], grooves: ['rock'] },
    room: 0.22,
  },
  'classical-piano': {
    title: 'Classical piano',
    bpm: [72, 92, 116],
    minorShare: 0.4,
    swing: 0,
    progressions: {
      major: {
        A: ['I V/7 vi IV', 'I IV V I', 'I ii V I', 'I vi ii V'],
        B: ['V I IV V', 'vi ii V I', 'IV I V I'],
      },
      minor: { A: ['i iv V i', 'i VI iv V', 'i iv i V'], B: ['III VII iv V', 'VI iv V i', 'iv i V i'] },
    },
    melody: { instruments: ['piano'], notesPerBar: 5, register: 76 },
    chords: { instruments: ['piano'], patterns: ['alberti', 'arpeggio'], voices: 3 },
    pad: [],
    arpeggio: [],
    bass: { instruments: ['piano'], patterns: ['roots'] },
    drums: { instruments: [], grooves: [] },
    room: 0.4,
  },
  latin: {
    title: 'Latin',
    bpm: [92, 104, 118],
    minorShare: 0.6,
    swing: 0,
    progressions: {
      major: { A: ['I IV V I', 'I vi ii V', 'Imaj7 ii7 V7 I'], B: ['IV V I I', 'ii V I V'] },
      minor: { A: ['i iv V7 i', 'i VII VI V', 'i iv i V7'], B: ['iv i V7 i', 'VI V7 i V7'] },
    },
    melody: { instruments: ['nylon-guitar', 'brass', 'flute'], notesPerBar: 5, register: 73 },
    chords: { instruments: ['piano', 'nylon-guitar'], patterns: ['montuno', 'strum'], voices: 3 },
    pad: ['strings'],
    arpeggio: ['marimba'],
    bass: { instruments: ['acoustic-bass', 'electric-bass'], patterns: ['tumbao'] },
    drums: { instruments: ['latin-percussion'], grooves: ['latin'] },
    room: 0.3,
  },
  children: {
    title: 'Children',
    bpm: [108, 120, 132],
    minorShare: 0.02,
    swing: 0.05,
    progressions: {
      major: { A: ['I V IV I', 'I IV V I', 'I IV I V'], B: ['IV I V I', 'vi IV V I'] },
      minor: { A: ['i iv i V', 'i iv V i'], B: ['iv i V i', 'VI iv V i'] },
    },
    melody: { instruments: ['glockenspiel', 'music-box', 'marimba', 'flute'], notesPerBar: 5, register: 76 },
    chords: { instruments: ['ukulele', 'marimba', 'piano'], patterns: ['oompah', 'strum'], voices: 3 },
    pad: [],
    arpeggio: ['music-box'],
    bass: { instruments: ['acoustic-bass'], patterns: ['root-fifth'] },
    drums: { instruments: ['brush-drums', 'acoustic-drums'], grooves: ['folk'] },
    room: 0.28,
  },
}

/** Chords of the modes that are neither major nor minor: what makes each of them. */
export const modalProgressions = {
  dorian: { A: ['i IV i IV', 'i VII IV i'], B: ['IV i VII i', 'III IV i i'] },
  phrygian: { A: ['i II i vii', 'i II III II'], B: ['III II i i', 'vii II i i'] },
  lydian: { A: ['I II I II', 'I II vi I'], B: ['vi II I I', 'V II I I'] },
  mixolydian: { A: ['I VII IV I', 'I v VII I'], B: ['IV VII I I', 'VII IV I I'] },
} as const
