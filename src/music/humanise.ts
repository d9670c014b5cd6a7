import type { Section, Track } from './piece'
import type { Random } from './random'

export interface Performance {
  bpm: number
  /** In beats: how much later than half-way the second of two eighths comes. */
  swing: number
  sections: readonly Section[]
}

/** Standard deviation of a player's timing, and its largest error: a band that is tight, yet of people. */
const timing = { drums: 2.5, bass: 4, chords: 5, melody: 6 } as const
const largestMs = 14

/** A track as people play it: swung, a little off the grid, no two notes of one loudness, louder where it matters. */
export function performed(track: Track, { bpm, swing, sections }: Performance, random: Random): Track {
  const beatMs = 60_000 / bpm
  const notes = track.notes.map((note) => {
    const section = sections.find(
      ({ startBar, bars }) => note.beat >= startBar * 4 && note.beat < (startBar + bars) * 4,
    )
    const late = swungBeat(note.beat, swing) - note.beat
    const error = Math.max(-largestMs, Math.min(largestMs, timing[track.role] * random.gaussian())) / beatMs
    const level = 0.82 + 0.18 * (section?.energy ?? 0.6)
    const velocity = note.velocity * level * (1 + 0.06 * random.gaussian())
    return {
      ...note,
      beat: Math.max(0, note.beat + late + error),
      velocity: Math.max(0.05, Math.min(1, velocity)),
    }
  })
  return { ...track, notes: notes.sort((a, b) => a.beat - b.beat || a.pitch - b.pitch) }
}

/** Bends the time within a beat so that its middle comes later. */
function swungBeat(beat: number, swing: number): number {
  if (swing === 0) return beat
  const start = Math.floor(beat + 1e-6)
  const phase = Math.max(0, beat - start)
  const middle = 0.5 + swing
  const bent = phase <= 0.5 ? phase * (middle / 0.5) : middle + ((phase - 0.5) * (1 - middle)) / 0.5
  return start + bent
}
