import { describe, expect, it } from 'vitest'

import { planBrief } from './brief'
import { compose } from './compose'
import type { Key } from './keys'
import type { Note, Piece } from './piece'
import { createRandom } from './random'
import { genres, styles, type Genre } from './styles'
import { understand } from './understand'

/** A listener's first impression of what was asked for: the key, and the beat. */

function pieceOf(genre: Genre, seed: number, key: Key): Piece {
  const { brief } = planBrief(understand(''), {
    ...{ genre, seed, key, bpm: styles[genre].bpm[1], mood: null, durationSeconds: 16, instruments: [] },
    ...{ intensity: null, opening: 'intro', loop: false },
  })
  return compose(brief)
}

// C. Krumhansl and E. Kessler, 1982.
const profiles = {
  major: [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
  minor: [6.33, 2.68, 3.52, 5.38, 2.6, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
} as const

/** The key that the notes give, each with its overtones while it rings. */
function keyOf({ tracks }: Piece): Key {
  const heard = new Array<number>(12).fill(0)
  for (const { role, notes } of tracks) {
    if (role === 'drums') continue
    for (const { pitch, beats, velocity } of notes) {
      for (let overtone = 1; overtone <= 6; overtone++) {
        const sounding = Math.round(pitch + 12 * Math.log2(overtone))
        if (sounding >= 36) heard[sounding % 12]! += velocity * (1 - Math.exp(-beats / 2)) * 0.5 ** overtone
      }
    }
  }
  const keys = (['major', 'minor'] as const).flatMap((mode) =>
    heard.map((_, tonic) => ({ tonic, mode, score: correlation(heard, profiles[mode], tonic) })),
  )
  const { tonic, mode } = keys.reduce((best, key) => (key.score > best.score ? key : best))
  return { tonic, mode }
}

function correlation(heard: readonly number[], profile: readonly number[], tonic: number): number {
  const centred = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    return values.map((value) => value - mean)
  }
  const a = centred(heard)
  const b = centred(heard.map((_, pitch) => profile[(pitch - tonic + 12) % 12]!))
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, at) => sum + value * y[at]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

describe('what a listener makes of a piece', () => {
  it('is the asked key, in nineteen of twenty pieces', () => {
    const random = createRandom(1, 'keys')
    const asked = Array.from({ length: 260 }, (_, seed) => {
      const key: Key = { tonic: random.integer(0, 11), mode: random.chance(0.5) ? 'minor' : 'major' }
      return { seed, key, genre: genres[seed % genres.length]! }
    })
    const kept = asked.filter(({ genre, seed, key }) => {
      const { tonic, mode } = keyOf(pieceOf(genre, seed, key))
      return tonic === key.tonic && mode === key.mode
    })
    expect(kept.length / asked.length).toBeGreaterThan(0.95)
  })

  it('is the asked tempo where music is slow: next to nothing comes between its beats', () => {
    const isOnBeat = ({ beat }: Note) => Math.abs(beat - Math.round(beat)) < 0.1
    const pieces = Array.from({ length: 20 }, (_, seed) =>
      pieceOf('ambient', seed, { tonic: 0, mode: 'minor' }),
    )
    for (const { tracks } of pieces) {
      const notes = tracks.flatMap((track) => track.notes)
      expect(notes.filter(isOnBeat).length / notes.length).toBeGreaterThan(0.85)
    }
  })
})
