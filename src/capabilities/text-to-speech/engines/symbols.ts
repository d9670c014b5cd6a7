import type { Boundary, SpokenWord } from '../../../text/utterance'

/** Words as the numbers that a network reads. */
export interface SymbolSequence {
  ids: number[]
  /** Which of them are each word's own, without the punctuation behind it. */
  words: { start: number; end: number }[]
  /** Whether number `index` of the sequence is a pause or a mark. */
  silent(index: number): boolean
}

/** How a network writes words down. */
export interface SymbolSet {
  size: number
  reads(word: SpokenWord): boolean
  /** Words that it cannot read are left out; their range is empty. */
  encode(words: readonly SpokenWord[]): SymbolSequence
}

const marks: Record<Boundary, string> = {
  none: '',
  minor: ',',
  statement: '.',
  question: '?',
  exclamation: '!',
}

/** A sequence never ends without a mark: networks have not seen that. */
function markAfter({ boundary }: SpokenWord, last: boolean): string {
  return marks[last && boundary === 'none' ? 'minor' : boundary]
}

/** What marks are replaced with in sets that lack them. */
const otherMarks: Record<string, string> = { '?': '.', '!': '.', '.': ',', ',': 'pau' }

/**
 * A set of ARPAbet phones and marks, one a line; a phone's number is its line's. A space (or `<space>`) separates words
 * where the set has one, `pau` is silence and begins the sequence, `~` ends it.
 *
 * @throws RangeError where the set holds no phones.
 */
export function phoneSymbols(text: string): SymbolSet {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/)
  const ids = new Map(lines.map((line, id) => [line, id]))
  const separator = ids.get(' ') ?? ids.get('<space>')
  const silence = ids.get('pau')
  const end = ids.get('~')
  if (!lines.some((line) => /^[A-Z]{1,2}\d?$/.test(line)))
    throw new RangeError('the symbol set has no phones')

  /** The phone itself, or the same one with another stress. */
  const phoneId = (phone: string): number | undefined => {
    const bare = phone.replace(/\d$/, '')
    const candidates = [phone, bare, ...['1', '0', '2'].map((stress) => bare + stress)]
    return candidates.map((name) => ids.get(name)).find((id) => id !== undefined)
  }
  const markId = (mark: string): number | undefined => {
    for (let name: string | undefined = mark; name; name = otherMarks[name]) {
      const id = ids.get(name)
      if (id !== undefined) return id
    }
    return undefined
  }
  return {
    size: lines.length,
    reads: ({ phones }) => phones?.every((phone) => phoneId(phone) !== undefined) ?? false,
    encode(words) {
      const sequence = createSequence()
      if (silence !== undefined) sequence.mark(silence)
      for (const [index, word] of words.entries()) {
        if (index > 0 && separator !== undefined) sequence.mark(separator)
        sequence.word((word.phones ?? []).flatMap((phone) => phoneId(phone) ?? []))
        const mark = markId(markAfter(word, index === words.length - 1))
        if (mark !== undefined) sequence.mark(mark)
      }
      if (end !== undefined) sequence.mark(end)
      return sequence.done()
    },
  }
}

const nvidiaCharacters = `_-!'(),.:;? ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz`
/** Behind the characters come 84 ARPAbet symbols, which the published checkpoint was not trained on. */
const nvidiaSize = 148

/** English letters as NVIDIA's Tacotron2 reads them (`tacotron2/text/symbols.py` of DeepLearningExamples). */
export function nvidiaEnglishSymbols(): SymbolSet {
  const ids = new Map(Array.from(nvidiaCharacters, (character, id) => [character, id]))
  const spelled = ({ spoken }: SpokenWord) => Array.from(foldLetters(spoken))
  return {
    size: nvidiaSize,
    reads: (word) =>
      spelled(word).every((character) => ids.has(character)) && /[a-z]/.test(foldLetters(word.spoken)),
    encode(words) {
      const sequence = createSequence()
      for (const [index, word] of words.entries()) {
        if (index > 0) sequence.mark(ids.get(' ')!)
        sequence.word(spelled(word).flatMap((character) => ids.get(character) ?? []))
        const mark = markAfter(word, index === words.length - 1)
        if (mark) sequence.mark(ids.get(mark)!)
      }
      return sequence.done()
    },
  }
}

/** Lower case, without accents: “Café” as “cafe”. */
function foldLetters(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').replaceAll('’', "'").toLowerCase()
}

function createSequence() {
  const ids: number[] = []
  const silences = new Set<number>()
  const words: { start: number; end: number }[] = []
  return {
    word(own: number[]) {
      words.push({ start: ids.length, end: ids.length + own.length })
      ids.push(...own)
    },
    mark(id: number) {
      silences.add(ids.length)
      ids.push(id)
    },
    done: (): SymbolSequence => ({ ids, words, silent: (index) => silences.has(index) }),
  }
}
