import { describe, expect, it } from 'vitest'

import { chordName, chordPitchClasses } from '../../../../music/chords'
import { formatKey, frequencyOf, pitchClass, type Key } from '../../../../music/keys'
import { chordsUnder, keyOfNotes, notesOfTune, tuningOf, type TuneNote } from './tune-harmony'

const frameSeconds = 0.004

/** Steps above a tonic, with their length in beats. */
const tunes: { mode: Key['mode']; steps: readonly (readonly [number, number])[] }[] = [
  {
    // Twinkle, twinkle, little star.
    mode: 'major',
    steps: [
      ...[0, 0, 7, 7, 9, 9].map((step) => [step, 1] as const),
      ...([[7, 2]] as const),
      ...[5, 5, 4, 4, 2, 2].map((step) => [step, 1] as const),
      ...([[0, 2]] as const),
    ],
  },
  {
    // The beginning of Greensleeves, in natural minor.
    mode: 'minor',
    steps: [
      ...([
        [0, 1],
        [3, 2],
        [5, 1],
        [7, 1.5],
        [8, 0.5],
        [7, 1],
        [5, 2],
        [2, 1],
      ] as const),
      ...([
        [-2, 1.5],
        [0, 0.5],
        [2, 1],
        [3, 2],
        [0, 1],
        [0, 2],
      ] as const),
    ],
  },
]

function notesFrom(tonic: number, steps: readonly (readonly [number, number])[], beat = 0.5): TuneNote[] {
  let at = 0
  return steps.map(([step, beats]) => {
    const start = at
    at += beats * beat
    return { start, end: at - 0.03, pitch: tonic + step }
  })
}

/** As a pitch track would have them, with vibrato, off by so many semitones. */
function track(notes: readonly TuneNote[], off: number) {
  const frames = Math.ceil(notes.at(-1)!.end / frameSeconds)
  const noteAt = (frame: number) =>
    notes.find(({ start, end }) => frame * frameSeconds >= start && frame * frameSeconds < end)
  return {
    sounding: Uint8Array.from({ length: frames }, (_, frame) => (noteAt(frame) ? 1 : 0)),
    pitchHz: Float32Array.from({ length: frames }, (_, frame) =>
      frequencyOf((noteAt(frame)?.pitch ?? 60) + off + 0.3 * Math.sin(frame / 7)),
    ),
  }
}

describe('the key of a tune', () => {
  it.each(tunes)('is found wherever it is sung: $mode', ({ mode, steps }) => {
    for (let tonic = 48; tonic < 60; tonic++) {
      expect(formatKey(keyOfNotes(notesFrom(tonic, steps)))).toBe(
        formatKey({ tonic: pitchClass(tonic), mode }),
      )
    }
  })
})

describe('the notes of a tune', () => {
  it.each([0, 0.27, -0.4])('are those that were meant, sung %f semitones off', (off) => {
    const notes = notesFrom(57, tunes[1]!.steps)
    const { pitchHz, sounding } = track(notes, off)
    const tuning = tuningOf(pitchHz, sounding)
    expect(tuning).toBeCloseTo(off, 1)
    const found = notesOfTune(pitchHz, sounding, { tuning, frameSeconds })
    expect(found.map(({ pitch }) => pitch)).toEqual(notes.map(({ pitch }) => pitch))
    found.forEach(({ start }, index) => expect(start).toBeCloseTo(notes[index]!.start, 1))
  })
})

describe('the chords under a tune', () => {
  const notes = notesFrom(60, tunes[0]!.steps)
  const key: Key = { tonic: 0, mode: 'major' }
  const seconds = notes.at(-1)!.end + 0.25
  const spans = chordsUnder(notes, key, seconds)

  it('begin with it, fill its time, and change with its notes', () => {
    expect(spans[0]!.beat).toBe(0)
    expect(spans.at(-1)!.beat + spans.at(-1)!.beats).toBeCloseTo(seconds, 6)
    spans.slice(1).forEach(({ beat }, index) => {
      expect(beat).toBeCloseTo(spans[index]!.beat + spans[index]!.beats, 6)
      expect(notes.some(({ start }) => start === beat)).toBe(true)
    })
  })

  it('come from home and go home, and hold what is sung', () => {
    expect(chordName(spans[0]!.chord, key)).toBe('C')
    expect(chordName(spans.at(-1)!.chord, key)).toBe('C')
    let [inside, all] = [0, 0]
    for (const note of notes) {
      const span = spans.findLast(({ beat }) => beat <= note.start + 1e-9)!
      all += note.end - note.start
      if (chordPitchClasses(span.chord).includes(pitchClass(note.pitch))) inside += note.end - note.start
    }
    expect(inside / all).toBeGreaterThan(0.6)
    expect(new Set(spans.map(({ chord }) => chord.root)).size).toBeGreaterThan(1)
  })

  it('are one for a tune of a moment', () => {
    expect(chordsUnder([{ start: 0, end: 0.6, pitch: 60 }], key, 0.9)).toHaveLength(1)
  })
})
