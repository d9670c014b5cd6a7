import type { TokenSet } from '../decoding/token-set'
import type { RecognizedWord } from '../recognizer'
import type { SpokenToken } from './transducer-greedy'

/** How long the sound of a last token goes on where the network does not say: a piece of three or four letters. */
const LAST_TOKEN_SECONDS = 0.24

/**
 * Words of spoken sentence pieces. A word begins with its first token's frame; it ends with its last token's duration or,
 * where there is none, a piece's usual length after it, but never after the next word's beginning or the window's end.
 * Its confidence is the geometric mean of its tokens' probabilities.
 */
export function wordsOfSpoken(
  spoken: readonly SpokenToken[],
  tokenSet: TokenSet,
  secondsPerFrame: number,
  windowSeconds: number,
): RecognizedWord[] {
  const groups: { text: string; tokens: SpokenToken[] }[] = []
  for (const token of spoken) {
    const text = tokenSet.texts[token.token]!
    if (groups.length === 0 || tokenSet.startsWord[token.token] === 1) groups.push({ text, tokens: [token] })
    else {
      groups.at(-1)!.text += text
      groups.at(-1)!.tokens.push(token)
    }
  }
  const written = groups.filter(({ text }) => text !== '')
  return written.map(({ text, tokens }, index) => {
    const start = tokens[0]!.frame * secondsPerFrame
    const last = tokens.at(-1)!
    const sound = last.frames === null ? LAST_TOKEN_SECONDS : Math.max(1, last.frames) * secondsPerFrame
    const next = written[index + 1]?.tokens[0]?.frame ?? Infinity
    const end = Math.min(last.frame * secondsPerFrame + sound, next * secondsPerFrame, windowSeconds)
    const logProb = tokens.reduce((sum, token) => sum + token.logProb, 0) / tokens.length
    return { text, start, end: Math.max(start, end), confidence: Math.exp(logProb) }
  })
}
