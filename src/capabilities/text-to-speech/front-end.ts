import { createTextFrontEnd, type TextFrontEnd } from '../../text/front-end'
import { letterName } from '../../text/pronunciation/letter-names'
import { loadEnglishLexicon, type Lexicon } from '../../text/pronunciation/lexicon'
import type { LetterToSound } from '../../text/pronunciation/pronounce'
import type { HandlerContext } from '../capability'
import type { LetterToSoundEngine } from './engines/letter-to-sound'

/** The text front end, and what it holds while it is in use. */
export interface OpenedFrontEnd {
  frontEnd: TextFrontEnd
  release(): void
}

export type OpenFrontEnd = (context: HandlerContext) => Promise<OpenedFrontEnd>

/**
 * The product's own front end. The lexicon is loaded once and kept. Words that it lacks are read by the pronunciation
 * model, and spelled out where none is installed.
 */
export function createFrontEndOpener(engine: LetterToSoundEngine): OpenFrontEnd {
  let lexicon: Promise<Lexicon> | undefined
  return async (context) => {
    const files = context.helperModel('pronunciation')
    const lease = files && (await context.models.acquire(engine, files))
    const letterToSound: LetterToSound = lease
      ? async (word) => (await lease.model.run({ word }, context)).phones
      : spell
    return {
      frontEnd: createTextFrontEnd({ lexicon: await (lexicon ??= loadEnglishLexicon()), letterToSound }),
      release: () => lease?.release(),
    }
  }
}

function spell(word: string) {
  return [...word].flatMap((letter) => letterName(letter, false) ?? [])
}
