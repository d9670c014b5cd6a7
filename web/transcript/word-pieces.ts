import type { TranscriptSegment } from '~/api/types'

/** Text of a segment: a word, or what stands between words. */
export interface Piece {
  text: string
  /** Index of the word; null for what stands between. */
  word: number | null
}

/** The segment's own text cut at its words, so that languages without spaces get none. */
export function wordPieces({ text, words }: Pick<TranscriptSegment, 'text' | 'words'>): Piece[] {
  const pieces: Piece[] = []
  let position = 0
  words.forEach((word, index) => {
    const found = text.indexOf(word.text, position)
    const gap = found < 0 ? ' ' : text.slice(position, found)
    if (gap !== '' && (found >= 0 || index > 0)) pieces.push({ text: gap, word: null })
    pieces.push({ text: word.text, word: index })
    if (found >= 0) position = found + word.text.length
  })
  if (position < text.length) pieces.push({ text: text.slice(position), word: null })
  return pieces
}
