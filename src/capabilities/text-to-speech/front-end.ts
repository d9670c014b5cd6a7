import type { Utterance } from '../../text/utterance'
import type { HandlerContext, Pronunciation } from '../capability'

export interface ReadingOptions {
  /** BCP 47. */
  language: string
  ssml: boolean
  pronunciations: readonly Pronunciation[]
}

/** Turns a text into what is to be said, sentence by sentence, and holds no more of it than that. */
export interface FrontEnd {
  analyse(text: string, options: ReadingOptions): Iterable<Utterance> | AsyncIterable<Utterance>
  release(): void
}

export type OpenFrontEnd = (context: HandlerContext) => Promise<FrontEnd>
