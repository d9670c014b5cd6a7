import { describe, expect, it } from 'vitest'

import type { Note } from '../../../../music/piece'
import { midiOf, octavesInto } from './melody'
import { perform } from './perform'

const cello = { lowest: 36, highest: 72, loudnessMeanDb: -40, loudnessDeviationDb: 7, loudestDb: -28 }
const model = { sampleRateHz: 24_000, hopSamples: 96, floorDb: -80 }
const note = (beat: number, beats: number, pitch: number, velocity = 0.72): Note => ({
  ...{ beat, beats, pitch, velocity },
})
const play = (notes: Note[], frames = 1000) => perform({ notes, beatSeconds: 1, frames }, cello, model)

describe('written notes', () => {
  it('sound in the range of the instrument, at their times, and are silent elsewhere', () => {
    const { pitchHz, loudnessDb } = play([note(0.4, 0.2, 84), note(1, 2, 88)])
    expect(midiOf(pitchHz[125]!)).toBeCloseTo(72 - 12, 1)
    expect(midiOf(pitchHz[300]!)).toBeCloseTo(76 - 12, 1)
    expect(loudnessDb[50]).toBe(-80)
    expect(loudnessDb[300]).toBeGreaterThan(-45)
    expect(loudnessDb[200]).toBe(-80)
    expect(loudnessDb[900]).toBe(-80)
    expect(pitchHz.every((hz) => hz > 30 && hz < 2000)).toBe(true)
  })

  it('come one at a time: where they overlap the later one is heard', () => {
    const { pitchHz } = play([note(0, 3, 60), note(1, 2, 62)])
    expect(midiOf(pitchHz[240]!)).toBeCloseTo(60, 0)
    expect(midiOf(pitchHz[400]!)).toBeCloseTo(62, 0)
  })

  it('are louder the harder they are played, and dip between slurred ones', () => {
    const { loudnessDb } = play([note(0, 1, 60, 0.5), note(1, 1, 62, 0.9)])
    expect(loudnessDb[375]! - loudnessDb[125]!).toBeGreaterThan(5)
    expect(loudnessDb[250]).toBeLessThan(loudnessDb[230]!)
    expect(loudnessDb[250]).toBeGreaterThan(-60)
  })

  it('may be none', () => {
    const { pitchHz, loudnessDb } = play([], 10)
    expect([...loudnessDb]).toEqual(new Array(10).fill(-80))
    expect(pitchHz.every((hz) => hz > 0)).toBe(true)
  })
})

describe('octaves', () => {
  it.each([
    [[48, 60, 72], 0],
    [[84, 90], -2],
    [[30, 31], 1],
    [[73.4], -1],
    [[72.4], 0],
  ])('bring %j into the range by %i', (pitches, octaves) => {
    expect(octavesInto(pitches, cello)).toBe(octaves)
  })
})
