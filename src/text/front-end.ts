import { createLanguages, type Language } from './language'
import { sourceRange, type Passage } from './passage'
import { plainPassages } from './plain-text'
import { createEntryFinder, type PronunciationEntry } from './pronunciation/entries'
import type { Lexicon } from './pronunciation/lexicon'
import { createPronouncer, type LetterToSound } from './pronunciation/pronounce'
import { sentencesOf } from './sentences'
import { splitLong } from './split-long'
import { readSentence, spokenWords, type ReadStretch } from './spoken-words'
import { ssmlPassages } from './ssml/passages'
import type { Phone, SpokenWord, Utterance } from './utterance'

export interface AnalyseOptions {
  /** BCP 47; the region decides over dates, money and the like. Default `en-US`. */
  language?: string
  /** Whether the text is SSML 1.1; else it may hold `[pause:1.5s]`. */
  ssml?: boolean
  /** The user's own; they win over everything else. */
  pronunciations?: readonly PronunciationEntry[]
  /** Default `drop`. */
  emoji?: 'drop' | 'name'
  /** Longer sentences are said in several utterances; counted in characters as spoken. Default 250. */
  maxUtteranceCharacters?: number
  /** Pitch of the voice, by which pitches in Hz become semitones. Default 165. */
  voicePitchHz?: number
  /** Something that could not be done as asked, for the user to read. */
  onWarning?(message: string): void
  /** A `<mark>`: it stands before the word whose source begins at or after this offset in the input. */
  onMark?(name: string, sourceOffset: number): void
}

export interface TextFrontEnd {
  /**
   * What a text says, utterance by utterance; read no further than is asked for. A text that says nothing gives none.
   * @throws AppError `invalid_parameter` for SSML that is broken or not supported, with line and column.
   */
  analyse(text: string, options?: AnalyseOptions): AsyncGenerator<Utterance, void, undefined>
}

/** Turns text into words with phones, boundaries, pauses and prosody. */
export function createTextFrontEnd(dependencies: {
  lexicon: Lexicon
  letterToSound: LetterToSound
}): TextFrontEnd {
  const { lexicon } = dependencies
  const languageOf = createLanguages((word) => lexicon.has(word))
  const pronouncer = createPronouncer(lexicon, dependencies.letterToSound)

  /** Phones by stretch and word; null for the words of other languages than the lexicon's. */
  async function pronounce(stretches: readonly ReadStretch[]): Promise<(readonly Phone[] | null)[][]> {
    const british = stretches.some(({ language }) => /^en-(?:GB|AU|IN)$/.test(language.data.tag))
    const phones = await pronouncer.sentence(
      stretches.flatMap(({ words }) => words),
      british,
    )
    let next = 0
    return stretches.map(({ words, language }) =>
      words.map((word) => (speaks(language) ? phones[next++]! : (next++, word.phones))),
    )
  }

  function speaks(language: Language): boolean {
    return language.data.tag.split('-')[0] === lexicon.language
  }

  return {
    async *analyse(text, asked = {}) {
      const { language = 'en-US', emoji = 'drop', maxUtteranceCharacters = 250, voicePitchHz = 165 } = asked
      const onWarning = warnOnce(asked.onWarning)
      const entryAt = createEntryFinder(asked.pronunciations ?? [])
      const passages = asked.ssml
        ? ssmlPassages(text, { language, voicePitchHz, onWarning })
        : plainPassages(text, language)

      /** Silence that waits for a word. */
      let waiting = 0
      let held: Utterance | null = null
      for (const passage of passages) {
        for (const mark of passage.marks)
          asked.onMark?.(mark.name, sourceRange(passage.origins, mark.at, mark.at).start)
        const pauses = [...passage.pauses]
        const base = languageOf(passage.styles[0]!.language)
        for (const sentence of sentencesOf(passage.text, base, passage.sentenceEnds, passage.readings)) {
          const read = readSentence(passage, sentence, languageOf, entryAt, emoji)
          const phones = await pronounce(read)
          const stretches = read.filter((stretch, index) => {
            const said = phones[index]!.every((sounds) => sounds === null || sounds.length > 0)
            if (!said)
              onWarning(
                `“${passage.text.slice(stretch.start, stretch.end)}” cannot be said in this language and is left out.`,
              )
            return said
          })
          const kept = phones.filter((_, index) => stretches.includes(read[index]!))
          const words = spokenWords(passage, sentence, stretches, (stretch, word) => kept[stretch]![word]!)
          const until = /\S|$/.exec(passage.text.slice(sentence.end))!.index + sentence.end
          const due = takeUntil(pauses, until === passage.text.length ? Infinity : until)
          waiting += placePauses(words, stretches, due)
          if (words.length === 0) continue
          for (const piece of splitLong(words, maxUtteranceCharacters)) {
            if (held) yield held
            held = {
              words: piece,
              endsParagraph: false,
              ...(waiting > 0 ? { pauseBeforeSeconds: waiting } : {}),
            }
            waiting = 0
          }
        }
        waiting += pauses.reduce((sum, { seconds }) => sum + seconds, 0)
        if (held && passage.endsParagraph) held = { ...held, endsParagraph: true }
      }
      if (held) yield held
    },
  }
}

/** Takes the pauses that stand before an offset off the list. */
function takeUntil(pauses: Passage['pauses'][number][], offset: number): Passage['pauses'] {
  const count = pauses.findIndex(({ at }) => at > offset)
  return pauses.splice(0, count === -1 ? pauses.length : count)
}

/** Puts silences behind the words they follow. Answers the seconds that stand before the first. */
function placePauses(
  words: SpokenWord[],
  stretches: readonly ReadStretch[],
  pauses: Passage['pauses'],
): number {
  let lead = 0
  for (const { at, seconds } of pauses) {
    let word = 0
    for (const { start, words: said } of stretches) {
      if (start >= at) break
      word += said.length
    }
    const before = words[word - 1]
    if (!before) lead += seconds
    else {
      const boundary = before.boundary === 'none' && seconds > 0 ? 'minor' : before.boundary
      words[word - 1] = { ...before, boundary, pauseAfterSeconds: (before.pauseAfterSeconds ?? 0) + seconds }
    }
  }
  return lead
}

function warnOnce(warn: ((message: string) => void) | undefined): (message: string) => void {
  const told = new Set<string>()
  return (message) => {
    if (told.has(message) || told.size >= 50) return
    told.add(message)
    warn?.(message)
  }
}
