import type { Language } from './language'
import { normalise, type NormalWord, type SpokenStretch } from './normalise'
import { lastAt, lastIndexAt, sourceRange, type Passage } from './passage'
import { readStretch } from './say-as'
import type { Sentence } from './sentences'
import type { Boundary, Phone, SpokenWord } from './utterance'

/** A stretch of a passage and the words it is read as. */
export interface ReadStretch extends SpokenStretch {
  language: Language
}

/** The stretches of a sentence, offsets in the passage. */
export function readSentence(
  passage: Passage,
  sentence: Sentence,
  languageOf: (tag: string) => Language,
  entryAt: (text: string, at: number) => SpokenStretch | null,
  emoji: 'drop' | 'name',
): ReadStretch[] {
  return runsOf(passage, sentence).flatMap(({ start, end, reading }): ReadStretch[] => {
    const language = languageOf(lastAt(passage.styles, start)!.language)
    const text = passage.text.slice(start, end)
    if (reading) return [{ start, end, words: readStretch(text, reading, language), language }]
    const override = (at: number) => entryAt(text, at)
    return normalise(text, { language, emoji, override }).map((stretch) => ({
      ...stretch,
      start: stretch.start + start,
      end: stretch.end + start,
      language,
    }))
  })
}

/** Parts of a sentence that are read apart: what has a reading of its own, and what is of one language. */
function runsOf({ styles, readings }: Passage, sentence: Sentence) {
  const cuts = new Set([sentence.start, sentence.end])
  const within = (at: number) => at > sentence.start && at < sentence.end
  for (
    let index = lastIndexAt(styles, sentence.start) + 1;
    index <= lastIndexAt(styles, sentence.end);
    index++
  ) {
    const { at, language } = styles[index]!
    if (within(at) && styles[index - 1]!.language !== language) cuts.add(at)
  }
  const first = Math.max(0, lastIndexAt(readings, sentence.start))
  const given = readings.slice(first, lastIndexAt(readings, sentence.end) + 1)
  for (const { at, end } of given) {
    if (within(at)) cuts.add(at)
    if (within(end)) cuts.add(end)
  }
  const bounds = [...cuts].sort((a, b) => a - b)
  return bounds.slice(1).map((end, index) => {
    const start = bounds[index]!
    const reading = given.find((one) => one.at <= start && one.end >= end)?.reading ?? null
    return { start, end, reading }
  })
}

/** The words of a sentence with their place in the input, their prosody and their boundaries. */
export function spokenWords(
  passage: Passage,
  sentence: Sentence,
  stretches: readonly ReadStretch[],
  phonesOf: (stretch: number, word: number) => readonly Phone[] | null,
): SpokenWord[] {
  return stretches.flatMap((stretch, index) => {
    const place = withPunctuation(passage.text, sentence, stretches, index)
    const written = passage.text.slice(place.start, place.end)
    const source = sourceRange(passage.origins, place.start, place.end)
    const prosody = lastAt(passage.styles, stretch.start)!.prosody
    const last = index === stretches.length - 1
    const gap = passage.text.slice(stretch.end, last ? sentence.end : stretches[index + 1]!.start)
    return stretch.words.map(({ text }: NormalWord, at): SpokenWord => ({
      spoken: text,
      written: at === 0 ? written : '',
      source,
      phones: phonesOf(index, at),
      boundary: at < stretch.words.length - 1 ? 'none' : last ? finalBoundary(gap) : innerBoundary(gap),
      pauseAfterSeconds: null,
      prosody,
    }))
  })
}

/** A stretch with the punctuation that touches it; between two that touch, it is the first one's. */
function withPunctuation(
  text: string,
  sentence: Sentence,
  stretches: readonly SpokenStretch[],
  index: number,
) {
  const { start, end } = stretches[index]!
  const before = stretches[index - 1]?.end ?? sentence.start
  const after = stretches[index + 1]?.start ?? sentence.end
  const lead = text.slice(before, start)
  const trail = text.slice(end, after)
  const gap = /\s/.exec(trail)?.index
  const space = /\S*$/.exec(lead)!.index
  const first = index === 0 && !/\s/.test(lead)
  return {
    start: first ? before : /\s/.test(lead) ? before + space : start,
    end: end + (index === stretches.length - 1 ? (gap ?? trail.length) : (gap ?? trail.length)),
  }
}

function innerBoundary(gap: string): Boundary {
  return /[,;:…()[\]—–]|\.{2,}|\s-\s|--|[，、；：،।]/.test(gap)
    ? 'minor'
    : /[.!?]["'”’)]*\s/.test(gap)
      ? 'minor'
      : 'none'
}

function finalBoundary(gap: string): Boundary {
  if (/[?？؟]/.test(gap)) return 'question'
  if (/[!！]/.test(gap)) return 'exclamation'
  return /[,;:—–-]["'”’]?$/.test(gap) ? 'minor' : 'statement'
}
