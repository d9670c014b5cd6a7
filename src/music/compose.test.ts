import { describe, expect, it } from 'vitest'

import { planBrief, type Request } from './brief'
import { compose } from './compose'
import { planForm } from './form'
import { parseKey, pitchClass, scaleSteps } from './keys'
import { instruments } from './piece'
import { genres } from './styles'
import { understand } from './understand'

const request: Request = {
  ...{ mood: null, genre: null, bpm: null, key: null, durationSeconds: 40 },
  ...{ instruments: [], intensity: null, opening: 'intro', loop: false, seed: 1 },
}

const composed = (text: string, changes: Partial<Request> = {}) => {
  const { brief } = planBrief(understand(text), { ...request, ...changes })
  return compose(brief)
}

describe('form', () => {
  it.each([1, 3, 4, 7, 9, 16, 21, 40, 64, 150, 550])('%i bars are filled without a gap', (bars) => {
    for (const loop of [false, true]) {
      const sections = planForm(bars, 'flat', loop)
      let at = 0
      for (const section of sections) {
        expect(section.startBar).toBe(at)
        at += section.bars
      }
      expect(at).toBe(bars)
    }
  })

  it('is A B A′ in its frame', () => {
    expect(planForm(24, 'flat', false).map(({ name }) => name)).toEqual([
      'intro',
      'A',
      'A′',
      'B',
      'A′',
      'outro',
    ])
  })

  it('has the energy of its curve', () => {
    const energies = (curve: 'build' | 'arc' | 'drop') =>
      planForm(24, curve, true).map(({ energy }) => energy)
    expect(energies('build').at(-1)! - energies('build')[0]!).toBeGreaterThan(0.4)
    expect(energies('arc')[3]!).toBeGreaterThan(energies('arc').at(-1)! + 0.15)
    expect(Math.max(...energies('drop').slice(3))).toBe(1)
    expect(Math.min(...energies('drop').slice(0, 3))).toBeLessThan(0.5)
  })
})

describe('a piece', () => {
  it.each(genres)('of %s lies within its time, its instruments and its key', (genre) => {
    const key = parseKey(genre === 'jazz' ? 'G major' : 'E minor')!
    const piece = composed('', { genre, key })
    const scale = scaleSteps(key.mode).map((step) => pitchClass(key.tonic + step))
    expect(piece.tracks.length).toBeGreaterThan(2)
    let notes = 0
    let inScale = 0
    for (const { role, instrument, notes: played } of piece.tracks) {
      expect(instruments[instrument].family === 'drums').toBe(role === 'drums')
      for (const note of played) {
        expect(note.beat).toBeGreaterThanOrEqual(0)
        expect(note.beats).toBeGreaterThan(0)
        expect((note.beat * 60) / piece.bpm).toBeLessThan(40)
        expect(note.velocity).toBeGreaterThan(0)
        expect(note.velocity).toBeLessThanOrEqual(1)
        if (role === 'drums') continue
        expect(note.pitch).toBeGreaterThanOrEqual(28)
        expect(note.pitch).toBeLessThanOrEqual(100)
        notes++
        if (scale.includes(pitchClass(note.pitch))) inScale++
      }
    }
    expect(inScale / notes).toBeGreaterThan(0.85)
    expect(piece.chords.at(-1)!.chord.root).toBe(key.tonic)
  })

  it('is the same for the same seed, and no two seeds are alike', () => {
    const write = (seed: number) => JSON.stringify(composed('hopeful pop', { seed }).tracks)
    expect(write(4)).toBe(write(4))
    expect(new Set(Array.from({ length: 50 }, (_, seed) => write(seed))).size).toBe(50)
  })

  it('repeats its motifs: the first theme comes back', () => {
    const piece = composed('', { genre: 'pop', bpm: 120, key: parseKey('C')!, durationSeconds: 60 })
    const melody = piece.tracks.find(({ role }) => role === 'melody')!
    const rhythms = new Map<string, number>()
    for (let bar = 0; bar < piece.beats / 4; bar++) {
      const onsets = melody.notes
        .map(({ beat }) => beat - 4 * bar)
        .filter((beat) => beat > -0.1 && beat < 3.9)
        .map((beat) => Math.round(beat * 2))
      if (onsets.length > 1) rhythms.set(onsets.join(), (rhythms.get(onsets.join()) ?? 0) + 1)
    }
    expect(Math.max(...rhythms.values())).toBeGreaterThanOrEqual(3)
  })

  it('plays the instruments asked for, and leaves out what is not wanted', () => {
    const names = composed('pop', { instruments: ['harp', 'flute', 'sub-bass'] }).tracks.map(
      (track) => track.instrument,
    )
    expect(names).toEqual(expect.arrayContaining(['harp', 'flute', 'sub-bass']))
    const quiet = composed('pop without drums, no bass').tracks.map(({ role }) => role)
    expect(quiet).not.toContain('drums')
    expect(quiet).not.toContain('bass')
  })

  it('fills a loop with whole beats', () => {
    for (const [durationSeconds, bpm] of [
      [5, 66],
      [13, 120],
      [60, 97],
      [600, 140],
    ] as const) {
      // prettier-ignore
      const piece = composed('', { loop: true, durationSeconds, bpm })
      expect((piece.beats * 60) / piece.bpm).toBeCloseTo(durationSeconds, 9)
      expect(Math.abs(piece.bpm / bpm - 1)).toBeLessThanOrEqual(
        Math.max(0.015, 30.5 / (durationSeconds * bpm)),
      )
    }
  })
})
