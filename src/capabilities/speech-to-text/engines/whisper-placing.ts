import { AppError } from '../../../platform/errors'
import type { JobContext } from '../../../inference/engine'
import type { RecognizerInput, RecognizerOutput } from '../recognizer'
import type { Decoding } from './whisper-decode'
import { spreadWords } from './whisper-energy'
import {
  encodeAudio,
  languageCode,
  POSITION_SAMPLES,
  windowSamples,
  type WhisperModel,
} from './whisper-model'
import { findLanguage, type WhisperPrefix } from './whisper-prefix'
import { logSumExp } from './whisper-rules'
import { alignRows } from './whisper-timing'
import {
  joinPunctuation,
  POSITION_SECONDS,
  splitWords,
  UNSPACED,
  type Segment,
  type TimedWord,
} from './whisper-words'

/* Where words lie in time: of a text that the decoder wrote, and of a script that is given. */

/** No word is longer than this many times the median where a sentence begins or ends: that is a pause. */
const LONGEST_WORD = 2
const LONGEST_MEDIAN_SECONDS = 0.7
const SENTENCE_ENDS = '.。!！?？'

interface Written {
  prefix: WhisperPrefix
  decoding: Decoding
  segments: readonly Segment[]
  /** Loudness by frames of 20 ms. */
  frames: Float32Array
  samples: Float32Array
  language: string | null
}

/**
 * Words of a decoding with their times: by cross attention where the export gives it; otherwise spread over their
 * timestamped segment. Confidence is the mean probability of a word's tokens either way.
 */
export function timedWords(model: WhisperModel, written: Written): TimedWord[] {
  const { decoding, segments, frames, language } = written
  const startOf = model.network.attends ? tokenTimes(model, written) : null
  const words = segments.flatMap((segment) => {
    const parts = splitWords(decoding.tokens.slice(segment.from, segment.to), model.tokenizer, language)
    const spread = startOf ? [] : spreadWords(parts, segment, frames)
    return parts.map(({ text, from, to }, index) => {
      const logprobs = decoding.logprobs.slice(segment.from + from, segment.from + to)
      const confidence = logprobs.reduce((sum, value) => sum + Math.exp(value), 0) / logprobs.length
      const times = spread[index] ?? {
        start: startOf!(segment.from + from),
        end: startOf!(segment.from + to),
      }
      return { text, ...times, confidence }
    })
  })
  if (startOf) shortenAtSentences(words)
  return joinPunctuation(words)
}

/** Start of each token in seconds, by the cross attention of the steps that predicted it. */
function tokenTimes({ config }: WhisperModel, { prefix, decoding, segments, samples }: Written) {
  // The prefix' last step is the decoding's first.
  const before = prefix.attention.slice(0, -1)
  const attention = [...before, ...decoding.attention]
  // The token after a segment takes part: the pause before the next segment is its.
  const placed = segments.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, n) => from + n))
  const path = placed.map((token) => before.length + token).filter((row) => row < attention.length)
  const used = usedPositions(samples)
  const starts = alignRows(attention, config.alignmentHeads.length, config.audioPositions, used, path)
  const indexOf = new Map(placed.map((token, index) => [token, index]))
  return (token: number) => (starts[indexOf.get(token)!] ?? used) * POSITION_SECONDS
}

function usedPositions(samples: Float32Array): number {
  return Math.max(1, Math.floor(samples.length / POSITION_SAMPLES))
}

/** Dynamic time warping gives pauses to the words beside them (openai/whisper, `timing.py`). */
function shortenAtSentences(words: TimedWord[]): void {
  const durations = words.map(({ start, end }) => end - start).filter((duration) => duration > 0)
  if (durations.length === 0) return
  durations.sort((a, b) => a - b)
  const middle = durations.length >> 1
  const median =
    durations.length % 2 === 1 ? durations[middle]! : (durations[middle - 1]! + durations[middle]!) / 2
  const longest = LONGEST_WORD * Math.min(LONGEST_MEDIAN_SECONDS, median)
  for (const [index, word] of words.entries()) {
    if (index === 0 || word.end - word.start <= longest) continue
    if (SENTENCE_ENDS.includes(word.text)) word.end = word.start + longest
    else if (SENTENCE_ENDS.includes(words[index - 1]!.text)) word.start = word.end - longest
  }
}

/** Finds the times of words that are given: the decoder reads them all at once, and tells where it looked. */
export async function alignScript(
  model: WhisperModel,
  input: RecognizerInput,
  script: readonly string[],
  job: JobContext,
): Promise<RecognizerOutput> {
  const { config, tokens, network } = model
  if (!network.attends) {
    throw refused(
      `The model “${model.id}” does not give the times of words, so it cannot align a script. ` +
        'Choose a Whisper model whose name ends in “timestamped”, or a CTC model.',
    )
  }
  if (input.samples.length > windowSamples(config)) {
    throw refused('The window is longer than the model’s: cut the audio and the script into shorter ones.')
  }
  const audio = await encodeAudio(model, input.samples)
  job.signal.throwIfAborted()
  const language = languageCode(model, input.language) ?? (await findLanguage(network, config, tokens, audio))
  const steering = language === null ? [] : [tokens.languages.get(language)!, tokens.transcribe]
  const before = [tokens.start, ...steering, tokens.noTimestamps]
  const pieces = script.map((word) =>
    model.tokenizer.encode(language !== null && UNSPACED.has(language) ? word : ` ${word}`),
  )
  const text = pieces.flat()
  if (before.length + text.length + 1 > config.textPositions) {
    throw refused('There are more words in the script than the model can take for one window of audio.')
  }
  const step = await network.start(audio, [...before, ...text, tokens.end])
  // Each token is predicted by the step before it; the last row of the path is that of the end.
  const path = Array.from({ length: text.length + 1 }, (_, n) => before.length - 1 + n)
  const used = usedPositions(input.samples)
  const { alignmentHeads, audioPositions, vocabulary } = config
  const starts = alignRows(step.attention, alignmentHeads.length, audioPositions, used, path)
  const probabilities = text.map((token, index) => {
    const row = (before.length - 1 + index) * vocabulary
    // Among words only, as no other token may stand there.
    const logits = step.logits.subarray(row, row + tokens.end)
    return Math.exp(logits[token]! - logSumExp(logits))
  })
  let from = 0
  const words = script.map((word, index) => {
    const to = from + pieces[index]!.length
    const own = probabilities.slice(from, to)
    const timed = {
      text: word,
      start: starts[from]! * POSITION_SECONDS,
      end: starts[to]! * POSITION_SECONDS,
      confidence: own.length === 0 ? 0 : own.reduce((sum, value) => sum + value, 0) / own.length,
    }
    from = to
    return timed
  })
  return { words, language: language ?? 'en', decoding: null }
}

function refused(message: string): AppError {
  return new AppError('invalid_parameter', { message, details: { parameter: 'script' } })
}
