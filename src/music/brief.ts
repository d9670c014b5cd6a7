import { beatsPerBar, type Brief } from './compose'
import type { Intensity, Opening } from './form'
import { formatKey, type Key } from './keys'
import { moodTraits, type Mood, type MoodTraits } from './moods'
import type { InstrumentName } from './piece'
import { createRandom, type Random } from './random'
import { genres, styles, type Genre } from './styles'
import type { Understanding } from './understand'

/** What somebody set by hand; null where the description, or the genre, decides. */
export interface Request {
  mood: Mood | null
  genre: Genre | null
  bpm: number | null
  key: Key | null
  durationSeconds: number
  instruments: readonly InstrumentName[]
  intensity: Intensity | null
  opening: Opening
  loop: boolean
  seed: number
}

export interface PlannedBrief {
  brief: Brief
  moods: Mood[]
  /** What had to be done otherwise than asked, for the user to read. */
  remarks: string[]
}

type Traits = Omit<MoodTraits, 'genres'>

/** Makes up all that a description leaves open, in the spirit of what it says. Same request and seed, same brief. */
export function planBrief(heard: Understanding, request: Request): PlannedBrief {
  const random = createRandom(request.seed, 'brief')
  const moods = request.mood ? [request.mood] : heard.moods
  const genre = request.genre ?? heard.genres[0] ?? genreOf(moods, random.fork('genre'))
  const traits = blend(moods)
  const key = request.key ?? heard.key ?? chooseKey(genre, traits, random.fork('key'))
  const wanted = request.bpm ?? heard.bpm ?? chooseTempo(genre, traits, heard.tempo, random.fork('tempo'))
  const { bpm, beats } = request.loop
    ? loopLength(wanted, request.durationSeconds)
    : { bpm: wanted, beats: pieceLength(wanted, request.durationSeconds) }
  return {
    moods,
    remarks: remarksOn({ request, heard, wanted, bpm, key, genre }),
    brief: {
      ...{ genre, key, bpm, beats, loop: request.loop, seed: request.seed },
      ...{ energy: traits.energy, density: traits.density },
      intensity: request.intensity ?? heard.intensity ?? 'flat',
      opening: request.opening,
      instruments: request.instruments.length > 0 ? request.instruments : heard.instruments,
      without: heard.without,
    },
  }
}

function genreOf(moods: readonly Mood[], random: Random): Genre {
  const candidates = moods.flatMap((mood) => moodTraits[mood].genres)
  return random.pick(
    candidates.length > 0 ? candidates : (['pop', 'corporate', 'acoustic-folk', 'lo-fi'] as const),
  )
}

/** The mean of what several moods ask for: “sad, hopeful” lies between the two. */
function blend(moods: readonly Mood[]): Traits {
  if (moods.length === 0) return { minor: null, tempo: 0.5, energy: 0, density: 1 }
  const all = moods.map((mood) => moodTraits[mood])
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const minors = all.map(({ minor }) => minor).filter((minor) => minor !== null)
  return {
    minor: minors.length > 0 ? mean(minors) : null,
    tempo: mean(all.map(({ tempo }) => tempo)),
    energy: mean(all.map(({ energy }) => energy)),
    density: mean(all.map(({ density }) => density)),
  }
}

/** Tonics that lie well on the instruments. */
const tonics = [0, 2, 3, 4, 5, 7, 9, 10] as const

function chooseKey(genre: Genre, { minor }: Traits, random: Random): Key {
  const share = minor === null ? styles[genre].minorShare : 0.75 * minor + 0.25 * styles[genre].minorShare
  return { tonic: random.pick(tonics), mode: random.chance(share) ? 'minor' : 'major' }
}

function chooseTempo(genre: Genre, { tempo }: Traits, wish: number, random: Random): number {
  const [slow, usual, quick] = styles[genre].bpm
  const place = tempo + 0.5 * wish + random.between(-0.1, 0.1)
  const bpm = place < 0.5 ? slow + (usual - slow) * 2 * place : usual + (quick - usual) * 2 * (place - 0.5)
  return Math.round(Math.max(0.85 * slow, Math.min(1.15 * quick, bpm)))
}

/** What the last chord has to ring for. */
const ringSeconds = 2.4

/** Whole bars, and as much room behind them as the last chord needs. A piece of a bar or two ends where it can. */
function pieceLength(bpm: number, seconds: number): number {
  const beatSeconds = 60 / bpm
  const room = seconds - Math.min(ringSeconds, 0.3 * seconds)
  const beats = Math.max(1, Math.floor(room / beatSeconds))
  return beats < 2 * beatsPerBar ? beats : beats - (beats % beatsPerBar)
}

/** Whole beats that fill the time to the sample: the tempo gives way by at most half a beat in all. */
function loopLength(bpm: number, seconds: number): { bpm: number; beats: number } {
  const exact = (seconds * bpm) / 60
  const bars = Math.round(exact / beatsPerBar) * beatsPerBar
  const beats = bars > 0 && Math.abs(bars / exact - 1) < 0.015 ? bars : Math.max(1, Math.round(exact))
  return { beats, bpm: (beats * 60) / seconds }
}

interface Chosen {
  request: Request
  heard: Understanding
  wanted: number
  bpm: number
  key: Key
  genre: Genre
}

function remarksOn({ request, heard, wanted, bpm, key, genre }: Chosen): string[] {
  const remarks: string[] = []
  if (heard.words.length === 0 && request.mood === null && request.genre === null) {
    remarks.push(
      `No word of the description is known here, so the music is ${styles[genre].title.toLowerCase()} in ${formatKey(key)}. Moods, genres (${genres.join(', ')}), instruments, a tempo or a key would guide it.`,
    )
  }
  if (Math.abs(bpm / wanted - 1) > 0.0005) {
    remarks.push(
      `The tempo is ${bpm.toFixed(2)} instead of ${wanted} bpm, so that whole beats fill the loop.`,
    )
  }
  return remarks
}
