import { formatKey, parseKey } from '../../../music/keys'
import { understand } from '../../../music/understand'
import type { MusicRequest } from '../musician'

/** Taken where neither the description nor a parameter says anything. */
const anything = 'instrumental background music'

/** What a network that was trained on captions is told: the description, and the parameters in words after it. */
export function promptOf({ text, parameters }: MusicRequest): string {
  const { genre, mood, bpm, key, instruments } = parameters
  const parsedKey = key === null ? null : parseKey(key)
  const words = [
    text.trim().replace(/\s+/g, ' '),
    ...[genre, mood].flatMap((word) => (word === null ? [] : [spoken(word)])),
    ...(instruments.length > 0 ? [`with ${instruments.map(spoken).join(', ')}`] : []),
    ...(bpm === null ? [] : [`${bpm} bpm`]),
    ...(parsedKey ? [`in ${formatKey(parsedKey)}`] : []),
  ].filter((part) => part !== '')
  return words.length > 0 ? words.join(', ') : anything
}

/** The moods that pictures take their colours from. */
export function moodsOf({ text, parameters }: MusicRequest): string[] {
  return parameters.mood ? [parameters.mood] : understand(text).moods
}

/** What a network that plays a whole by a prompt cannot promise. @param title Of the model, for the sentences. */
export function promptWarnings({ text, parameters }: MusicRequest, title: string): string[] {
  const { bpm, key, intensity, opening, instruments, stems, loop } = parameters
  const told = [
    ...(bpm === null ? [] : ['the tempo']),
    ...(key === null ? [] : ['the key']),
    ...(instruments.length === 0 ? [] : ['the instruments']),
  ]
  const unheeded = [
    ...(intensity === null ? [] : ['“intensity”']),
    ...(opening === 'intro' ? [] : ['“opening”']),
  ]
  const empty = promptOf({ text, parameters, seed: 0 }) === anything
  return [
    ...(empty ? [`The description is empty: ${title} was asked for ${anything}.`] : []),
    ...(told.length > 0
      ? [`${title} is told ${list(told)} in words, and does not always keep to such words.`]
      : []),
    ...(unheeded.length > 0 ? [`${title} knows nothing of ${list(unheeded)}.`] : []),
    ...(loop ? ['The loop is made by a crossfade: its length is no whole number of bars.'] : []),
    ...(stems ? [`${title} gives neither stems nor MIDI.`] : []),
  ]
}

function spoken(word: string): string {
  return word.replaceAll('-', ' ')
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
