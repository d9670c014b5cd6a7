import type { Tensor } from '../../../inference/runtime'
import type { WhisperConfig, WhisperTokens } from './whisper-config'
import type { DecoderStep, WhisperNetwork } from './whisper-network'
import { logSumExp } from './whisper-rules'

/** The decoder after the tokens that tell it what to do, before the first token of its own. */
export interface WhisperPrefix {
  step: DecoderStep
  /** Tokens so far, the prompt's included. */
  length: number
  /** Code of the language that was given or found; null for models of English alone. */
  language: string | null
  noSpeechProb: number
  /** Cross attention of the tokens from the start of the transcript on. */
  attention: Float32Array[]
}

export interface PrefixOptions {
  /** Text that was said before, or that is likely to come. */
  context: readonly number[]
  /** A code of the model's languages; null = find out. */
  language: string | null
  task: 'transcribe' | 'translate'
  timestamps: boolean
}

/** Runs the decoder over `<|startofprev|> context <|startoftranscript|> language task`. */
export async function runPrefix(
  network: WhisperNetwork,
  config: WhisperConfig,
  tokens: WhisperTokens,
  audio: Tensor,
  options: PrefixOptions,
): Promise<WhisperPrefix> {
  const prompt = options.context.length > 0 ? [tokens.previous, ...options.context] : []
  const tail = options.timestamps ? [] : [tokens.noTimestamps]
  const task = options.task === 'translate' ? tokens.translate : tokens.transcribe
  if (!config.multilingual || options.language !== null) {
    const language = config.multilingual ? options.language : null
    const steering = language === null ? [] : [tokens.languages.get(language)!, task]
    const sequence = [...prompt, tokens.start, ...steering, ...tail]
    const step = await network.start(audio, sequence)
    return atStart(step, sequence.length, prompt.length, language, config, tokens)
  }

  const first = await network.start(audio, [tokens.start])
  const language = detectLanguage(first.logits, tokens)
  if (prompt.length > 0) return runPrefix(network, config, tokens, audio, { ...options, language })
  // What was computed for the start token holds: go on from there.
  let step = first
  const attention = [...first.attention]
  const steering = [tokens.languages.get(language)!, task, ...tail]
  for (const token of steering) {
    step = await network.next(step, token)
    attention.push(...step.attention)
  }
  const { noSpeechProb } = atStart(first, 1, 0, language, config, tokens)
  return { step, length: 1 + steering.length, language, noSpeechProb, attention }
}

function atStart(
  step: DecoderStep,
  length: number,
  startIndex: number,
  language: string | null,
  config: WhisperConfig,
  tokens: WhisperTokens,
): WhisperPrefix {
  const { vocabulary } = config
  const logits = step.logits.subarray(startIndex * vocabulary, (startIndex + 1) * vocabulary)
  return {
    step,
    length,
    language,
    noSpeechProb: Math.exp(logits[tokens.noSpeech]! - logSumExp(logits)),
    attention: step.attention.slice(startIndex),
  }
}

/** Code of the language that is spoken; null for models of English alone. */
export async function findLanguage(
  network: WhisperNetwork,
  config: WhisperConfig,
  tokens: WhisperTokens,
  audio: Tensor,
): Promise<string | null> {
  if (!config.multilingual) return null
  return detectLanguage((await network.start(audio, [tokens.start])).logits, tokens)
}

/** The most probable language token after the start of the transcript. */
function detectLanguage(logits: Float32Array, tokens: WhisperTokens): string {
  const codes = [...tokens.languages]
  return codes.reduce((best, next) => (logits[next[1]]! > logits[best[1]]! ? next : best))[0]
}
