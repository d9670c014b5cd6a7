import type { Emissions } from './emissions'
import type { DecodedWord, Hypothesis } from './hypothesis'
import type { TokenSet } from './token-set'

/** The most probable token of every frame, repeats joined and blanks dropped: tokens in order of time. */
export function greedyTokens(emissions: Emissions, blank: number): { tokens: number[]; score: number } {
  const { logProbs, frames, tokens: size } = emissions
  const tokens: number[] = []
  let previous = blank
  let score = 0
  for (let frame = 0; frame < frames; frame++) {
    const at = frame * size
    let best = 0
    for (let token = 1; token < size; token++) if (logProbs[at + token]! > logProbs[at + best]!) best = token
    score += logProbs[at + best]!
    if (best !== previous && best !== blank) tokens.push(best)
    previous = best
  }
  return { tokens, score }
}

/** Greedy decoding to words (letters or sentence pieces). */
export function decodeGreedy(emissions: Emissions, tokenSet: TokenSet): Hypothesis {
  const { tokens, score } = greedyTokens(emissions, tokenSet.blank)
  return { words: wordsOfTokens(tokens, tokenSet), score }
}

/** Parts a sequence of tokens into words. Tokens that write nothing are left out. */
export function wordsOfTokens(tokens: readonly number[], tokenSet: TokenSet): DecodedWord[] {
  const words: DecodedWord[] = []
  let open: { text: string; tokens: number[] } = { text: '', tokens: [] }
  const close = () => {
    if (open.text !== '') words.push(open)
    open = { text: '', tokens: [] }
  }
  for (const token of tokens) {
    if (token === tokenSet.delimiter || tokenSet.startsWord[token] === 1) close()
    const text = tokenSet.texts[token] ?? ''
    if (token === tokenSet.delimiter || (text === '' && tokenSet.startsWord[token] !== 1)) continue
    open.text += text
    open.tokens.push(token)
  }
  close()
  return words
}
