import { createTextFrontEnd } from '../../../../text/front-end'
import { phoneToIpa } from '../../../../text/phonemes'
import { letterName } from '../../../../text/pronunciation/letter-names'
import { loadEnglishLexicon } from '../../../../text/pronunciation/lexicon'
import type { Boundary, SpokenWord } from '../../../../text/utterance'

/** What a line becomes, and what of it could not be read. */
export interface SungLine {
  tokens: number[]
  unread: string[]
}

const marks: Record<Boundary, string> = {
  ...{ none: '', minor: ',', statement: ',' },
  ...{ question: '?', exclamation: '!' },
}
const betweenWords = '_'
/** Letters of other scripts than ours. */
const otherLetters = /[^\P{L}\p{Script=Latin}]+/gu
const endOfLine = '.'

/** Reads lines of English with the product's own pronunciation, into the numbers of a vocabulary of IPA. */
export async function createLyricReader(
  vocabulary: ReadonlyMap<string, number>,
): Promise<(line: string) => Promise<SungLine>> {
  const letterToSound = (word: string) => [...word].flatMap((letter) => letterName(letter, false) ?? [])
  const frontEnd = createTextFrontEnd({
    lexicon: await loadEnglishLexicon(),
    letterToSound: (word) => Promise.resolve(letterToSound(word)),
  })
  return async (line) => {
    const words: SpokenWord[] = []
    for await (const utterance of frontEnd.analyse(line)) words.push(...utterance.words)
    const read = words.filter(({ phones }) => phones !== null)
    const written = read.flatMap(({ phones, boundary }, index) => [
      ...inVocabulary(phones!.map(ipaOf), vocabulary),
      ...(index === read.length - 1 ? [] : [marks[boundary] || betweenWords]),
    ])
    return {
      tokens: [...written, endOfLine].flatMap((symbol) => numberOf(symbol, vocabulary)),
      unread: line.match(otherLetters) ?? [],
    }
  }
}

/** Without stress marks, which the vocabulary lacks. */
function ipaOf(phone: string): string {
  return phoneToIpa(phone).replace(/[ˈˌ]/g, '')
}

/** 0 stands for nothing. */
function numberOf(symbol: string, vocabulary: ReadonlyMap<string, number>): number[] {
  const number = vocabulary.get(symbol)
  return number === undefined ? [] : [number + 1]
}

/** Sounds that the vocabulary knows as one, such as `tɹ` and `ɑːɹ`, are written as one. */
function inVocabulary(sounds: readonly string[], vocabulary: ReadonlyMap<string, number>): string[] {
  const symbols: string[] = []
  for (const sound of sounds) {
    const both = `${symbols.at(-1) ?? ''}${sound}`
    if (symbols.length > 0 && vocabulary.has(both)) symbols[symbols.length - 1] = both
    else symbols.push(sound)
  }
  return symbols
}
