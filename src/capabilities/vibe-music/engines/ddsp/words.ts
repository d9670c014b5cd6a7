import { createMix } from '../../../../audio/synthesis/mixer'
import { planBrief } from '../../../../music/brief'
import { chordName } from '../../../../music/chords'
import { compose } from '../../../../music/compose'
import { formatKey, parseKey } from '../../../../music/keys'
import { styles, type Genre } from '../../../../music/styles'
import { understand } from '../../../../music/understand'
import { wordsOf } from '../../clip-input'
import { clipSeconds } from '../../clip-length'
import type { ClipTask } from '../../music-maker'
import { sampleRateHz } from '../../write-music'
import type { InstrumentTraits } from './melody'
import type { DdspModelTraits } from './network'
import { perform } from './perform'
import type { Score } from './score'

/** What ends, dies away within this. */
const endingSeconds = 1.2

/** A piece for words or emoji: its melody for the instrument, the rest for the band. */
export function composeFor(
  task: ClipTask,
  { traits, model, seed }: { traits: InstrumentTraits; model: DdspModelTraits; seed: number },
): Score {
  const { parameters } = task
  const durationSeconds = clipSeconds(parameters)
  const frames = Math.round(durationSeconds * sampleRateHz)
  const heard = understand(wordsOf(task))
  const { brief, moods, remarks } = planBrief(heard, {
    ...{ mood: parameters.mood, genre: parameters.genre, bpm: parameters.bpm },
    ...{ key: parameters.key === null ? null : parseKey(parameters.key), durationSeconds, instruments: [] },
    ...{ intensity: null, opening: 'hook', loop: parameters.loop || heard.loop, seed },
  })
  const { loop } = brief
  // The melody is what the instrument is there for.
  const piece = compose({ ...brief, without: brief.without.filter((part) => part !== 'melody') })
  const notes = piece.tracks.filter(({ role }) => role === 'melody').flatMap((track) => track.notes)
  const band = { ...piece, tracks: piece.tracks.filter(({ role }) => role !== 'melody') }
  const alone = parameters.accompaniment === 'none' || band.tracks.length === 0
  return {
    ...{ frames, loop, recording: null },
    fadeOutFrames: loop ? 0 : Math.round(Math.min(endingSeconds, 0.1 * durationSeconds) * sampleRateHz),
    melody: perform(
      {
        notes,
        beatSeconds: 60 / piece.bpm,
        frames: Math.ceil((durationSeconds * model.sampleRateHz) / model.hopSamples),
      },
      traits,
      model,
    ),
    band: alone
      ? null
      : createMix(band, { sampleRateHz, frames, loop, room: styles[piece.style as Genre].room }),
    details: {
      understood: heard.words.map(({ text, meaning }) => ({ text, meaning })),
      ...{ moods, genre: brief.genre, key: formatKey(piece.key), bpm: Math.round(piece.bpm * 100) / 100 },
      instruments: [...new Set(band.tracks.map(({ instrument }) => instrument))],
      sections: piece.sections.map(({ name, bars }) => ({ name, bars })),
      chords: piece.chords.slice(0, 32).map(({ chord }) => chordName(chord, piece.key)),
      ...{ loop, seed, warnings: remarks },
    },
  }
}
