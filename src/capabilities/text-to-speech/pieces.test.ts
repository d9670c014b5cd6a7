import { describe, expect, it } from 'vitest'

import { piecesOf } from './pieces'
import { word } from './testing/words'

const texts = (pieces: ReturnType<typeof piecesOf>) =>
  pieces.map(({ words }) => words.map(({ spoken }) => spoken).join(' '))

describe('piecesOf', () => {
  it('leaves a sentence whole, with the pause of its mark', () => {
    const [piece, ...rest] = piecesOf({
      words: [word('one', { boundary: 'minor' }), word('two', { boundary: 'question' })],
      endsParagraph: false,
    })
    expect(rest).toEqual([])
    expect(piece).toMatchObject({ pauseSeconds: 0.45, pauseAsked: false, endsParagraph: false })
  })

  it('cuts where the text asks for a pause, and not for the shadow of one', () => {
    const words = [word('a', { pauseAfterSeconds: 1.5 }), word('b', { pauseAfterSeconds: 0 }), word('c')]
    const pieces = piecesOf({ words, endsParagraph: true })
    expect(texts(pieces)).toEqual(['a', 'b c'])
    expect(pieces[0]).toMatchObject({ pauseSeconds: 1.5, pauseAsked: true })
    expect(pieces[1]).toMatchObject({ pauseSeconds: 0.85, endsParagraph: true })
  })

  it('a pause that is asked for wins over the paragraph’s', () => {
    const [piece] = piecesOf({ words: [word('a', { pauseAfterSeconds: 0.2 })], endsParagraph: true })
    expect(piece).toMatchObject({ pauseSeconds: 0.2, pauseAsked: true })
  })

  it('cuts what is too long at its last comma, and anywhere where it has none', () => {
    const words = Array.from({ length: 40 }, (_, index) =>
      word('letters', { boundary: index === 12 ? 'minor' : 'none' }),
    )
    const lengths = piecesOf({ words, endsParagraph: false }).map((piece) => piece.words.length)
    expect(lengths[0]).toBe(13)
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(40)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(22)
  })

  it('gives nothing for nothing', () => {
    expect(piecesOf({ words: [], endsParagraph: true })).toEqual([])
  })
})
