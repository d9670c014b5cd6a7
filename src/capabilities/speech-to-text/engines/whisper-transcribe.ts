import type { JobContext } from '../../../inference/engine'
import type { RecognizedWord, RecognizerInput, RecognizerOutput } from '../recognizer'
import { decodeWithFallback, isSilence, seededRandom, type Decoding } from './whisper-decode'
import { isSilent, loudness } from './whisper-energy'
import { createKeytermBoost } from './whisper-keyterms'
import { encodeAudio, languageCode, SAMPLE_RATE, windowSamples, type WhisperModel } from './whisper-model'
import { timedWords } from './whisper-placing'
import { runPrefix } from './whisper-prefix'
import { plainTextRule, suppressionRule, timestampRule } from './whisper-rules'
import { readSegments } from './whisper-words'

const TEMPERATURES = [0, 0.2, 0.4, 0.6, 0.8, 1]
/** What is left of a window after the last timestamp is not worth another pass below this. */
const MIN_REST_SECONDS = 0.3
/** Text that was guessed at a temperature above this misleads what comes after it. */
const MAX_CONTEXT_TEMPERATURE = 0.5

/** Recognises a window, in as many passes as the model leaves it unfinished. */
export async function transcribe(
  model: WhisperModel,
  input: RecognizerInput,
  job: JobContext,
): Promise<RecognizerOutput> {
  const { config, tokens, tokenizer, network } = model
  const { timestamps } = config
  const rules = [
    suppressionRule(config),
    timestamps ? timestampRule(tokens, config.maxInitialTimestamp) : plainTextRule(tokens),
  ]
  const boost = createKeytermBoost(input.keyterms, tokenizer)
  const random = seededRandom(job.seed)
  const temperatures = input.temperature === null ? TEMPERATURES : [input.temperature]
  const context = createContext(model, input)
  const words: RecognizedWord[] = []
  const decodings: Decoding[] = []
  let language = languageCode(model, input.language)
  let at = 0
  while (at === 0 || input.samples.length - at >= MIN_REST_SECONDS * SAMPLE_RATE) {
    job.signal.throwIfAborted()
    const samples = input.samples.subarray(at, at + windowSamples(config))
    const frames = loudness(samples)
    const offset = at / SAMPLE_RATE
    const seconds = samples.length / SAMPLE_RATE
    at += samples.length
    if (isSilent(frames)) {
      if (samples.length === 0) break
      continue
    }
    const audio = await encodeAudio(model, samples)
    job.signal.throwIfAborted()
    const options = { context: context.tokens(), language, task: input.task, timestamps }
    const prefix = await runPrefix(network, config, tokens, audio, options)
    language = prefix.language
    const { signal } = job
    const decoding = await decodeWithFallback(prefix, temperatures, {
      ...{ network, config, tokens, tokenizer, rules, boost, signal, random },
    })
    decodings.push(decoding)
    if (isSilence(decoding)) continue
    const { segments, consumed } = readSegments(decoding.tokens, tokens.firstTimestamp, seconds)
    const timed = timedWords(model, { prefix, decoding, segments, frames, samples, language })
    for (const word of timed) words.push({ ...word, start: word.start + offset, end: word.end + offset })
    context.add(decoding)
    at = Math.round((offset + consumed) * SAMPLE_RATE)
  }
  return {
    words,
    language: config.multilingual ? language : 'en',
    decoding: summary(decodings),
  }
}

/** The text before a pass: keyterms as a glossary, the prompt, and what the window's earlier passes gave. */
function createContext({ config, tokens, tokenizer }: WhisperModel, input: RecognizerInput) {
  // Half of the decoder's room, less the token that announces it.
  const room = Math.floor(config.textPositions / 2) - 1
  const terms = input.keyterms.map((term) => term.trim()).filter((term) => term !== '')
  const glossary = terms.length > 0 ? tokenizer.encode(` ${terms.join(', ')}.`).slice(0, room >> 1) : []
  const prompt = input.prompt?.trim() ?? ''
  let said = prompt === '' ? [] : tokenizer.encode(` ${prompt}`)
  return {
    tokens: () => [...glossary, ...(said.length > 0 ? said.slice(glossary.length - room) : [])],
    add(decoding: Decoding): void {
      const text = decoding.tokens.filter((token) => token < tokens.end)
      said = decoding.temperature > MAX_CONTEXT_TEMPERATURE ? [] : [...said, ...text]
    },
  }
}

/** Whisper's measures of the window: means by tokens, the worst of what has no mean. */
function summary(decodings: readonly Decoding[]): RecognizerOutput['decoding'] {
  if (decodings.length === 0) return null
  const steps = decodings.reduce((sum, { tokens }) => sum + tokens.length + 1, 0)
  const logprobs = decodings.reduce(
    (sum, { tokens, avgLogprob }) => sum + (tokens.length + 1) * avgLogprob,
    0,
  )
  return {
    avg_logprob: logprobs / steps,
    no_speech_prob: Math.min(...decodings.map(({ noSpeechProb }) => noSpeechProb)),
    compression_ratio: Math.max(...decodings.map(({ compressionRatio }) => compressionRatio)),
    temperature: Math.max(...decodings.map(({ temperature }) => temperature)),
  }
}
