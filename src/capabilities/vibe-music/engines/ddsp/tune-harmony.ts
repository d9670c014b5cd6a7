import { chordOf, chordPitchClasses } from '../../../../music/chords'
import { isMinor, pitchClass, type Key } from '../../../../music/keys'
import type { ChordSpan } from '../../../../music/piece'
import { midiOf } from './melody'

/** A note of a tune, in seconds. */
export interface TuneNote {
  start: number
  end: number
  /** MIDI number. */
  pitch: number
}

/** How far somebody's pitch lies from A4 = 440 Hz, in semitones, −0.5 … 0.5: the mean over a circle of one semitone. */
export function tuningOf(pitchHz: ArrayLike<number>, sounding: ArrayLike<number>): number {
  let [real, imaginary] = [0, 0]
  for (let frame = 0; frame < pitchHz.length; frame++) {
    if (!sounding[frame]) continue
    const angle = 2 * Math.PI * midiOf(pitchHz[frame]!)
    real += Math.cos(angle)
    imaginary += Math.sin(angle)
  }
  return Math.atan2(imaginary, real) / (2 * Math.PI)
}

/** Shorter ones are on the way from one note to another. */
const shortestSeconds = 0.09

/** The notes that somebody meant: stretches within half a semitone of one, after their own tuning. */
export function notesOfTune(
  pitchHz: ArrayLike<number>,
  sounding: ArrayLike<number>,
  { tuning, frameSeconds }: { tuning: number; frameSeconds: number },
): TuneNote[] {
  const rounded = Array.from(pitchHz, (hz, frame) =>
    sounding[frame] ? Math.round(midiOf(hz) - tuning) : null,
  )
  const notes: TuneNote[] = []
  /** Frame at which the last note ended. */
  let before = 0
  for (let start = 0; start < rounded.length;) {
    let end = start + 1
    while (end < rounded.length && rounded[end] === rounded[start]) end++
    const pitch = rounded[start] ?? null
    if (pitch !== null && (end - start) * frameSeconds >= shortestSeconds) {
      const last = notes.at(-1)
      const strayed = rounded.slice(before, start)
      // Vibrato may leave a note for a moment; a rest begins another.
      const goesOn = strayed.length * frameSeconds < shortestSeconds && !strayed.includes(null)
      if (last?.pitch === pitch && goesOn) last.end = end * frameSeconds
      else notes.push({ start: start * frameSeconds, end: end * frameSeconds, pitch })
      before = end
    }
    start = end
  }
  return notes
}

const majorProfile = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88]
const minorProfile = [6.33, 2.68, 3.52, 5.38, 2.6, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17]

/** The key whose profile (C. Krumhansl, E. Kessler, 1982) is most like how long each pitch class sounds. */
export function keyOfNotes(notes: readonly TuneNote[]): Key {
  const sounds = new Array<number>(12).fill(0)
  for (const { start, end, pitch } of notes) sounds[pitchClass(pitch)]! += end - start
  // A tune mostly comes home.
  const last = notes.at(-1)
  if (last) sounds[pitchClass(last.pitch)]! += 0.5 * (last.end - last.start)
  let best: { key: Key; likeness: number } | undefined
  for (const mode of ['major', 'minor'] as const) {
    const profile = mode === 'major' ? majorProfile : minorProfile
    for (let tonic = 0; tonic < 12; tonic++) {
      const turned = sounds.map((_, pitch) => profile[pitchClass(pitch - tonic)]!)
      const likeness = correlation(sounds, turned)
      if (!best || likeness > best.likeness) best = { key: { tonic, mode }, likeness }
    }
  }
  return best!.key
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanA, meanB] = [mean(a), mean(b)]
  let [product, powerA, powerB] = [0, 0, 0]
  a.forEach((value, index) => {
    product += (value - meanA) * (b[index]! - meanB)
    powerA += (value - meanA) ** 2
    powerB += (b[index]! - meanB) ** 2
  })
  return product / Math.sqrt(powerA * powerB || 1)
}

/** How long a chord lasts, in seconds, and how long it likes to. */
const chordSeconds = { least: 1.1, usual: 1.8, most: 2.6 }

/** Chords begin with notes of the tune, rather with long ones: nothing is counted, the band follows. */
function chordTimes(notes: readonly TuneNote[], seconds: number): number[] {
  const times = [0]
  for (;;) {
    const from = times.at(-1)!
    const candidates = notes.filter(
      ({ start }) =>
        start >= from + chordSeconds.least &&
        start <= from + chordSeconds.most &&
        start <= seconds - chordSeconds.least,
    )
    const worth = ({ start, end }: TuneNote) =>
      end - start - 0.4 * Math.abs(start - from - chordSeconds.usual)
    const [next] = candidates.toSorted((a, b) => worth(b) - worth(a))
    // In a long note or a rest the chord changes by itself, or stays to the end.
    const time = next?.start ?? from + chordSeconds.usual
    if (time > seconds - chordSeconds.least) return times
    times.push(time)
  }
}

const majorNumerals = ['I', 'ii', 'iii', 'IV', 'V', 'vi'] as const
const minorNumerals = ['i', 'III', 'iv', 'v', 'VI', 'VII'] as const

const homeBonus = 0.5
const stayCost = 0.25
const fifthBonus = 0.12

/**
 * Chords under a tune, in seconds: the row of triads of the key that holds most of what is sung, that moves, and that
 * begins and ends at home (A. Viterbi's path through them).
 */
export function chordsUnder(notes: readonly TuneNote[], key: Key, seconds: number): ChordSpan[] {
  const times = chordTimes(notes, seconds)
  const chords = (isMinor(key.mode) ? minorNumerals : majorNumerals).map((numeral) => chordOf(numeral, key))
  const ends = [...times.slice(1), seconds]
  const fits = times.map((from, span) =>
    chords.map((chord) => fit(notes, chordPitchClasses(chord), from, ends[span]!)),
  )
  const move = (from: number, to: number) => {
    if (from === to) return -stayCost
    const distance = pitchClass(chords[to]!.root - chords[from]!.root)
    return distance === 5 || distance === 7 ? fifthBonus : 0
  }
  let totals = fits[0]!.map((value, chord) => value + (chord === 0 ? homeBonus : 0))
  const origins: number[][] = []
  for (const [span, values] of fits.entries()) {
    if (span === 0) continue
    const home = span === fits.length - 1 ? homeBonus : 0
    const from = values.map((_, to) => best(totals.map((total, origin) => total + move(origin, to))))
    totals = values.map(
      (value, to) => value + totals[from[to]!]! + move(from[to]!, to) + (to === 0 ? home : 0),
    )
    origins.push(from)
  }
  const path = [best(totals)]
  for (const from of origins.toReversed()) path.unshift(from[path[0]!]!)
  return path.map((chord, span) => ({
    ...{ beat: times[span]!, beats: ends[span]! - times[span]!, chord: chords[chord]! },
  }))
}

const best = (values: readonly number[]) => values.indexOf(Math.max(...values))

/** Share of the time in which the tune is in the chord, −1 … 1, what begins with it counting more. */
function fit(notes: readonly TuneNote[], classes: readonly number[], from: number, to: number): number {
  let [sum, weights] = [0, 0]
  for (const note of notes) {
    const heard = Math.min(note.end, to) - Math.max(note.start, from)
    if (heard <= 0) continue
    const weight = heard * (note.start < from + 0.15 ? 1.5 : 1)
    weights += weight
    sum += weight * (classes.includes(pitchClass(note.pitch)) ? 1 : -0.6)
  }
  return weights > 0 ? sum / weights : 0
}
