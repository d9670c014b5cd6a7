import type { TextTokenizer } from '../../../inference/tokenizer'

/** Consecutive tokens `from … to − 1` of a text that make a word. `text` keeps the space before it. */
export interface TokenWord {
  text: string
  from: number
  to: number
}

/** A word with its times in seconds and its tokens' mean probability. */
export interface TimedWord {
  text: string
  start: number
  end: number
  confidence: number
}

/** Languages that are written without spaces between words: every whole character sequence of a token is one. */
export const UNSPACED: ReadonlySet<string> = new Set(['zh', 'ja', 'th', 'lo', 'my', 'yue'])
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
const REPLACEMENT = '\ufffd'
const JOINS_NEXT = '"\'“¿([{-'
const JOINS_PREVIOUS = '"\'.。,，!！?？:：”)]}、'

/** Words of a text's tokens (openai/whisper, `tokenizer.py`, split_to_word_tokens). */
export function splitWords(
  tokens: readonly number[],
  tokenizer: TextTokenizer,
  language: string | null,
): TokenWord[] {
  const characters = splitCharacters(tokens, tokenizer)
  if (language !== null && UNSPACED.has(language)) return characters
  const words: TokenWord[] = []
  for (const part of characters) {
    const last = words.at(-1)
    const begins = part.text.startsWith(' ') || PUNCTUATION.includes(part.text.trim())
    if (!last || begins) words.push({ ...part })
    else {
      last.text += part.text
      last.to = part.to
    }
  }
  return words
}

/** Splits where the tokens so far are whole UTF-8 characters. */
function splitCharacters(tokens: readonly number[], tokenizer: TextTokenizer): TokenWord[] {
  const whole = tokenizer.decode(tokens)
  const parts: TokenWord[] = []
  let from = 0
  let offset = 0
  for (let to = 1; to <= tokens.length; to++) {
    const text = tokenizer.decode(tokens.slice(from, to))
    const broken = text.indexOf(REPLACEMENT)
    // A replacement character that stands in the whole text too is really there.
    if (broken >= 0 && whole[offset + broken] !== REPLACEMENT) continue
    parts.push({ text, from, to })
    offset += text.length
    from = to
  }
  return parts
}

/**
 * Puts punctuation to the word that it belongs to; the word keeps its own times (openai/whisper, `timing.py`,
 * merge_punctuations). Text comes out without spaces around it, words of nothing are dropped.
 */
export function joinPunctuation(words: readonly TimedWord[]): TimedWord[] {
  const joined: TimedWord[] = []
  let opening = ''
  for (const word of words) {
    const bare = word.text.trim()
    const previous = joined.at(-1)
    if (word.text.startsWith(' ') && bare !== '' && JOINS_NEXT.includes(bare)) opening += bare
    else if (previous && opening === '' && word.text === bare && JOINS_PREVIOUS.includes(bare))
      previous.text += bare
    else if (bare !== '') {
      joined.push({ ...word, text: opening + bare })
      opening = ''
    }
  }
  const last = joined.at(-1)
  if (last && opening !== '') last.text += ` ${opening}`
  return joined
}

/** A stretch of audio that the model gave times to, with the tokens of its text (indices into the decoding's). */
export interface Segment {
  start: number
  end: number
  from: number
  to: number
}

/** Seconds of one timestamp token, and of one encoder position. */
export const POSITION_SECONDS = 0.02

/**
 * Segments between timestamp tokens, and how far the audio is understood: a text that breaks off after the last pair of
 * timestamps is decoded again from there (openai/whisper, `transcribe.py`).
 *
 * @param seconds Length of the audio without its padding.
 */
export function readSegments(
  tokens: readonly number[],
  firstTimestamp: number,
  seconds: number,
): { segments: Segment[]; consumed: number } {
  const segments: Segment[] = []
  let start = 0
  let from = 0
  const timeOf = (token: number) => Math.min(seconds, (token - firstTimestamp) * POSITION_SECONDS)
  for (const [index, token] of tokens.entries()) {
    if (token < firstTimestamp) continue
    if (index > from) segments.push({ start, end: timeOf(token), from, to: index })
    start = timeOf(token)
    from = index + 1
  }
  const tail = { start, end: seconds, from, to: tokens.length }
  if (tail.from === tail.to) return endsInPair(tokens, firstTimestamp, start, seconds, segments)
  const closed = segments.at(-1)
  // Without any closed segment there is nothing to go on from: the tail is all there is.
  if (!closed) return { segments: [tail], consumed: seconds }
  return { segments, consumed: closed.end }
}

function endsInPair(
  tokens: readonly number[],
  firstTimestamp: number,
  last: number,
  seconds: number,
  segments: Segment[],
): { segments: Segment[]; consumed: number } {
  const pair = tokens.length >= 2 && tokens.slice(-2).every((token) => token >= firstTimestamp)
  return { segments, consumed: pair ? last : seconds }
}
