import { createLanguages } from './language'
import type { Passage } from './passage'
import { plainPassages } from './plain-text'
import { sentencesOf } from './sentences'
import { readSentence } from './spoken-words'
import { ssmlPassages } from './ssml/passages'

const languageOf = createLanguages(() => false)
const english = /^en(?![a-z])/i
/** What certainly is a word, or part of one, in a language that is not written in other letters. */
const latin = /[\p{Script=Latin}\p{N}]/u
const anyLetter = /[\p{L}\p{N}]/u
/** More of a text in foreign letters is not looked at. */
const maxSearched = 5000

/**
 * Whether there may be anything to say in a text, without a lexicon and without reading further than to the first word:
 * emoji and punctuation alone are not said, and neither are foreign letters in English.
 *
 * @param language BCP 47, of the voice.
 * @throws AppError `invalid_parameter` for SSML that is broken or not supported, with line and column.
 */
export function saysSomething(
  text: string,
  { language, ssml }: { language: string; ssml: boolean },
): boolean {
  const passages = ssml
    ? ssmlPassages(text, { language, voicePitchHz: 165, onWarning: () => undefined })
    : plainPassages(text, language)
  let searched = 0
  for (const passage of passages) {
    if (searched > maxSearched || hasWords(passage)) return true
    searched += passage.text.length
  }
  return false
}

function hasWords(passage: Passage): boolean {
  const { styles, sentenceEnds, readings, text } = passage
  const word = styles.every(({ language }) => english.test(language)) ? latin : anyLetter
  if (readings.length > 0 || word.test(text)) return true
  const base = languageOf(styles[0]!.language)
  // Signs such as “%” are words as well.
  for (const sentence of sentencesOf(text, base, sentenceEnds, readings)) {
    if (sentence.start > maxSearched) return true
    const read = readSentence(passage, sentence, languageOf, () => null, 'drop')
    if (read.some(({ words }) => words.some((said) => word.test(said.text)))) return true
  }
  return false
}
