import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createMix } from '../../../src/audio/synthesis/mixer'
import { createRandom } from '../../../src/audio/synthesis/noise'
import { steadyNoiseEngine } from '../../../src/capabilities/noise-removal/engines/steady-noise'
import {
  createMusicDetector,
  detectorRateHz,
  isMusic,
} from '../../../src/capabilities/noise-removal/music-detector'
import { manifestSchema } from '../../../src/inference/manifest'
import { planBrief } from '../../../src/music/brief'
import { compose } from '../../../src/music/compose'
import { genres, styles, type Genre } from '../../../src/music/styles'
import { understand } from '../../../src/music/understand'
import { convert, readAudio } from './audio'
import { runModel } from './denoisers'
import { siSdr } from './metrics'

export interface ContentRow {
  set: string
  truth: 'speech' | 'music'
  clips: number
  right: number
  wrong: string[]
}

export interface MusicRow {
  noiseDb: number | null
  before: number
  after: number
}

const listenedSeconds = 60
const fullRateHz = 48_000

/** How often speech is taken for speech and music for music. Bird and whale are neither. */
export async function measureContent(evalFolder: string): Promise<ContentRow[]> {
  const rows: ContentRow[] = []
  const speech = [
    'voicebank_demand_pairs',
    'mixes',
    'librispeech_test_other',
    'picovoice_multilingual',
    'narrowband_real',
  ]
  for (const folder of [...speech.map((set) => join(evalFolder, set)), 'test/fixtures/speech']) {
    rows.push(await judge(folder, 'speech', await filesOf(folder)))
  }
  const music = join(evalFolder, 'music')
  rows.push(await judge(music, 'music', await musicOf(evalFolder)))
  const wrong: string[] = []
  for (const genre of genres) {
    const samples = await convert(composed(genre), fullRateHz, detectorRateHz)
    if (!heardAsMusic(samples)) wrong.push(genre)
  }
  rows.push({
    set: 'composer, a piece a genre',
    truth: 'music',
    clips: genres.length,
    right: genres.length - wrong.length,
    wrong,
  })
  return rows
}

/** SI-SDR of music with white noise added, before and after; and of music without. */
export async function measureMusic(evalFolder: string): Promise<MusicRow[]> {
  const manifest = manifestSchema.parse(
    JSON.parse(readFileSync('models/noise-removal/timbre-steady-noise/manifest.json', 'utf8')),
  )
  const model = await steadyNoiseEngine.load(
    { manifest, path: (file) => file },
    { createSession: () => Promise.reject(new Error('it has no graph')) },
  )
  const pieces: Float32Array[] = []
  for (const file of (await musicOf(evalFolder)).filter((name) => !name.includes('stem'))) {
    pieces.push(
      (await readAudio(join(evalFolder, 'music', file), fullRateHz)).slice(0, listenedSeconds * fullRateHz),
    )
  }
  const rows: MusicRow[] = []
  for (const noiseDb of [10, 20, 30, null]) {
    let [before, after] = [0, 0]
    for (const [index, piece] of pieces.entries()) {
      const noisy = noiseDb === null ? piece : withNoise(piece, noiseDb, index)
      before += siSdr(noisy, piece, 0).db / pieces.length
      after += siSdr(await runModel(model, noisy), piece, 0).db / pieces.length
    }
    rows.push({ noiseDb, before, after })
  }
  return rows
}

async function filesOf(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).sort()
  return names.filter((name) => /\.(flac|wav|ogg|mp3|opus)$/.test(name) && !name.includes('_clean'))
}

async function musicOf(evalFolder: string): Promise<string[]> {
  return (await filesOf(join(evalFolder, 'music'))).filter((name) => !/bird|whale|humpback/.test(name))
}

async function judge(folder: string, truth: ContentRow['truth'], files: string[]): Promise<ContentRow> {
  const wrong: string[] = []
  for (const file of files) {
    const samples = await readAudio(join(folder, file), detectorRateHz)
    if (heardAsMusic(samples) !== (truth === 'music')) wrong.push(file)
  }
  return { set: folder, truth, clips: files.length, right: files.length - wrong.length, wrong }
}

function heardAsMusic(samples: Float32Array): boolean {
  const detector = createMusicDetector()
  detector.add(samples.subarray(0, listenedSeconds * detectorRateHz))
  return isMusic(detector.evidence())
}

function composed(genre: Genre): Float32Array {
  const wishes = { mood: null, genre, bpm: null, key: null, durationSeconds: 30, instruments: [] }
  const { brief } = planBrief(understand(''), {
    ...wishes,
    intensity: null,
    opening: 'intro',
    loop: false,
    seed: 7,
  })
  const frames = 30 * fullRateHz
  const mix = createMix(compose(brief), {
    sampleRateHz: fullRateHz,
    frames,
    loop: false,
    room: styles[genre].room,
  })
  const samples = new Float32Array(frames)
  for (let at = 0, block = mix.next(); block; at += block.channels[0]!.length, block = mix.next()) {
    const [left, right] = block.channels
    for (const [n, value] of left!.entries()) samples[at + n] = 0.5 * (value + right![n]!)
  }
  return samples
}

function withNoise(samples: Float32Array, signalOverNoiseDb: number, seed: number): Float32Array {
  const random = createRandom(seed)
  let power = 0
  for (const value of samples) power += value * value
  const deviation = Math.sqrt(power / samples.length) * 10 ** (-signalOverNoiseDb / 20)
  return samples.map((value) => value + deviation * random.gaussian())
}
