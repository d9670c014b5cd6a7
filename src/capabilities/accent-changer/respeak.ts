import { join } from 'node:path'

import { loadEnglishLexicon, type Lexicon } from '../../text/pronunciation/lexicon'
import type { Transcript, TranscriptWord } from '../../transcript/transcript'
import type { CapabilityTask, HandlerContext } from '../capability'
import type { AccentChangerParameters } from './index'
import { pronounce } from './pronounce'

/** A stretch of words without a pause, which keeps its place. Times are seconds. */
export interface Phrase {
  start: number
  end: number
  speaker: string | null
  /** What is to be said, as SSML with a pronunciation for every word that the lexicon knows. */
  ssml: string
  words: SpokenAs[]
}

export interface SpokenAs {
  start: number
  end: number
  word: string
  /** ARPAbet; null where the word is left to the voice. */
  phones: string | null
  /** Whether the accent says it otherwise than the dictionary. */
  changed: boolean
}

/** Pauses that end a phrase, and how long one may be: words keep nearer to their times in short ones. */
const pauseSeconds = 0.15
const maxPhraseSeconds = 4
const maxPhraseWords = 16

/** A recording that was spoken anew. */
export interface Respoken {
  path: string
  words: SpokenAs[]
  /** Of the original. */
  waveform: number[]
  warnings: unknown
}

/**
 * Says the whole recording anew: words with the accent's phones by the speech model, in time with the original and in
 * the speaker's own voice, by the dubbing capability.
 */
export async function respeak(
  { input, parameters, outputDir }: CapabilityTask<AccentChangerParameters>,
  transcript: Transcript,
  context: HandlerContext,
): Promise<Respoken> {
  const phrases = phrasesOf(transcript, await loadEnglishLexicon(), parameters)
  const { output, waveform, details } = await context.runCapability(
    {
      capability: 'dubbing',
      model: 'dub_mo2',
      input,
      parameters: {
        ...{ source_language: 'en', target_language: 'en', ssml: true },
        ...{ keep_background: false, subtitles: false },
        segments: phrases.map(({ start, end, speaker, ssml }) => ({ start, end, speaker, text: ssml })),
      },
      outputDir: join(outputDir, 'respoken'),
    },
    context.progress,
  )
  return {
    ...{ path: output.path, words: phrases.flatMap(({ words }) => words) },
    ...{ waveform: waveform.input, warnings: details?.warnings ?? [] },
  }
}

/** The phrases of a transcript, as an accent says them. */
export function phrasesOf(
  transcript: Transcript,
  lexicon: Lexicon,
  parameters: Pick<AccentChangerParameters, 'target_accent' | 'strength'>,
): Phrase[] {
  const groups: { speaker: string | null; words: TranscriptWord[] }[] = []
  const spoken = transcript.segments
    .flatMap(({ words, speaker }) => words.map((word) => ({ word, speaker })))
    .sort((a, b) => a.word.start - b.word.start)
  for (const { word, speaker } of spoken) {
    const group = groups.at(-1)
    const last = group?.words.at(-1)
    const goesOn =
      group &&
      last &&
      group.speaker === speaker &&
      group.words.length < maxPhraseWords &&
      word.start - last.end < pauseSeconds &&
      word.end - group.words[0]!.start < maxPhraseSeconds
    if (goesOn) group.words.push(word)
    else groups.push({ speaker, words: [word] })
  }
  const phrases: Phrase[] = []
  for (const { speaker, words } of groups) {
    const start = Math.max(words[0]!.start, phrases.at(-1)?.end ?? 0)
    const end = words.at(-1)!.end
    if (end <= start) continue
    const said = words.map((word) => spokenAs(word, lexicon, parameters))
    phrases.push({ start, end, speaker, ssml: `<speak>${said.map(ssmlOf).join(' ')}</speak>`, words: said })
  }
  return phrases
}

function spokenAs(
  { text, start, end }: TranscriptWord,
  lexicon: Lexicon,
  { target_accent: accent, strength }: Pick<AccentChangerParameters, 'target_accent' | 'strength'>,
): SpokenAs {
  const word = text.replaceAll('’', "'")
  const spelling = word.toLowerCase().replaceAll(/^[^a-z]+|[^a-z]+$/g, '')
  const usual = lexicon.pronunciations(spelling)[0]
  if (!usual) return { start, end, word, phones: null, changed: false }
  const phones = pronounce(spelling, usual, accent, strength).join(' ')
  return { start, end, word, phones, changed: phones !== usual.join(' ') }
}

function ssmlOf({ word, phones }: SpokenAs): string {
  const text = word.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  if (phones === null) return text
  const mark = /[.,!?;:]+$/.exec(word)?.[0] ?? ''
  const bare = text.slice(0, text.length - mark.length)
  return `<phoneme alphabet="x-arpabet" ph="${phones}">${bare}</phoneme>${mark}`
}
