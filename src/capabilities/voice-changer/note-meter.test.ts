import { expect, it } from 'vitest'

import { createNoteMeter, isSong } from './note-meter'

const framesPerSecond = 200

/** @param semitonesAt Of time in seconds. */
function notesOf(seconds: number, semitonesAt: (time: number) => number | null) {
  const meter = createNoteMeter(framesPerSecond)
  for (let frame = 0; frame < seconds * framesPerSecond; frame++) {
    const semitones = semitonesAt(frame / framesPerSecond)
    meter.add(semitones === null ? 0 : 220 * 2 ** (semitones / 12))
  }
  return meter.finish()
}

const vibrato = (time: number) => 0.5 * Math.sin(2 * Math.PI * 5.5 * time)
/** Four syllables a second whose pitch falls by three semitones each. */
const speech = (time: number) => (time % 0.3 < 0.05 ? null : 2 - 10 * (time % 0.3))

it('notes are sung, with vibrato and without pauses between them', () => {
  const melody = (time: number) => [0, 4, 7, 5, 2][Math.floor(time / 0.6) % 5]! + vibrato(time)
  const notes = notesOf(9, melody)
  expect(isSong(notes)).toBe(true)
  expect(notes.spread).toBeCloseTo(2.4, 0)
})

it('a drone or a monotone is no song, though it rests', () => {
  const { share, spread } = notesOf(30, (time) => (time % 1 > 0.9 ? null : 0.3 * Math.sin(time)))
  expect(share).toBeGreaterThan(0.9)
  expect(spread).toBeLessThan(0.5)
  expect(isSong({ share, spread })).toBe(false)
})

it('speech is not sung, nor are silence, a slide and a siren', () => {
  const siren = (time: number) => 4 * Math.sin(2 * Math.PI * 1.5 * time)
  const found = [speech, () => null, (time: number) => 6 * time, siren].map((voice) => notesOf(9, voice))
  for (const { share } of found) expect(share).toBeLessThan(0.15)
})
