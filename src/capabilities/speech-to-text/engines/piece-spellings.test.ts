import { describe, expect, it } from 'vitest'
import { createTokenSet } from '../decoding/token-set'
import { pieceSpellings } from './piece-spellings'

const pieces = ['<unk>', '▁', '▁se', 'a', 's', 'e', '▁sea', 'ea', '<blk>']
const tokenSet = createTokenSet(pieces, { blank: '<blk>' })
const written = (word: string) =>
  pieceSpellings(tokenSet, word).map((spelling) => spelling.map((token) => pieces[token]).join(' '))

describe('spellings of a word', () => {
  it('are all ways to cut it, fewest pieces first', () => {
    expect(written('sea')).toEqual(['▁sea', '▁se a', '▁ s ea', '▁ s e a'])
  })

  it('leave out letters that the network lacks', () => {
    expect(written('Sea!')[0]).toBe('▁sea')
    expect(written('…')).toEqual([])
  })

  it('are at most sixty', () => {
    expect(pieceSpellings(tokenSet, 'seaseaseaseaseasea')).toHaveLength(60)
  })
})
