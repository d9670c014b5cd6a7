import { isMinor, type Key } from './keys'
import { instruments, type Piece, type Track } from './piece'

const ticksPerBeat = 480
const drumChannel = 9
/** Sharps of the major key on each pitch class, flats negative. */
const sharps = [0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5] as const

interface Event {
  tick: number
  /** Note-offs go first where they meet a note-on. */
  order: number
  bytes: readonly number[]
}

/**
 * A piece as a Standard MIDI File, format 1 (MIDI 1.0 detailed specification): tempo, metre, key and the sections'
 * names in the first track, then one track an instrument, drums on channel 10.
 */
export function writeMidi(piece: Piece): Uint8Array {
  const chunks = [conductor(piece), ...piece.tracks.map((track, index) => instrumentTrack(track, index))]
  const header = chunk('MThd', [0, 1, 0, chunks.length, ticksPerBeat >> 8, ticksPerBeat & 0xff])
  return Uint8Array.from([header, ...chunks].flat())
}

function conductor({ bpm, beatsPerBar, key, sections, beats }: Piece): number[] {
  const tempo = Math.round(60e6 / bpm)
  const events: Event[] = [
    meta(0, 0x51, [(tempo >> 16) & 0xff, (tempo >> 8) & 0xff, tempo & 0xff]),
    meta(0, 0x58, [beatsPerBar, 2, 24, 8]),
    meta(0, 0x59, keySignature(key)),
    ...sections.map(({ name, startBar }) => meta(startBar * beatsPerBar * ticksPerBeat, 0x06, text(name))),
  ]
  return trackChunk(events, beats * ticksPerBeat)
}

/** The signature of a mode is that of the major key on whose notes it lies, or of its relative minor. */
function keySignature(key: Key): [number, number] {
  const aboveRelativeMajor = { major: 0, minor: 9, dorian: 2, phrygian: 4, lydian: 5, mixolydian: 7 }[
    key.mode
  ]
  const count = sharps[(key.tonic - aboveRelativeMajor + 12) % 12]!
  return [count & 0xff, isMinor(key.mode) ? 1 : 0]
}

function instrumentTrack({ instrument, role, notes }: Track, index: number): number[] {
  // Channel 10 is the drums’; the others take the rest in turn.
  const melodic = index % 15
  const channel = role === 'drums' ? drumChannel : melodic < drumChannel ? melodic : melodic + 1
  const events: Event[] = [
    meta(0, 0x03, text(instrument)),
    { tick: 0, order: 0, bytes: [0xc0 | channel, instruments[instrument].program] },
  ]
  for (const { beat, beats, pitch, velocity } of notes) {
    const start = Math.round(beat * ticksPerBeat)
    const end = Math.max(start + 1, Math.round((beat + beats) * ticksPerBeat))
    const loudness = Math.max(1, Math.min(127, Math.round(velocity * 127)))
    events.push({ tick: start, order: 2, bytes: [0x90 | channel, pitch, loudness] })
    events.push({ tick: end, order: 1, bytes: [0x80 | channel, pitch, 0] })
  }
  return trackChunk(events, 0)
}

const text = (value: string) => [...new TextEncoder().encode(value)]

function meta(tick: number, kind: number, data: readonly number[]): Event {
  return { tick, order: 0, bytes: [0xff, kind, ...variableLength(data.length), ...data] }
}

function trackChunk(events: readonly Event[], endTick: number): number[] {
  const sorted = events.toSorted((a, b) => a.tick - b.tick || a.order - b.order)
  const body: number[] = []
  let at = 0
  for (const { tick, bytes } of sorted) {
    body.push(...variableLength(tick - at), ...bytes)
    at = tick
  }
  body.push(...variableLength(Math.max(0, Math.round(endTick) - at)), 0xff, 0x2f, 0)
  return chunk('MTrk', body)
}

function chunk(name: string, body: readonly number[]): number[] {
  const { length } = body
  const size = [(length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff]
  return [...text(name), ...size].concat(body)
}

function variableLength(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes.unshift(0x80 | (left & 0x7f))
  return bytes
}
