/** A word that was decoded, with the tokens that spell or pronounce it (none of them blank or delimiter). */
export interface DecodedWord {
  text: string
  tokens: readonly number[]
}

/** What a decoder thinks was said. Times and confidences come from `alignWords`. */
export interface Hypothesis {
  words: DecodedWord[]
  /** Natural log, all weights included. */
  score: number
}

/**
 * How frames carry tokens. `ctc`: a blank may stand between any two tokens and must between equal ones. `hmm`: every
 * frame carries the token that is being said, silence included.
 */
export type Topology = 'ctc' | 'hmm'
