import { expect } from 'vitest'
import type { RecognizedWord } from '../../recognizer'

/* What scripts/reference writes about transducers, and how words are compared with it. */

/** Tokens of a reference decoder, column by column. */
export interface ReferenceTokens {
  tokens: number[]
  frames: number[]
  logProbs: number[]
  durations?: number[]
}

export interface TransducerReference {
  frames: number
  width: number
  /** PyTorch's encoder output, [frames, width]. */
  encoded: number[]
  /** PyTorch's joint network on the first frame, before anything was said. */
  firstLogits: number[]
  greedy: ReferenceTokens
  beam: ReferenceTokens
  keyterms: ReferenceTokens & { terms: string[]; boost: number }
  /** What sherpa-onnx made of it. */
  sherpa: Record<'greedy' | 'beam', { text: string; timestamps: number[]; logProbs: number[] }>
}

/** Words as the tokens' pieces make them: begun by ▁, or by the first token. */
export function expectWords(
  words: readonly RecognizedWord[],
  reference: ReferenceTokens,
  pieces: readonly string[],
  secondsPerFrame: number,
): void {
  const groups: { text: string; frame: number; logProbs: number[] }[] = []
  for (const [place, token] of reference.tokens.entries()) {
    const piece = pieces[token]!
    if (place === 0 || piece.startsWith('▁'))
      groups.push({ text: '', frame: reference.frames[place]!, logProbs: [] })
    const group = groups.at(-1)!
    group.text += piece.replace('▁', '')
    group.logProbs.push(reference.logProbs[place]!)
  }
  const written = groups.filter(({ text }) => text !== '')
  expect(words.map(({ text }) => text)).toEqual(written.map(({ text }) => text))
  for (const [index, { frame, logProbs }] of written.entries()) {
    const word = words[index]!
    expect(word.start).toBeCloseTo(frame * secondsPerFrame, 6)
    expect(word.end).toBeGreaterThanOrEqual(word.start)
    const mean = logProbs.reduce((sum, logProb) => sum + logProb, 0) / logProbs.length
    expect(word.confidence).toBeCloseTo(Math.exp(mean), 4)
  }
}
