import { z } from 'zod'
import { AppError } from '../../../platform/errors'

/**
 * The tokens of an acoustic network and how text is made of them. Words are parted either by a token of their own
 * (`|` of Wav2Vec2) or by a mark on a word's first token (`▁` of SentencePiece).
 */
export interface TokenSet {
  size: number
  /** The CTC blank; −1 where the network has none. */
  blank: number
  /** The token between words; −1 where words are marked by their first token. */
  delimiter: number
  /** What a token writes, without the word mark; '' for tokens that write nothing (`<s>`, `<unk>`). */
  texts: readonly string[]
  /** 1 where a token begins a word. */
  startsWord: Uint8Array
  /** Index of a token by its spelling in the file; −1 when there is none. */
  find(piece: string): number
}

export interface TokenSetOptions {
  /** The blank's spelling or index; null where the network has none. */
  blank: string | number | null
  /** Spelling of the token between words. Default: none, words begin with `▁`. */
  wordDelimiter?: string | null
}

const WORD_MARK = '▁'

/** @throws AppError `model_corrupt` where the blank or the delimiter is not among the tokens. */
export function createTokenSet(pieces: readonly string[], options: TokenSetOptions): TokenSet {
  const indices = new Map(pieces.map((piece, index) => [piece, index]))
  const named = (name: string | number | null | undefined): number => {
    if (name === null || name === undefined) return -1
    const index = typeof name === 'number' ? name : (indices.get(name) ?? -1)
    if (index >= 0 && index < pieces.length) return index
    throw new AppError('model_corrupt', { message: `The token “${name}” is not among the model’s tokens.` })
  }
  const blank = named(options.blank)
  const delimiter = named(options.wordDelimiter)
  const special = (piece: string, index: number) =>
    index === blank || index === delimiter || /^(<.+>|\[[A-Z]+\])$/.test(piece)
  const marked = delimiter < 0
  return {
    size: pieces.length,
    blank,
    delimiter,
    texts: pieces.map((piece, index) =>
      special(piece, index) ? '' : marked ? piece.replace(WORD_MARK, '') : piece,
    ),
    startsWord: Uint8Array.from(pieces, (piece) => (marked && piece.startsWith(WORD_MARK) ? 1 : 0)),
    find: (piece) => indices.get(piece) ?? -1,
  }
}

/** Token lists as they are published: `vocab.json` (`{"a": 5}`), or lines `a` or `a 5`. */
export function readTokens(text: string): string[] {
  const entries = text.trimStart().startsWith('{') ? jsonEntries(text) : lineEntries(text)
  const pieces: string[] = []
  for (const [piece, index] of entries) pieces[index] = piece
  for (let index = 0; index < pieces.length; index++) pieces[index] ??= `<unused-${index}>`
  if (pieces.length === 0)
    throw new AppError('model_corrupt', { message: 'The model’s token list is empty.' })
  return pieces
}

const vocabSchema = z.record(z.string(), z.int().nonnegative().max(1_000_000))

function jsonEntries(text: string): [string, number][] {
  try {
    return Object.entries(vocabSchema.parse(JSON.parse(text)))
  } catch (cause) {
    throw new AppError('model_corrupt', { message: 'The model’s token list is not valid.', cause })
  }
}

function lineEntries(text: string): [string, number][] {
  const lines = text.split(/\r?\n/)
  while (lines.length > 0 && lines.at(-1) === '') lines.pop()
  return lines.map((line, row) => {
    const numbered = /^(.*?)[ \t]+(\d+)$/.exec(line)
    return numbered ? [numbered[1]!, Number(numbered[2])] : [line, row]
  })
}

/**
 * Writes a word with the tokens of a set: longest pieces first. Null where a letter has no token. A sentence-piece
 * model may cut the word otherwise; for keyterms and alignment any spelling that the network knows will do, and an
 * engine that has the model's own tokenizer uses that.
 */
export function spellWord(tokens: TokenSet, word: string): number[] | null {
  const marked = tokens.delimiter < 0
  const text = marked ? WORD_MARK + word : word
  const spelling: number[] = []
  for (let at = 0; at < text.length;) {
    let end = text.length
    while (end > at && tokens.find(text.slice(at, end)) < 0) end--
    if (end === at) return null
    spelling.push(tokens.find(text.slice(at, end)))
    at = end
  }
  return spelling
}
