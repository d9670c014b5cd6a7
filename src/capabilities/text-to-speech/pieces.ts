import type { Boundary, SpokenWord, Utterance } from '../../text/utterance'

/** What is spoken in one go, and the silence behind it. */
export interface Piece {
  words: readonly SpokenWord[]
  pauseSeconds: number
  /** Whether the text asks for just this pause: it then does not follow the pace. */
  pauseAsked: boolean
  endsParagraph: boolean
}

/** A shorter pause within a sentence is no reason to interrupt its melody. */
const shortestPauseSeconds = 0.05
/** Signs of a piece: phones, or letters where there are none. Attention and memory hold this much at ease. */
const longestSigns = 180
const pauseAfter: Record<Boundary, number> = {
  none: 0.02,
  minor: 0.18,
  statement: 0.42,
  question: 0.45,
  exclamation: 0.42,
}
const paragraphPauseSeconds = 0.85

/** Cuts an utterance where the text asks for a pause, and where it is too long: at its commas if it has any. */
export function piecesOf({ words, endsParagraph }: Utterance): Piece[] {
  const pieces: Piece[] = []
  let group: SpokenWord[] = []
  const close = () => {
    if (group.length > 0) pieces.push(pieceOf(group))
    group = []
  }
  for (const [index, word] of words.entries()) {
    if (sign(group) + sign([word]) > longestSigns) {
      const comma = group.findLastIndex(({ boundary }) => boundary !== 'none')
      const rest = comma >= 0 ? group.splice(comma + 1) : []
      close()
      group = rest
    }
    group.push(word)
    if ((word.pauseAfterSeconds ?? 0) >= shortestPauseSeconds && index < words.length - 1) close()
  }
  close()
  const last = pieces.at(-1)
  if (last && endsParagraph) {
    last.endsParagraph = true
    if (!last.pauseAsked) last.pauseSeconds = paragraphPauseSeconds
  }
  return pieces
}

function pieceOf(words: SpokenWord[]): Piece {
  const { boundary, pauseAfterSeconds } = words.at(-1)!
  return {
    words,
    pauseSeconds: pauseAfterSeconds ?? pauseAfter[boundary],
    pauseAsked: pauseAfterSeconds !== null,
    endsParagraph: false,
  }
}

function sign(words: readonly SpokenWord[]): number {
  return words.reduce((sum, { phones, spoken }) => sum + (phones?.length ?? spoken.length) + 1, 0)
}
