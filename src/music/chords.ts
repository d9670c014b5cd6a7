import { formatPitchClass, isMinor, pitchClass, scaleSteps, type Key } from './keys'

export interface Chord {
  /** Pitch class. */
  root: number
  /** Semitones above the root, the root first. */
  intervals: readonly number[]
  /** Pitch class of the lowest note. */
  bass: number
  /** What follows the root in its name, without the m of minor chords and the bass: “maj7”. */
  sign: string
}

const suffixes: Record<string, { major: readonly number[]; minor: readonly number[]; sign: string }> = {
  '': { major: [0, 4, 7], minor: [0, 3, 7], sign: '' },
  '7': { major: [0, 4, 7, 10], minor: [0, 3, 7, 10], sign: '7' },
  maj7: { major: [0, 4, 7, 11], minor: [0, 3, 7, 11], sign: 'maj7' },
  '9': { major: [0, 4, 7, 10, 14], minor: [0, 3, 7, 10, 14], sign: '9' },
  maj9: { major: [0, 4, 7, 11, 14], minor: [0, 3, 7, 11, 14], sign: 'maj9' },
  add9: { major: [0, 4, 7, 14], minor: [0, 3, 7, 14], sign: 'add9' },
  '6': { major: [0, 4, 7, 9], minor: [0, 3, 7, 9], sign: '6' },
  sus4: { major: [0, 5, 7], minor: [0, 5, 7], sign: 'sus4' },
  sus2: { major: [0, 2, 7], minor: [0, 2, 7], sign: 'sus2' },
  dim: { major: [0, 3, 6], minor: [0, 3, 6], sign: 'dim' },
  m7b5: { major: [0, 3, 6, 10], minor: [0, 3, 6, 10], sign: 'm7b5' },
}
const numerals = ['I', 'II', 'III', 'IV', 'V', 'VI', 'VII']

/**
 * A chord of a key from its Roman numeral: capitals major, small letters minor, degrees those of the key's own scale,
 * `b` or `#` before it a semitone off them, then one of the suffixes above, then `/` and the degree in the bass.
 * @throws RangeError where it is none.
 */
export function chordOf(numeral: string, key: Key): Chord {
  const match = /^([b#]?)([IV]+|[iv]+)(maj7|maj9|add9|sus4|sus2|dim|m7b5|[679])?(?:\/([1-7]))?$/.exec(numeral)
  const degree = match ? numerals.indexOf(match[2]!.toUpperCase()) : -1
  if (!match || degree < 0) throw new RangeError(`“${numeral}” is no chord`)
  const [, accidental, roman, suffix = '', inBass] = match
  const scale = scaleSteps(key.mode)
  const shift = accidental === 'b' ? -1 : accidental === '#' ? 1 : 0
  const root = pitchClass(key.tonic + scale[degree]! + shift)
  const quality = roman === roman!.toUpperCase() ? 'major' : 'minor'
  const bass = inBass ? pitchClass(key.tonic + scale[Number(inBass) - 1]!) : root
  return { root, intervals: suffixes[suffix]![quality], bass, sign: suffixes[suffix]!.sign }
}

export function chordPitchClasses({ root, intervals }: Chord): number[] {
  return intervals.map((interval) => pitchClass(root + interval))
}

/** Such as “Am7” or “C/E”. */
export function chordName(chord: Chord, key: Key): string {
  const minor = chord.intervals[1] === 3 && !['dim', 'm7b5'].includes(chord.sign) ? 'm' : ''
  const bass = chord.bass === chord.root ? '' : `/${formatPitchClass(chord.bass, key)}`
  return `${formatPitchClass(chord.root, key)}${minor}${chord.sign}${bass}`
}

/**
 * The seven pitch classes that a melody moves in over a chord: the key's, where a chord note a semitone off (the
 * leading note of a minor key) takes the place of its neighbour.
 */
export function scaleOver(chord: Chord, key: Key): number[] {
  const own = scaleSteps(key.mode).map((step) => pitchClass(key.tonic + step))
  const foreign = chordPitchClasses(chord).filter((note) => !own.includes(note))
  const kept = own.filter(
    (note) => !foreign.some((other) => [1, 11].includes(pitchClass(note - other))) || note === key.tonic,
  )
  return [...new Set([...kept, ...foreign])].sort((a, b) => a - b)
}

/** Which of two families of progressions serves a mode. */
export function modeFamily(key: Key): 'major' | 'minor' {
  return isMinor(key.mode) ? 'minor' : 'major'
}

/**
 * Notes of a chord in a register, as near as can be to those before them (voice leading: common tones stay, the others
 * move by the smallest steps).
 * @param previous MIDI numbers, ascending; empty at the start.
 */
export function voiceChord(
  chord: Chord,
  previous: readonly number[],
  register: { centre: number; voices: number },
): number[] {
  // A fifth can be left out of a chord of five notes, the root is the bass's.
  const wanted = chordPitchClasses(chord)
  const classes =
    wanted.length > register.voices
      ? wanted.filter((_, index) => index !== 2).slice(-register.voices)
      : wanted
  let best: { notes: number[]; cost: number } | undefined
  for (let lowest = register.centre - 10; lowest <= register.centre + 2; lowest++) {
    if (!classes.includes(pitchClass(lowest))) continue
    const notes = [lowest]
    for (let pitch = lowest + 1; notes.length < register.voices; pitch++) {
      if (classes.includes(pitchClass(pitch))) notes.push(pitch)
    }
    const middle = notes.reduce((sum, note) => sum + note, 0) / notes.length
    const moves = notes.map((note, voice) => Math.abs(note - (previous[voice] ?? note)))
    const complete = new Set(notes.map(pitchClass)).size === Math.min(classes.length, register.voices) ? 0 : 8
    const muddy = notes.some((note, index) => index > 0 && note < 55 && note - notes[index - 1]! < 3) ? 6 : 0
    const cost = moves.reduce((sum, move) => sum + move, 0) + 0.6 * Math.abs(middle - register.centre)
    if (!best || cost + complete + muddy < best.cost) best = { notes, cost: cost + complete + muddy }
  }
  return best!.notes
}
