import { readFile } from 'node:fs/promises'
import type { ModelFiles } from '../../../inference/engine'
import { readArpa } from '../decoding/arpa-reader'
import type { Emissions } from '../decoding/emissions'
import { decodeGreedy } from '../decoding/greedy'
import { createKeyterms } from '../decoding/keyterms'
import { guessPronunciations } from '../decoding/letter-phones'
import { readLexicon } from '../decoding/lexicon'
import { createLexiconDecoder, type PhraseEntry } from '../decoding/lexicon-beam'
import type { Pace } from '../decoding/pacing'
import type { NgramModel } from '../decoding/ngram-model'
import { decodePrefixBeam } from '../decoding/prefix-beam'
import { createTokenSet, readTokens, spellWord, type TokenSet } from '../decoding/token-set'
import { createWordModel } from '../decoding/word-model'
import type { CtcOptions } from './ctc-options'

/** A word with the token sequences that may say it. */
export interface SpelledWord {
  text: string
  spellings: readonly ArrayLike<number>[]
}

/** How a network's tokens become words, and words tokens. */
export interface CtcText {
  tokenSet: TokenSet
  /** Token that may stand between words; −1: none. */
  between: number
  /** Ways to say a written word; none where nothing of it can be said. */
  spell(word: string): readonly ArrayLike<number>[]
  decode(emissions: Emissions, keyterms: readonly string[], pace: Pace): Promise<SpelledWord[]>
  bytes: number
}

/** Reads tokens, lexicon and language model of a model of the engine `ctc`. */
export async function loadCtcText(model: ModelFiles, options: CtcOptions): Promise<CtcText> {
  const pieces = readTokens(await readFile(model.path(options.tokens), 'utf8'))
  const blank = options.topology === 'ctc' ? options.blank : null
  const tokenSet = createTokenSet(pieces, { blank, wordDelimiter: options.word_boundary })
  return options.lexicon === undefined
    ? loadSpellingText(model, options, inCase(pieces, tokenSet, options))
    : loadLexiconText(model, options, tokenSet, options.lexicon)
}

/** The same tokens, written in the case that the model's text shall have. */
function inCase(pieces: readonly string[], tokenSet: TokenSet, options: CtcOptions): TokenSet {
  if (options.case === 'keep') return tokenSet
  const change = (text: string) => (options.case === 'lower' ? text.toLowerCase() : text.toUpperCase())
  const changed = createTokenSet(
    pieces.map((piece, index) => (tokenSet.texts[index] === '' ? piece : change(piece))),
    { blank: tokenSet.blank < 0 ? null : tokenSet.blank, wordDelimiter: options.word_boundary },
  )
  return changed
}

/** Networks that spell: greedy, or a prefix beam search where a language model or keyterms have a say. */
async function loadSpellingText(
  model: ModelFiles,
  options: CtcOptions,
  tokenSet: TokenSet,
): Promise<CtcText> {
  const lm = options.lm === undefined ? null : createWordModel(await readArpa(model.path(options.lm)))
  const spell = (word: string): number[][] => {
    const known = [...word.normalize('NFC')]
      .map((letter) =>
        [letter, letter.toLowerCase(), letter.toUpperCase()].find((form) => tokenSet.find(form) >= 0),
      )
      .join('')
    const spelling = known === '' ? null : spellWord(tokenSet, known)
    return spelling ? [spelling] : []
  }
  const spellTerm = (term: string): number[] =>
    wordsOfTerm(term).flatMap((word) => [
      ...(tokenSet.delimiter < 0 ? [] : [tokenSet.delimiter]),
      ...(spell(word)[0] ?? []),
    ])
  return {
    tokenSet,
    between: tokenSet.delimiter,
    spell,
    async decode(emissions, terms, pace) {
      const search = lm !== null || terms.length > 0
      const keyterms = createKeyterms(terms.map(spellTerm), {
        boost: options.keyterm_boost,
        startsWord: (token) => token === tokenSet.delimiter || tokenSet.startsWord[token] === 1,
        ...(tokenSet.delimiter < 0 ? {} : { delimiter: tokenSet.delimiter }),
      })
      const { words } = search
        ? await decodePrefixBeam(emissions, tokenSet, { lm, keyterms }, prefixOptions(options), pace)
        : decodeGreedy(emissions, tokenSet)
      return words.map(({ text, tokens }) => ({ text, spellings: [tokens] }))
    },
    bytes: lm?.bytes ?? 0,
  }
}

function prefixOptions(options: CtcOptions) {
  return {
    beamSize: options.beam,
    beamThreshold: options.beam_threshold,
    tokenThreshold: -8,
    lmWeight: options.lm_weight / Math.LN10,
    wordScore: options.word_score,
    unknownScore: options.unknown_score,
  }
}

/** Networks that say phones: words come from a lexicon; what it lacks is pronounced by letter rules. */
async function loadLexiconText(
  model: ModelFiles,
  options: CtcOptions,
  tokenSet: TokenSet,
  lexiconFile: string,
): Promise<CtcText> {
  const lexicon = await readLexicon(model.path(lexiconFile), tokenSet.find)
  const lm = options.lm === undefined ? null : await readArpa(model.path(options.lm))
  const silence = options.silence === null ? tokenSet.delimiter : tokenSet.find(options.silence)
  // ARPA files hold log10 probabilities; the model reads them as natural logarithms.
  const lmWeight = options.lm_weight / Math.LN10
  const strangeness = lm === null ? null : strangenessIn(lm)
  const decoder = createLexiconDecoder(lexicon, lm, {
    topology: options.topology,
    blank: tokenSet.blank,
    silence,
    beamSize: options.beam,
    beamThreshold: options.beam_threshold,
    lmWeight,
    wordScore: options.word_score,
    silenceScore: options.silence_score,
  })
  const spell = (word: string): readonly ArrayLike<number>[] => {
    const bare = word
      .toLowerCase()
      .replace(/’/g, "'")
      .replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '')
    const known = [word, bare].map((form) => lexicon.find(form)).find((spellings) => spellings.length > 0)
    if (known) return known
    return guessPronunciations(bare)
      .map((phones) => phones.map((phone) => tokenSet.find(phone)))
      .filter((tokens) => tokens.every((token) => token >= 0))
  }
  const termEntries = (term: string): PhraseEntry[] => {
    const texts = wordsOfTerm(term)
    const words = texts.map((text) => text.toLowerCase())
    const rarity = strangeness ? lmWeight * sumOf(words.map(strangeness)) : 0
    return spellingsOfPhrase(texts.map(spell)).map((spellings) => ({
      words,
      texts,
      spellings,
      bonus: options.keyterm_boost * sumOf(spellings.map(({ length }) => length)) + rarity,
    }))
  }
  return {
    tokenSet,
    between: silence,
    spell,
    async decode(emissions, terms, pace) {
      const { words } = await decoder.decode(emissions, pace, terms.flatMap(termEntries))
      return words.map(({ text, tokens }) => ({ text, spellings: [tokens] }))
    },
    bytes: decoder.bytes,
  }
}

/**
 * What takes a word that the language model does not know from the place that the model gives to all unknown words
 * together, which may be a likely or an impossible one, to that of its rarest word. 0 for words that it knows.
 */
function strangenessIn(lm: NgramModel): (word: string) => number {
  let rarest = 0
  for (const id of lm.words.keys()) {
    const score = lm.score(lm.empty, id)
    if (score > MARKER_SCORE) rarest = Math.min(rarest, score)
  }
  const correction = rarest - lm.score(lm.empty, lm.unknown)
  return (word) => (lm.word(word) === lm.unknown ? correction : 0)
}

/** `<s>` stands in ARPA files with 10⁻⁹⁹, which says that nothing is followed by it. */
const MARKER_SCORE = -50 * Math.LN10

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function wordsOfTerm(term: string): string[] {
  return term.split(/\s+/).filter((word) => word !== '')
}

/** At most this many ways to say a whole phrase are tried. */
const MAX_PHRASES = 16

/** Every choice of one spelling a word. */
function spellingsOfPhrase(words: readonly (readonly ArrayLike<number>[])[]): ArrayLike<number>[][] {
  let phrases: ArrayLike<number>[][] = [[]]
  for (const spellings of words) {
    phrases = phrases
      .flatMap((phrase) => spellings.map((spelling) => [...phrase, spelling]))
      .slice(0, MAX_PHRASES)
  }
  return phrases.filter((phrase) => phrase.length > 0)
}
