import { setImmediate } from 'node:timers/promises'

import { frameCount } from '../../../audio/pcm'
import { createMix } from '../../../audio/synthesis/mixer'
import { planBrief, type PlannedBrief } from '../../../music/brief'
import { chordName } from '../../../music/chords'
import { compose } from '../../../music/compose'
import { formatKey, parseKey } from '../../../music/keys'
import { writeMidi } from '../../../music/midi'
import { roles, type Piece, type Role } from '../../../music/piece'
import { styles, type Genre } from '../../../music/styles'
import { understand, type Understanding } from '../../../music/understand'
import type { MusicEngine, MusicPlan, MusicRequest, PlannedSound } from '../musician'

const sampleRateHz = 48_000
const residentBytes = 4 * 1024 * 1024
const maxListedChords = 64

/** Music by rules: a composer, and a band of synthesised instruments. Memory is bounded for any length. */
export const composerEngine: MusicEngine = {
  id: 'composer',
  load: () =>
    Promise.resolve({
      bytes: residentBytes,
      run(request, job) {
        job.progress('compose', 0)
        return Promise.resolve(planOf(request))
      },
      release: () => Promise.resolve(),
    }),
}

function planOf(request: MusicRequest): MusicPlan {
  const { text, parameters, seed } = request
  const heard = understand(text)
  const planned = planBrief(heard, {
    ...{ mood: parameters.mood, genre: parameters.genre, bpm: parameters.bpm },
    key: parameters.key === null ? null : parseKey(parameters.key),
    ...{ durationSeconds: parameters.duration_seconds, instruments: parameters.instruments },
    ...{ intensity: parameters.intensity, opening: parameters.opening },
    ...{ loop: parameters.loop || takenAsLoop(request, heard), seed },
  })
  const { loop } = planned.brief
  const piece = compose(planned.brief)
  const frames = Math.round(parameters.duration_seconds * sampleRateHz)
  const sounding = { piece, loop, frames }
  const present = roles.filter((role) => piece.tracks.some((track) => track.role === role))
  return {
    ...{ sampleRateHz, frames, loop, play: soundOf(sounding) },
    stems: parameters.stems ? present.map((role) => ({ name: role, play: soundOf(sounding, [role]) })) : [],
    notes: parameters.stems ? writeMidi(piece) : null,
    understood: understoodOf(request, piece, heard, planned),
    warnings: [
      ...planned.remarks,
      ...(parameters.instrumental ? [] : ['This composer cannot sing: the music is instrumental.']),
    ],
  }
}

/** A description that speaks of a loop is taken at its word, unless the parameters ask for what a loop cannot have. */
function takenAsLoop({ parameters: { fade_in, fade_out } }: MusicRequest, heard: Understanding): boolean {
  return heard.loop && fade_in === 0 && fade_out === 0
}

interface Sounding {
  piece: Piece
  loop: boolean
  frames: number
}

/** In blocks; other work gets its turn between them. */
function soundOf({ piece, loop, frames }: Sounding, stem?: readonly Role[]): PlannedSound {
  return async function* (progress) {
    const room = styles[piece.style as Genre].room
    const mix = createMix(piece, { sampleRateHz, frames, loop, room, ...(stem ? { stem } : {}) })
    let done = 0
    for (let count = 0; ; count++) {
      if (count % 8 === 0) await setImmediate()
      const block = mix.next()
      if (!block) return
      done += frameCount(block)
      yield block
      progress(done / frames)
    }
  }
}

function understoodOf({ seed }: MusicRequest, piece: Piece, heard: Understanding, planned: PlannedBrief) {
  const barSeconds = (60 / piece.bpm) * piece.beatsPerBar
  return {
    understood: heard.words.map(({ text, meaning }) => ({ text, meaning })),
    moods: planned.moods,
    genre: planned.brief.genre,
    key: formatKey(piece.key),
    bpm: Math.round(piece.bpm * 100) / 100,
    intensity: planned.brief.intensity,
    loop: planned.brief.loop,
    seed,
    instruments: [...new Set(piece.tracks.map(({ instrument }) => instrument))],
    sections: piece.sections.map(({ name, startBar, bars }) => ({
      name,
      start: Math.round(startBar * barSeconds * 1000) / 1000,
      bars,
    })),
    chords: piece.chords.slice(0, maxListedChords).map(({ chord }) => chordName(chord, piece.key)),
  }
}
