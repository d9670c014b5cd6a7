import type { Phone } from '../utterance'

/** The pronunciations of a language's words. */
export interface Lexicon {
  language: string
  /** Whether a word in lower case is known. */
  has(word: string): boolean
  /** All pronunciations of a word in lower case, the usual one first; empty for an unknown word. */
  pronunciations(word: string): readonly (readonly Phone[])[]
}

/** The CMU pronouncing dictionary: 126,000 words of American English. It takes 21 MB once it is loaded. */
export async function loadEnglishLexicon(): Promise<Lexicon> {
  const { dictionary } = await import('cmu-pronouncing-dictionary')
  return {
    language: 'en',
    has: (word) => Object.hasOwn(dictionary, word),
    pronunciations(word) {
      if (!Object.hasOwn(dictionary, word)) return []
      const found = [dictionary[word]!.split(' ')]
      for (let number = 2; ; number++) {
        const more = dictionary[`${word}(${number})`]
        if (more === undefined) return found
        found.push(more.split(' '))
      }
    },
  }
}
