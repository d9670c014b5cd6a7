import { createTextFrontEnd, type TextFrontEnd } from '../../text/front-end'
import { letterName } from '../../text/pronunciation/letter-names'
import { loadEnglishLexicon, type Lexicon } from '../../text/pronunciation/lexicon'
import type { HandlerContext } from '../capability'

/** The text front end, and what it holds while it is in use. */
export interface OpenedFrontEnd {
  frontEnd: TextFrontEnd
  release(): void
}

export type OpenFrontEnd = (context: HandlerContext) => Promise<OpenedFrontEnd>

/** The product's own front end. The lexicon is loaded once and kept. */
export function createFrontEndOpener(): OpenFrontEnd {
  let lexicon: Promise<Lexicon> | undefined
  return async () => ({
    frontEnd: createTextFrontEnd({ lexicon: await (lexicon ??= loadEnglishLexicon()), letterToSound: spell }),
    release: () => undefined,
  })
}

/** An unknown word, letter by letter. */
function spell(word: string) {
  return [...word].flatMap((letter) => letterName(letter, false) ?? [])
}
