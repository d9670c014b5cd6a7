import { AppError } from '../../../platform/errors'
import type { SequenceNetwork, SequenceStep } from './sequence-network'

export interface SearchOptions {
  /** First tokens of every output: the start token, and the language where the network is told by one. */
  prefix: readonly number[]
  endToken: number
  /** Never chosen. */
  forbidden: readonly number[]
  /** 1 = greedy. */
  beams: number
  /** Of the whole output, with prefix and end. */
  maxTokens: number
  signal: AbortSignal
}

interface Hypothesis {
  tokens: readonly number[]
  /** Sum of the log-probabilities of what was chosen. */
  score: number
  step: SequenceStep
}

/**
 * The most probable output: tokens with prefix and end token. Beam search as in `transformers` 4 with
 * `early_stopping=False` and a length penalty of 1: scores are divided by the number of tokens after the start token,
 * twice as many continuations as beams are looked at, and the search ends when no open one can beat the worst of the
 * finished ones.
 *
 * @throws AppError `canceled`, looked at before every step.
 */
export async function searchBest(
  network: SequenceNetwork,
  input: readonly number[],
  options: SearchOptions,
): Promise<number[]> {
  const { prefix, endToken, beams, maxTokens } = options
  let open: Hypothesis[] = [{ tokens: prefix, score: 0, step: await network.start(input, prefix) }]
  const finished: { tokens: readonly number[]; score: number }[] = []
  for (let length = prefix.length; length < maxTokens; length++) {
    if (options.signal.aborted) throw new AppError('canceled', { cause: options.signal.reason })
    const last = length === maxTokens - 1
    const candidates = open
      .flatMap((hypothesis) => continuations(hypothesis, options, last))
      .sort((a, b) => b.score - a.score)
      .slice(0, 2 * beams)
    const going: typeof candidates = []
    for (const [rank, candidate] of candidates.entries()) {
      if (candidate.token !== endToken) going.push(candidate)
      else if (rank < beams) {
        const tokens = [...candidate.from.tokens, endToken]
        finished.push({ tokens, score: candidate.score / (tokens.length - prefix.length) })
      }
    }
    finished.sort((a, b) => b.score - a.score).splice(beams)
    const best = going.slice(0, beams)
    if (last || best.length === 0) break
    const reachable = best[0]!.score / (length + 1 - prefix.length)
    if (finished.length === beams && finished.at(-1)!.score >= reachable) break
    // Greedy search takes the end when it is the likeliest.
    if (beams === 1 && finished.length === 1) break
    open = []
    for (const { from, token, score } of best) {
      open.push({ tokens: [...from.tokens, token], score, step: await network.next(from.step, token) })
    }
  }
  return [...(finished[0]?.tokens ?? open[0]!.tokens)]
}

/** The likeliest next tokens of one hypothesis, twice as many as there are beams. At the last place only the end fits. */
function continuations(from: Hypothesis, { endToken, forbidden, beams }: SearchOptions, last: boolean) {
  const { logits } = from.step
  const normalizer = logSumExp(logits)
  for (const token of forbidden) logits[token] = -Infinity
  const of = (token: number) => ({ from, token, score: from.score + logits[token]! - normalizer })
  if (last) return [{ ...of(endToken), score: from.score }]
  const top: number[] = []
  for (let token = 0; token < logits.length; token++) {
    if (top.length === 2 * beams && logits[token]! <= logits[top.at(-1)!]!) continue
    const at = top.findIndex((other) => logits[other]! < logits[token]!)
    top.splice(at < 0 ? top.length : at, 0, token)
    top.length = Math.min(top.length, 2 * beams)
  }
  return top.map(of)
}

function logSumExp(values: Float32Array): number {
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity)
  let sum = 0
  for (const value of values) sum += Math.exp(value - most)
  return most + Math.log(sum)
}
