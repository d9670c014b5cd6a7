import { describe, expect, it } from 'vitest'

import { planBrief } from './brief'
import { compose } from './compose'
import { parseKey } from './keys'
import { writeMidi } from './midi'
import { understand } from './understand'

interface Parsed {
  format: number
  ticksPerBeat: number
  tracks: {
    meta: Map<number, number[]>
    programs: number[]
    notes: { tick: number; end: number; pitch: number }[]
  }[]
}

/** A reader of Standard MIDI Files that shares nothing with the writer. */
function readMidi(bytes: Uint8Array): Parsed {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const name = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4))
  expect(name(0)).toBe('MThd')
  const parsed: Parsed = { format: view.getUint16(8), ticksPerBeat: view.getUint16(12), tracks: [] }
  let at = 14
  for (let left = view.getUint16(10); left > 0; left--) {
    expect(name(at)).toBe('MTrk')
    const end = at + 8 + view.getUint32(at + 4)
    at += 8
    const track: Parsed['tracks'][number] = { meta: new Map(), programs: [], notes: [] }
    const open = new Map<string, { tick: number; end: number; pitch: number }>()
    let tick = 0
    const number = () => {
      let value = 0
      for (;;) {
        const byte = bytes[at++]!
        value = (value << 7) | (byte & 0x7f)
        if (byte < 0x80) return value
      }
    }
    while (at < end) {
      tick += number()
      const status = bytes[at++]!
      if (status === 0xff) {
        const kind = bytes[at++]!
        const length = number()
        track.meta.set(kind, [...bytes.subarray(at, at + length)])
        at += length
      } else if (status >> 4 === 0xc) track.programs.push(bytes[at++]!)
      else {
        const [pitch, velocity] = [bytes[at++]!, bytes[at++]!]
        const id = `${status & 15}/${pitch}`
        if (status >> 4 === 9 && velocity > 0) {
          const note = { tick, end: -1, pitch }
          open.set(id, note)
          track.notes.push(note)
        } else open.get(id)!.end = tick
      }
    }
    expect(at).toBe(end)
    expect(track.meta.has(0x2f)).toBe(true)
    parsed.tracks.push(track)
  }
  expect(at).toBe(bytes.length)
  return parsed
}

describe('a MIDI file', () => {
  const { brief } = planBrief(understand(''), {
    ...{ mood: null, genre: 'pop', bpm: 125, key: parseKey('Eb minor'), durationSeconds: 30 },
    ...{ instruments: [], intensity: null, opening: 'intro', loop: false, seed: 2 },
  })
  const piece = compose(brief)
  const midi = readMidi(writeMidi(piece))

  it('has format 1, tempo, metre and key', () => {
    expect(midi).toMatchObject({ format: 1, ticksPerBeat: 480 })
    const [{ meta }] = midi.tracks as [Parsed['tracks'][number]]
    expect(meta.get(0x51)!.reduce((value, byte) => (value << 8) | byte, 0)).toBe(480_000)
    expect(meta.get(0x58)!.slice(0, 2)).toEqual([4, 2])
    // Six sharps or flats, minor.
    expect(meta.get(0x59)).toEqual([6, 1])
  })

  it('has every note of every track, each with its end', () => {
    expect(midi.tracks).toHaveLength(piece.tracks.length + 1)
    piece.tracks.forEach((track, index) => {
      const { notes } = midi.tracks[index + 1]!
      expect(notes.map(({ pitch }) => pitch).sort()).toEqual(track.notes.map(({ pitch }) => pitch).sort())
      const starts = (list: readonly number[]) => list.toSorted((a, b) => a - b)
      expect(starts(notes.map(({ tick }) => tick))).toEqual(
        starts(track.notes.map(({ beat }) => Math.round(beat * 480))),
      )
      expect(new TextDecoder().decode(Uint8Array.from(midi.tracks[index + 1]!.meta.get(3)!))).toBe(
        track.instrument,
      )
    })
  })
})
