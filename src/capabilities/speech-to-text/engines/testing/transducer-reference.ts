/* What scripts/reference writes about transducers, and the words in it. */

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
export function referenceWords(
  reference: ReferenceTokens,
  pieces: readonly string[],
  secondsPerFrame: number,
): { text: string; start: number; confidence: number }[] {
  const groups: { text: string; frame: number; logProbs: number[] }[] = []
  for (const [place, token] of reference.tokens.entries()) {
    const piece = pieces[token]!
    if (place === 0 || piece.startsWith('▁'))
      groups.push({ text: '', frame: reference.frames[place]!, logProbs: [] })
    const group = groups.at(-1)!
    group.text += piece.replace('▁', '')
    group.logProbs.push(reference.logProbs[place]!)
  }
  return groups
    .filter(({ text }) => text !== '')
    .map(({ text, frame, logProbs }) => ({
      text,
      start: frame * secondsPerFrame,
      confidence: Math.exp(logProbs.reduce((sum, logProb) => sum + logProb, 0) / logProbs.length),
    }))
}
