import type { WhisperConfig, WhisperTokens } from './whisper-config'

/** Forbids tokens, by −∞ in their logits, in view of those that were generated so far. */
export type DecodingRule = (logits: Float32Array, generated: readonly number[]) => void

/** Tokens that a model is told never to say (speech is not written as “[music]”), and some that never come first. */
export function suppressionRule({ suppressed, suppressedAtBegin }: WhisperConfig): DecodingRule {
  return (logits, generated) => {
    for (const token of suppressed) logits[token] = -Infinity
    if (generated.length === 0) for (const token of suppressedAtBegin) logits[token] = -Infinity
  }
}

/** Without timestamps: none of their tokens. */
export function plainTextRule({ noTimestamps }: WhisperTokens): DecodingRule {
  return (logits) => logits.fill(-Infinity, noTimestamps)
}

/**
 * The grammar of timestamps (openai/whisper, `decoding.py`, ApplyTimestampRules): the first token is a time; times come
 * in pairs, the end of a segment and the beginning of the next, except before the end of the text; they never go back,
 * and a segment is not empty; and where times together are more probable than any one word, a time it is.
 */
export function timestampRule(tokens: WhisperTokens, maxInitialTimestamp: number): DecodingRule {
  const { firstTimestamp, end, noTimestamps } = tokens
  const isTime = (token: number | undefined) => token !== undefined && token >= firstTimestamp
  return (logits, generated) => {
    logits[noTimestamps] = -Infinity
    if (generated.length === 0) {
      logits.fill(-Infinity, 0, firstTimestamp)
      logits.fill(-Infinity, firstTimestamp + maxInitialTimestamp + 1)
      return
    }
    const afterTime = isTime(generated.at(-1))
    const afterPair = afterTime && (generated.length < 2 || isTime(generated.at(-2)))
    if (afterPair) logits.fill(-Infinity, firstTimestamp)
    else if (afterTime) logits.fill(-Infinity, 0, end)
    const last = generated.findLast(isTime)
    if (last !== undefined) {
      // A segment may begin where the last one ended, but not end where it began.
      const earliest = afterTime && !afterPair ? last : last + 1
      logits.fill(-Infinity, firstTimestamp, earliest)
    }
    if (timesOutweighWords(logits, firstTimestamp)) logits.fill(-Infinity, 0, firstTimestamp)
  }
}

function timesOutweighWords(logits: Float32Array, firstTimestamp: number): boolean {
  let word = -Infinity
  for (let token = 0; token < firstTimestamp; token++) if (logits[token]! > word) word = logits[token]!
  return logSumExp(logits.subarray(firstTimestamp)) > word
}

/** Further below the largest logit than this, in nats, a token adds nothing that a float could hold. */
const NEGLIGIBLE = 30
const STEPS = 512
/** e^(−n/512). A vocabulary of exponentials a token is a fifth of a small model's time by `Math.exp`. */
const exponentials = Float64Array.from({ length: NEGLIGIBLE * STEPS + 1 }, (_, n) => Math.exp(-n / STEPS))

/** ln Σ e^x, to within 2·10⁻⁹ of the sum. By index: iterating takes seven times as long. */
export function logSumExp(logits: Float32Array): number {
  let top = -Infinity
  for (let n = logits.length - 1; n >= 0; n--) if (logits[n]! > top) top = logits[n]!
  if (top === -Infinity) return -Infinity
  let sum = 0
  for (let n = logits.length - 1; n >= 0; n--) {
    const below = top - logits[n]!
    if (below >= NEGLIGIBLE) continue
    const step = Math.trunc(below * STEPS)
    const rest = step / STEPS - below
    sum += exponentials[step]! * (1 + rest + 0.5 * rest * rest)
  }
  return top + Math.log(sum)
}
