import { describe, expect, it } from 'vitest'

import { unpackTinyModel } from '../../../../../test/support/tiny-engine'
import { parseLyrics, placeLyrics } from './lyrics'
import { createLyricReader } from './phonemes'

describe('lyrics', () => {
  it('are the lines with times; the others describe the music', () => {
    const text =
      'indie rock,\r\n[00:10.50]Second line\n[00:03]  First line \nsad\n[1:02.3]Last\n[00:05.00]\n[ar:Somebody]'
    expect(parseLyrics(text)).toEqual({
      description: 'indie rock,\nsad\n[ar:Somebody]',
      lines: [
        { seconds: 3, words: 'First line' },
        { seconds: 10.5, words: 'Second line' },
        { seconds: 62.3, words: 'Last' },
      ],
    })
    expect(parseLyrics('calm [00:10.00] piano')).toEqual({ description: 'calm [00:10.00] piano', lines: [] })
  })

  it('stand from their moment on, and wait for each other', () => {
    const at = placeLyrics(
      [
        { seconds: 0.2, tokens: [5, 6, 2] },
        { seconds: 0.35, tokens: [7, 2] },
        { seconds: 1, tokens: [8] },
      ],
      10,
    )
    expect(Array.from({ length: 12 }, (_, frame) => at(frame))).toEqual([0, 0, 5, 6, 2, 7, 2, 0, 0, 0, 8, 0])
  })
})

describe('the phonemes of a line', () => {
  const model = unpackTinyModel('diffrhythm')
  const vocabulary = new Map(Object.entries(model.read('phonemes.json') as Record<string, number>))
  model.remove()
  const symbols = [...vocabulary.keys()]
  const spelt = (tokens: readonly number[]) => tokens.map((token) => symbols[token - 1]).join(' ')

  it.each([
    ['Moonlight spills', 'm uː n l aɪ t _ s p ɪ l z .'],
    // Sounds that the vocabulary writes as one, the stress left out, and a comma for every end but the last.
    ['Stars, try it. Boats?', 's t ɑːɹ z , tɹ aɪ _ ɪ t , b oʊ ts .'],
    ['Give me 5!', 'ɡ ɪ v _ m iː _ f aɪ v .'],
  ])('“%s” is %s', async (line, expected) => {
    const read = await createLyricReader(vocabulary)
    const { tokens, unread } = await read(line)
    expect(spelt(tokens)).toBe(expected)
    expect(unread).toEqual([])
  })

  it('that is not English is told of', async () => {
    const read = await createLyricReader(vocabulary)
    const { tokens } = await read('zzxqvv')
    expect(tokens.length).toBeGreaterThan(3)
    const chinese = await read('月光 light')
    expect(spelt(chinese.tokens)).toBe('l aɪ t .')
    expect(chinese.unread).toEqual(['月光'])
  })
})
