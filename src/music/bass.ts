import { chordPitchClasses } from './chords'
import { pitchClass } from './keys'
import type { ChordSpan, Note } from './piece'
import type { Random } from './random'

export type BassPattern = 'roots' | 'root-fifth' | 'eighths' | 'syncopated' | 'offbeat' | 'walking' | 'tumbao'

/** E1, the lowest string of a bass. */
const lowest = 28

const low = (pitch: number) => lowest + pitchClass(pitch - lowest)

type Write = (beat: number, beats: number, pitch: number, velocity?: number) => void

const patterns: Record<
  BassPattern,
  (span: ChordSpan, next: ChordSpan | undefined, write: Write, random: Random) => void
> = {
  roots: ({ beats, chord }, _next, write) => write(0, beats * 0.98, low(chord.bass)),
  'root-fifth'({ beats, chord }, _next, write) {
    const root = low(chord.bass)
    const fifth = root + 7 > 43 ? root - 5 : root + 7
    write(0, 1.5, root)
    if (beats > 2) write(2, 1.5, fifth >= lowest ? fifth : root, 0.72)
  },
  eighths({ beats, chord }, next, write) {
    const root = low(chord.bass)
    for (let beat = 0; beat < beats; beat += 0.5) {
      // The last eighth leads on.
      const leading = next && beat === beats - 0.5 && beats >= 4 && low(next.chord.bass) !== root
      write(beat, 0.45, leading ? towards(root, low(next.chord.bass)) : root, beat % 1 === 0 ? 0.82 : 0.68)
    }
  },
  syncopated({ beats, chord }, _next, write, random) {
    const root = low(chord.bass)
    write(0, 1.4, root, 0.85)
    if (beats <= 2) return
    write(1.5, 0.45, root, 0.7)
    write(2.5, 0.95, random.chance(0.4) && root + 12 < 48 ? root + 12 : root, 0.76)
    if (random.chance(0.35)) write(3.5, 0.4, root + 7 > 45 ? root - 5 : root + 7, 0.65)
  },
  offbeat({ beats, chord }, _next, write) {
    const root = low(chord.bass)
    for (let beat = 0; beat < beats; beat++) write(beat + 0.5, 0.42, root, 0.8)
  },
  walking({ beats, chord }, next, write, random) {
    const root = low(chord.bass)
    const [, third = 0, fifth = 0] = chordPitchClasses(chord).map((note) => root + pitchClass(note - root))
    const line = beats >= 4 ? [root, random.chance(0.5) ? third : fifth, fifth, 0] : [root, 0]
    const target = low((next ?? { chord }).chord.bass)
    line[line.length - 1] = target + (target > root && target > lowest ? -1 : 1)
    line.slice(0, Math.ceil(beats)).forEach((pitch, beat) => write(beat, 0.92, pitch, beat % 2 ? 0.72 : 0.8))
  },
  tumbao({ beats, chord }, next, write) {
    const root = low(chord.bass)
    write(0, 1.3, root, 0.8)
    if (beats <= 2) return
    write(1.5, 1.3, root + 7 > 45 ? root - 5 : root + 7, 0.72)
    write(3, 0.9, next ? low(next.chord.bass) : root, 0.76)
  },
}

/** A semitone or a tone beside the target, on the way to it. */
function towards(from: number, target: number): number {
  return target > from ? target - 2 : target + 2
}

export function composeBass(pattern: BassPattern, chords: readonly ChordSpan[], random: Random): Note[] {
  const notes: Note[] = []
  chords.forEach((span, index) => {
    const write: Write = (beat, beats, pitch, velocity = 0.78) => {
      if (beat >= span.beats) return
      const length = Math.min(beats, span.beats - beat)
      notes.push({ beat: span.beat + beat, beats: length, pitch, velocity })
    }
    patterns[pattern](span, chords[index + 1], write, random)
  })
  return notes
}
