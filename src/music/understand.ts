import type { Intensity } from './form'
import { parseKey, type Key } from './keys'
import type { Mood } from './moods'
import type { InstrumentName } from './piece'
import type { Genre } from './styles'
import { vocabulary, type Wish } from './vocabulary'

/** What a description asks for. */
export interface Understanding {
  /** In the order in which they come. */
  moods: Mood[]
  genres: Genre[]
  instruments: InstrumentName[]
  /** Families that are not wanted, of “no drums”. */
  without: ('drums' | 'bass' | 'melody' | InstrumentName)[]
  intensity: Intensity | null
  bpm: number | null
  key: Key | null
  /** −1 … 1: words such as “slow”. */
  tempo: number
  loop: boolean
  /** Every word that was understood, and what as. */
  words: { text: string; meaning: string }[]
}

/** Vocabulary by the first word of its phrases, longest first. */
const phrases = vocabulary
  .map(([phrase, wish]) => ({ words: phrase.split(' '), wish }))
  .sort((a, b) => b.words.length - a.words.length)

const wordPattern = /\p{Extended_Pictographic}|[\p{L}\p{N}]+/gu

/** Longer descriptions are read to here. */
const maxCharacters = 2000

/** Reads a description in English: its words, numbers and emoji. Never fails; what it does not know it leaves out. */
export function understand(description: string): Understanding {
  const text = description.slice(0, maxCharacters)
  const found: Understanding = {
    ...{ moods: [], genres: [], instruments: [], without: [] },
    ...{ intensity: null, bpm: null, key: null, tempo: 0, loop: false, words: [] },
  }
  readNumbers(text, found)
  const words = text.toLowerCase().match(wordPattern) ?? []
  // “Epic rock” is rock: a word that gives a mood as well only hints at a genre.
  const hinted: Genre[] = []
  for (let at = 0; at < words.length;) {
    const negation = /^(no|without|not|minus)$/.test(words[at]!)
    const from = negation ? at + 1 : at
    const matches = matchesAt(words, from)
    const length = Math.max(1, ...matches.map((match) => match.words.length))
    const phrase = words.slice(from, from + length).join(' ')
    const matched = matches.filter((match) => match.words.length === length)
    if (negation) readNegation(phrase, matched, found)
    else
      readWishes(
        phrase,
        matched.map(({ wish }) => wish),
        found,
        hinted,
      )
    at = from + (matched.length > 0 || negation ? length : 1)
  }
  found.genres.push(...hinted.filter((genre) => !found.genres.includes(genre)))
  return found
}

function readWishes(text: string, wishes: readonly Wish[], found: Understanding, hinted: Genre[]): void {
  const hint = wishes.some(({ mood }) => mood)
  for (const wish of wishes) readWish(text, wish, found, hint ? hinted : found.genres)
}

function matchesAt(words: readonly string[], at: number) {
  return phrases.filter((phrase) =>
    phrase.words.every((word, index) => {
      const said = words[at + index]
      if (said === undefined) return false
      return word.endsWith('*') ? said.startsWith(word.slice(0, -1)) : said === word
    }),
  )
}

function readWish(text: string, wish: Wish, found: Understanding, genres: Genre[]): void {
  const meanings: string[] = []
  const add = <T extends string>(list: T[], value: T | undefined, what: string) => {
    if (value === undefined) return
    if (!list.includes(value)) list.push(value)
    meanings.push(`${what}: ${value}`)
  }
  add(found.moods, wish.mood, 'mood')
  add(genres, wish.genre, 'genre')
  add(found.instruments, wish.instrument, 'instrument')
  if (wish.intensity) {
    found.intensity ??= wish.intensity
    meanings.push(`intensity: ${wish.intensity}`)
  }
  if (wish.tempo) {
    found.tempo = Math.max(-1, Math.min(1, found.tempo + wish.tempo))
    meanings.push(wish.tempo > 0 ? 'quicker' : 'slower')
  }
  if (wish.loop) {
    found.loop = true
    meanings.push('loop')
  }
  for (const meaning of meanings) found.words.push({ text, meaning })
}

function readNegation(phrase: string, matched: readonly { wish: Wish }[], found: Understanding): void {
  const family = /^(drum|percussion|beat)/.test(phrase)
    ? 'drums'
    : /^(bass|melod|lead)/.test(phrase)
      ? phrase.startsWith('bass')
        ? 'bass'
        : 'melody'
      : matched.find(({ wish }) => wish.instrument)?.wish.instrument
  if (!family) return
  found.without.push(family)
  found.words.push({ text: `no ${phrase}`, meaning: `without ${family}` })
}

const keyPattern =
  /\b(?:in\s+(?:the\s+key\s+of\s+)?)?([A-Ga-g](?:\s?[#♯♭]|b|\s(?:sharp|flat))?\s?(?:major|minor|maj|min|dorian|phrygian|lydian|mixolydian))\b/u

function readNumbers(text: string, found: Understanding): void {
  const bpm = /(\d{2,3})(?:\s*-\s*\d{2,3})?\s*(?:bpm|beats per minute)/i.exec(text)
  if (bpm && Number(bpm[1]) >= 40 && Number(bpm[1]) <= 220) {
    found.bpm = Number(bpm[1])
    found.words.push({ text: bpm[0], meaning: `bpm: ${bpm[1]}` })
  }
  const named = keyPattern.exec(text)
  const key = named && parseKey(named[1]!)
  if (key) {
    found.key = key
    found.words.push({ text: named[1]!, meaning: 'key' })
  }
}
