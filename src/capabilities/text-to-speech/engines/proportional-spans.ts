import type { Boundary, SpokenWord } from '../../../text/utterance'
import type { WordSpan } from '../voice-model'

/** In units of a consonant. */
const vowelWeight = 1.6
const letterWeight = 1.1
const pauseWeights: Record<Boundary, number> = {
  none: 0,
  minor: 2.5,
  statement: 4,
  question: 4,
  exclamation: 4,
}
/** Of the largest sample. */
const silenceShare = 0.02

/**
 * Guesses when each word is said in sound whose network does not tell: the stretch that is not silent is dealt out by the
 * words' phones and pauses. Right to about a syllable.
 */
export function proportionalSpans(
  words: readonly SpokenWord[],
  samples: Float32Array,
  sampleRateHz: number,
): WordSpan[] {
  const { start, end } = soundingPart(samples)
  const weights = words.map((word, index) => ({
    word: weightOf(word),
    pause: index < words.length - 1 ? pauseWeights[word.boundary] : 0,
  }))
  const total = weights.reduce((sum, { word, pause }) => sum + word + pause, 0)
  const secondsPerWeight = (end - start) / sampleRateHz / Math.max(total, 1)
  let at = start / sampleRateHz
  return weights.map(({ word, pause }) => {
    const span = { start: at, end: at + word * secondsPerWeight }
    at = span.end + pause * secondsPerWeight
    return span
  })
}

function weightOf({ phones, spoken }: SpokenWord): number {
  if (phones === null) return [...spoken].length * letterWeight
  return phones.reduce((sum, phone) => sum + (/\d$/.test(phone) ? vowelWeight : 1), 0)
}

function soundingPart(samples: Float32Array): { start: number; end: number } {
  let peak = 0
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample))
  const sounds = (sample: number) => Math.abs(sample) > peak * silenceShare
  const start = samples.findIndex(sounds)
  return start < 0 ? { start: 0, end: 0 } : { start, end: samples.findLastIndex(sounds) + 1 }
}
