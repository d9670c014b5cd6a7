/** An ARPAbet phone; vowels carry their stress: `AH0`, `EY1`, `IH2`. http://www.speech.cs.cmu.edu/cgi-bin/cmudict */
export type Phone = string

/** What a listener hears at the end of a word: nothing, a comma's rise, or the fall of a sentence. */
export type Boundary = 'none' | 'minor' | 'statement' | 'question' | 'exclamation'

/** How a stretch is to be said, relative to the voice's own way. */
export interface Prosody {
  /** 1 = as the voice speaks; 2 = twice as fast. */
  rate: number
  pitchSemitones: number
  volumeDb: number
  emphasis: 'reduced' | 'none' | 'moderate' | 'strong'
}

/** One word as it is spoken: “$5” is two of them. */
export interface SpokenWord {
  /** Normalised text: “five”. */
  spoken: string
  /** What the input has there, with its punctuation; empty for the second and further words of an expansion. */
  written: string
  /** Where that stands in the input: UTF-16 offsets, end exclusive. */
  source: { start: number; end: number }
  /** Null where the language has no lexicon here: such a voice reads `spoken`. */
  phones: readonly Phone[] | null
  boundary: Boundary
  /** Silence asked for after the word (`[pause:1.5s]`, `<break>`), in seconds; null = as the voice pauses by itself. */
  pauseAfterSeconds: number | null
  prosody: Prosody
}

/** A piece that a voice says in one go: a sentence, or a clause of a long one. */
export interface Utterance {
  words: readonly SpokenWord[]
  /** Whether a paragraph ends with it. */
  endsParagraph: boolean
  /** Silence asked for before the first word; absent where none is. */
  pauseBeforeSeconds?: number
}
