import type { NormalWord } from '../normalise'
import type { Phone } from '../utterance'
import { homograph } from './homographs'
import { compound, inflected, withS } from './inflections'
import { letterName } from './letter-names'
import type { Lexicon } from './lexicon'

/** The phones of an unknown word: a network, or rules. The word is in lower case, letters and apostrophes. */
export type LetterToSound = (word: string) => Promise<readonly Phone[]> | readonly Phone[]

export interface Pronouncer {
  /**
   * Phones of the words of a sentence, one list a word; empty for a word that has no sound (of another script).
   * @param british Whether Z is “zed”.
   */
  sentence(words: readonly NormalWord[], british: boolean): Promise<(readonly Phone[])[]>
}

const REMEMBERED = 2000

export function createPronouncer(lexicon: Lexicon, letterToSound: LetterToSound): Pronouncer {
  const found = new Map<string, readonly Phone[]>()
  const known = (word: string) => lexicon.pronunciations(word)[0] ?? null

  /** A word by itself, without regard to what stands around it. */
  async function word(text: string): Promise<readonly Phone[]> {
    const remembered = found.get(text)
    if (remembered) return remembered
    const phones = await find(text)
    if (found.size >= REMEMBERED) found.delete(found.keys().next().value!)
    found.set(text, phones)
    return phones
  }

  async function find(text: string): Promise<readonly Phone[]> {
    const direct = known(text) ?? (text.startsWith("'") ? known(text.slice(1)) : null)
    if (direct) return direct
    const built = inflected(text, known) ?? compound(text, known)
    if (built) return built
    const letters = text.normalize('NFD').replace(/[^a-z']/g, '')
    if (letters === '' || !/[a-z]/.test(letters)) return []
    // What has no vowel cannot be said as a word.
    if (!/[aeiouy]/.test(letters) && letters.length < 6)
      return [...letters].flatMap((letter) => letterName(letter, false) ?? [])
    return letterToSound(letters)
  }

  /** A respelling in syllables; those in capitals are stressed, else the first that has a stress. */
  async function syllables(text: string): Promise<readonly Phone[]> {
    const parts = text.split('-').filter((part) => part !== '')
    const capitals = parts.map((part) => part === part.toUpperCase())
    const told = capitals.includes(true) && capitals.includes(false)
    const phones: Phone[] = []
    for (const [index, part] of parts.entries()) {
      const said = await word(part.toLowerCase())
      const stressed = told ? capitals[index]! : index === 0
      phones.push(...said.map((phone) => (stressed ? phone : phone.replace('1', told ? '0' : '2'))))
    }
    return phones
  }

  return {
    async sentence(words, british) {
      const texts = words.map(({ text }) => text.toLowerCase())
      const phones: (readonly Phone[])[] = []
      for (const [index, { text, letter, phones: given }] of words.entries()) {
        if (given) phones.push(given)
        else if (letter) phones.push(spelled(text, british))
        else if (/\p{L}-\p{L}/u.test(text)) phones.push(await syllables(text))
        else {
          const told =
            homograph(
              texts[index]!,
              texts[index - 1] ?? '',
              texts[index + 1] ?? '',
              texts.slice(Math.max(0, index - 6), index),
            ) ?? article(texts[index]!, texts[index + 1] ?? '', known)
          phones.push(told ?? (await word(texts[index]!)))
        }
      }
      return phones
    },
  }
}

/** A letter's name, also with an s: “CDs”. */
function spelled(text: string, british: boolean): readonly Phone[] {
  const name = letterName(text[0]!, british) ?? []
  return /^.'s$/i.test(text) ? withS(name) : name
}

/** “the” before a vowel, “a” anywhere. */
function article(
  text: string,
  after: string,
  known: (word: string) => readonly Phone[] | null,
): readonly Phone[] | null {
  if (text === 'a') return ['AH0']
  if (text !== 'the') return null
  const next = known(after)
  const vowel = next ? /\d$/.test(next[0]!) : /^[aeio]/.test(after)
  return ['DH', vowel ? 'IY0' : 'AH0']
}
