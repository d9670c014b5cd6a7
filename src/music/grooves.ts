import { drumNotes, type DrumName, type Note, type Section } from './piece'
import type { Random } from './random'

export const grooveNames = [
  'backbeat',
  'four-on-the-floor',
  'house',
  'rock',
  'boom-bap',
  'lofi',
  'swing',
  'folk',
  'latin',
  'taiko',
  'pulse',
] as const
export type GrooveName = (typeof grooveNames)[number]

/** Sixteen steps a bar: `X` accented, `x` plain, `o` soft, `.` nothing. Several lines are chosen among bar by bar. */
type Lines = Partial<Record<DrumName, readonly string[]>>

interface Groove {
  /** Played whenever there are drums. */
  light: Lines
  /** Added when the energy is high. */
  full: Lines
}

const grooves: Record<GrooveName, Groove> = {
  backbeat: {
    light: {
      kick: ['X.......X.......', 'X.......X.x.....'],
      snare: ['....X.......X...'],
      hat: ['x.o.x.o.x.o.x.o.'],
    },
    full: { tambourine: ['..o...o...o...o.'] },
  },
  'four-on-the-floor': {
    light: { kick: ['X...X...X...X...'], hat: ['x.o.x.o.x.o.x.o.'] },
    full: { clap: ['....X.......X...'], shaker: ['o.o.o.o.o.o.o.o.'] },
  },
  house: {
    light: { kick: ['X...X...X...X...'], openHat: ['..x...x...x...x.'] },
    full: { clap: ['....X.......X...'], hat: ['x.o.x.o.x.o.x.oo'], shaker: ['oo.ooo.ooo.ooo.o'] },
  },
  rock: {
    light: {
      kick: ['X.......X.x.....', 'X.....x.X.......'],
      snare: ['....X.......X...'],
      hat: ['X.x.X.x.X.x.X.x.'],
    },
    full: { tambourine: ['....o.......o...'] },
  },
  'boom-bap': {
    light: {
      kick: ['X.......X.x.....', 'X......xX.......'],
      snare: ['....X.......X...'],
      hat: ['x.o.x.o.x.o.x.o.', 'x.o.x.o.x.o.x.oo'],
    },
    full: { shaker: ['..o...o...o...o.'] },
  },
  lofi: {
    light: {
      kick: ['X.........x.....', 'X.......X.......', 'X......x..x.....'],
      snare: ['....X.......X...'],
      hat: ['x.o.x.o.x.o.x.o.'],
    },
    full: { rim: ['..........o.....', '.......o........'] },
  },
  swing: {
    light: { ride: ['X...X.x.X...X.x.'], hat: ['....x.......x...'], kick: ['o...o...o...o...'] },
    full: { snare: ['..............o.', '......o.........', '..........o.....'] },
  },
  folk: {
    light: { kick: ['X.......X.......'], snare: ['....x.......x...'] },
    full: { shaker: ['x.o.x.o.x.o.x.o.'], tambourine: ['....o.......o...'] },
  },
  latin: {
    light: {
      clave: ['x.....x.....x...', '....x...x.......'],
      shaker: ['x.o.x.o.x.o.x.o.'],
      congaLow: ['x...........x.x.'],
    },
    full: { conga: ['..x.....x.x.....'], kick: ['X...x...X...x...'], rim: ['....x.......x...'] },
  },
  taiko: {
    light: { kick: ['X.......X.......'], lowTom: ['X.....x.X...x...'] },
    full: { midTom: ['..o.x.o...o.x.oo'], snare: ['....x.......x...'], shaker: ['x.o.x.o.x.o.x.o.'] },
  },
  pulse: {
    light: { kick: ['X...o...x...o...'] },
    full: { shaker: ['o...x...o...x...'], lowTom: ['............x...'] },
  },
}

const levels: Record<string, number> = { X: 0.92, x: 0.7, o: 0.42 }
/** The lines of a fill: half a bar that leads into what comes. */
const fills: Lines[] = [
  { snare: ['........x.o.X.xX'], kick: ['........X.......'] },
  { highTom: ['........xx......'], midTom: ['..........xx....'], lowTom: ['............xxXX'] },
  { snare: ['............XxxX'], kick: ['........X...X...'] },
  { clap: ['........x...x.xX'], kick: ['........X...X...'] },
]

/** From this energy on a groove plays everything that it has. */
const fullEnergy = 0.6

/**
 * Drums for the sections that have them: lines vary from bar to bar, the last bar of a section leads into the next,
 * which a crash opens.
 * @param beats Where the piece ends.
 */
export function composeDrums(
  groove: GrooveName,
  sections: readonly Section[],
  beats: number,
  random: Random,
): Note[] {
  const { light, full } = grooves[groove]
  const notes: Note[] = []
  const calm = groove === 'pulse' || groove === 'swing' || groove === 'latin' || groove === 'folk'
  const write = (lines: Lines, startBeat: number, from = 0, to = 16, scale = 1) => {
    for (const [name, variants] of Object.entries(lines) as [DrumName, readonly string[]][]) {
      const line = random.pick(variants)
      for (let step = from; step < to; step++) {
        const level = levels[line[step] ?? '.']
        if (level === undefined || startBeat + step / 4 >= beats) continue
        notes.push({
          beat: startBeat + step / 4,
          beats: 0.25,
          pitch: drumNotes[name],
          velocity: level * scale,
        })
      }
    }
  }
  sections.forEach((section, index) => {
    const scale = 0.75 + 0.25 * section.energy
    const next = sections[index + 1]
    for (let bar = 0; bar < section.bars; bar++) {
      const startBeat = (section.startBar + bar) * 4
      const leads = bar === section.bars - 1 && next !== undefined && section.bars > 1
      const until = leads && !calm ? 8 : 16
      write(light, startBeat, 0, until, scale)
      if (section.energy >= fullEnergy) write(full, startBeat, 0, until, scale)
      if (leads && !calm) write(random.pick(fills), startBeat, 8, 16, scale)
      if (bar === 0 && section.energy >= fullEnergy && !calm && index > 0) {
        notes.push({ beat: startBeat, beats: 2, pitch: drumNotes.crash, velocity: 0.6 * scale })
      }
    }
  })
  return notes
}
