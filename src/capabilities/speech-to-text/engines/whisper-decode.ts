import { deflateSync } from 'node:zlib'

import type { TextTokenizer } from '../../../inference/tokenizer'
import type { WhisperConfig, WhisperTokens } from './whisper-config'
import type { KeytermBoost } from './whisper-keyterms'
import { lengthWithoutLoop, loopPhrase } from './whisper-loops'
import type { DecoderStep, WhisperNetwork } from './whisper-network'
import type { WhisperPrefix } from './whisper-prefix'
import { logSumExp, type DecodingRule } from './whisper-rules'

/** What one pass of the decoder made of a piece of audio. */
export interface Decoding {
  /** Text and timestamp tokens; the end-of-text token is left out. */
  tokens: number[]
  /** Natural logarithm of each token's probability among those that were allowed. */
  logprobs: number[]
  /** Cross attention of the step that each token came from, and of the one that ended the text. */
  attention: Float32Array[]
  /** Mean over the tokens and the end of text, as openai/whisper takes it. */
  avgLogprob: number
  noSpeechProb: number
  /** UTF-8 bytes of the text over their deflated length; loops compress well. */
  compressionRatio: number
  temperature: number
}

export interface DecodeOptions {
  network: WhisperNetwork
  config: WhisperConfig
  tokens: WhisperTokens
  tokenizer: TextTokenizer
  rules: readonly DecodingRule[]
  boost: KeytermBoost
  signal: AbortSignal
  /** Uniform in 0…1; only asked at temperatures above 0. */
  random: () => number
}

const MAX_COMPRESSION_RATIO = 2.4
const MIN_AVG_LOGPROB = -1
const MAX_NO_SPEECH = 0.6

/**
 * Decodes at rising temperatures until the text is neither repetitive nor improbable (Radford et al., "Robust Speech
 * Recognition via Large-Scale Weak Supervision", 2022, section 4.5). The last try counts whatever it is, with a loop at
 * its end taken out.
 */
export async function decodeWithFallback(
  prefix: WhisperPrefix,
  temperatures: readonly number[],
  options: DecodeOptions,
): Promise<Decoding> {
  let decoding = await decodeOnce(prefix, temperatures[0]!, options)
  for (const temperature of temperatures.slice(1)) {
    if (isSilence(decoding) || !isDoubtful(decoding, options)) break
    decoding = await decodeOnce(prefix, temperature, options)
  }
  return withoutLoop(decoding, options)
}

/** Whether nothing was said: no speech is likely, and the text is a guess. */
export function isSilence({ noSpeechProb, avgLogprob }: Decoding): boolean {
  return noSpeechProb > MAX_NO_SPEECH && avgLogprob <= MIN_AVG_LOGPROB
}

function isDoubtful(decoding: Decoding, { tokens }: DecodeOptions): boolean {
  return (
    decoding.compressionRatio > MAX_COMPRESSION_RATIO ||
    decoding.avgLogprob < MIN_AVG_LOGPROB ||
    loopPhrase(decoding.tokens.filter((token) => token < tokens.end)) > 0
  )
}

async function decodeOnce(
  prefix: WhisperPrefix,
  temperature: number,
  options: DecodeOptions,
): Promise<Decoding> {
  const { network, config, tokens, tokenizer, signal } = options
  const room = Math.min(Math.floor(config.textPositions / 2), config.textPositions - prefix.length)
  const generated: number[] = []
  const words: number[] = []
  const logprobs: number[] = []
  const attention: Float32Array[] = []
  let sum = 0
  let step: DecoderStep = prefix.step
  while (generated.length < room && loopPhrase(words) === 0) {
    signal.throwIfAborted()
    // The first step's logits are needed again by the next try.
    const logits = step === prefix.step ? step.logits.slice(-config.vocabulary) : step.logits
    const { token, logprob } = choose(logits, generated, temperature, options)
    attention.push(...step.attention.slice(-1))
    sum += logprob
    if (token === tokens.end) break
    generated.push(token)
    if (token < tokens.end) words.push(token)
    logprobs.push(logprob)
    if (generated.length < room) step = await network.next(step, token)
  }
  return {
    tokens: generated,
    logprobs,
    attention,
    avgLogprob: sum / (generated.length + 1),
    noSpeechProb: prefix.noSpeechProb,
    compressionRatio: compressionRatio(tokenizer.decode(words)),
    temperature,
  }
}

/** The next token and its probability before it was nudged or sampled. */
function choose(
  logits: Float32Array,
  generated: readonly number[],
  temperature: number,
  { rules, boost, random }: DecodeOptions,
): { token: number; logprob: number } {
  for (const rule of rules) rule(logits, generated)
  const total = logSumExp(logits)
  const boosts = [...boost(generated)]
  const before = boosts.map(([token]) => logits[token]!)
  for (const [token, nudge] of boosts) logits[token]! += nudge
  const token = temperature === 0 ? indexOfMax(logits) : sample(logits, temperature, random())
  const nudged = boosts.findIndex(([boosted]) => boosted === token)
  return { token, logprob: (nudged < 0 ? logits[token]! : before[nudged]!) - total }
}

export function indexOfMax(values: Float32Array): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  return best
}

function sample(logits: Float32Array, temperature: number, uniform: number): number {
  const scaled = logits.map((value) => value / temperature)
  const total = logSumExp(scaled)
  let rest = uniform
  let last = 0
  for (let token = 0; token < scaled.length; token++) {
    const probability = Math.exp(scaled[token]! - total)
    if (probability === 0) continue
    last = token
    rest -= probability
    if (rest < 0) break
  }
  return last
}

function compressionRatio(text: string): number {
  const bytes = Buffer.from(text.trim(), 'utf8')
  return bytes.length === 0 ? 0 : bytes.length / deflateSync(bytes).length
}

function withoutLoop(decoding: Decoding, { tokens }: DecodeOptions): Decoding {
  const isWord = (token: number) => token < tokens.end
  const words = decoding.tokens.filter(isWord)
  const kept = lengthWithoutLoop(words)
  if (kept === words.length) return decoding
  let seen = 0
  const cut = decoding.tokens.findIndex((token) => isWord(token) && ++seen > kept)
  return {
    ...decoding,
    tokens: decoding.tokens.slice(0, cut),
    logprobs: decoding.logprobs.slice(0, cut),
    attention: decoding.attention.slice(0, cut + 1),
  }
}

/** Uniform numbers in 0…1 from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
