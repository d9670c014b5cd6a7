import { parseArgs } from 'node:util'

import { planBrief } from '../../../src/music/brief'
import { compose } from '../../../src/music/compose'
import { isMinor } from '../../../src/music/keys'
import { createRandom } from '../../../src/music/random'
import { genres, styles, type Genre } from '../../../src/music/styles'
import { understand } from '../../../src/music/understand'
import { listenTo } from './listen'
import { play } from './play'

const usage = `npm run bench -- background-music [--seeds 50] [--first 0] [--seconds 20] [--runs 3]

Composes pieces of every genre in keys and tempos drawn by the seed, plays them, and lets an analyser that knows only
the sound find key (Krumhansl–Kessler) and tempo (Ellis 2007). Tempo is counted as in Gouyon et al., "An experimental
comparison of audio tempo induction algorithms" (2006): accuracy 1 is within 4 % of what was asked, accuracy 2 takes
its double, triple, half and third as well. Then how fast a core plays.`

interface Asked {
  seed: number
  genre: Genre
  tonic: number
  minor: boolean
  bpm: number
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      seeds: { type: 'string', default: '50' },
      first: { type: 'string', default: '0' },
      seconds: { type: 'string', default: '20' },
      runs: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const seconds = Number(values.seconds)
  const first = Number(values.first)
  const rows = Array.from({ length: Number(values.seeds) }, (_, index) =>
    measure(drawn(first + index), seconds),
  )
  console.table(rows.map(({ line }) => line))
  const count = (test: (row: (typeof rows)[number]) => boolean) =>
    `${rows.filter(test).length} of ${rows.length}`
  console.table({
    'key as asked': count((row) => row.key === 'same'),
    'relative major or minor instead': count((row) => row.key === 'relative'),
    'tempo as asked (accuracy 1)': count((row) => row.tempo === 'same'),
    'tempo, or its double, triple, half or third (accuracy 2)': count((row) => row.tempo !== 'other'),
    'loudness within 0.5 LU of −16': count((row) => Math.abs(row.loudness + 16) <= 0.5),
    'largest true peak, dBTP': Math.max(...rows.map((row) => row.truePeakDb)).toFixed(2),
    'pieces that are alike': `${rows.length - new Set(rows.map((row) => row.fingerprint)).size}`,
  })
  measureSpeed(Number(values.runs), seconds)
  await Promise.resolve()
}

function drawn(seed: number): Asked {
  const random = createRandom(seed, 'bench')
  const genre = genres[seed % genres.length]!
  const [slow, , quick] = styles[genre].bpm
  return {
    ...{ seed, genre, tonic: random.integer(0, 11), minor: random.chance(0.5) },
    bpm: random.integer(slow, quick),
  }
}

function pieceFor({ seed, genre, tonic, minor, bpm }: Asked, seconds: number) {
  const { brief } = planBrief(understand(''), {
    ...{ genre, bpm, seed, mood: null, key: { tonic, mode: minor ? 'minor' : 'major' } },
    ...{ durationSeconds: seconds, instruments: [], intensity: null, opening: 'intro', loop: false },
  })
  return compose(brief)
}

const names = ['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B']
const keyName = (tonic: number, minor: boolean) => names[tonic]! + (minor ? 'm' : '')

function measure(asked: Asked, seconds: number) {
  const piece = pieceFor(asked, seconds)
  const { channels, sampleRateHz, loudness, truePeakDb } = play(piece, seconds)
  const heard = listenTo(channels, sampleRateHz)
  const minor = isMinor(piece.key.mode)
  const relative = (asked.tonic + (minor ? 3 : 9)) % 12
  const key =
    heard.tonic === asked.tonic && heard.minor === minor
      ? 'same'
      : heard.tonic === relative && heard.minor !== minor
        ? 'relative'
        : 'other'
  const near = (bpm: number) => Math.abs(heard.bpm / bpm - 1) <= 0.04
  const multiple = [2, 3, 1 / 2, 1 / 3].some((factor) => near(factor * asked.bpm))
  const tempo = near(asked.bpm) ? 'same' : multiple ? 'multiple' : 'other'
  return {
    ...{ key, tempo, loudness, truePeakDb },
    fingerprint: JSON.stringify(
      piece.tracks.map(({ notes }) => notes.map(({ beat, pitch }) => [beat, pitch])),
    ),
    line: {
      ...{ seed: asked.seed, genre: asked.genre },
      key: `${keyName(asked.tonic, minor)} → ${keyName(heard.tonic, heard.minor)}${key === 'same' ? '' : ` (${key})`}`,
      bpm: `${asked.bpm} → ${heard.bpm.toFixed(1)}${tempo === 'same' ? '' : ` (${tempo})`}`,
      LUFS: loudness.toFixed(2),
      dBTP: truePeakDb.toFixed(2),
    },
  }
}

/** Every block’s quickest of several runs, summed: what the piece takes when nothing else runs. */
function measureSpeed(runs: number, seconds: number): void {
  const lines = genres.map((genre) => {
    const piece = pieceFor({ seed: 1, genre, tonic: 9, minor: true, bpm: styles[genre].bpm[1] }, seconds)
    const best: number[] = []
    for (let round = 0; round < runs; round++) {
      play(piece, seconds, (block, ms) => (best[block] = Math.min(best[block] ?? Infinity, ms)))
    }
    return { genre, 'times real time': ((1000 * seconds) / best.reduce((sum, ms) => sum + ms, 0)).toFixed(1) }
  })
  console.table(lines)
}
