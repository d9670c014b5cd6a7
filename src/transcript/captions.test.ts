import { describe, expect, it } from 'vitest'
import { segment, transcript } from '../../test/fixtures/transcripts'
import { captionsOf } from './captions'

const long =
  'the quick brown fox jumps over the lazy dog while the sun goes down behind the old mill and nobody says a word about it'

describe('captions', () => {
  it.each([
    [42, 2],
    [20, 1],
    [32, 3],
  ])('keep to lines of %i characters, %i a caption, and lose no word', (maxLineLength, maxLines) => {
    const captions = captionsOf(transcript([segment(long, 0, 24)]), { maxLineLength, maxLines })
    for (const { lines, start, end } of captions) {
      expect(lines.length).toBeLessThanOrEqual(maxLines)
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(maxLineLength)
      expect(end - start).toBeLessThanOrEqual(7)
    }
    expect(captions.flatMap(({ lines }) => lines).join(' ')).toBe(long)
    for (const [index, caption] of captions.entries()) {
      expect(caption.start).toBeGreaterThanOrEqual(captions[index - 1]?.end ?? 0)
    }
  })

  it('have lines of about equal length', () => {
    const [caption] = captionsOf(
      transcript([segment('we will meet again on a sunny day in the harbour', 0, 4)]),
    )
    const [first, second] = caption!.lines.map(({ length }) => length)
    expect(Math.abs(first! - second!)).toBeLessThan(10)
  })

  it('end at pauses', () => {
    const words = segment('one two three four', 0, 2)
    words.words[2] = { ...words.words[2]!, start: 4, end: 4.5 }
    words.words[3] = { ...words.words[3]!, start: 4.5, end: 5 }
    expect(captionsOf(transcript([words])).map(({ lines }) => lines)).toEqual([['one two'], ['three four']])
  })

  it('cut text without spaces, and segments without words, by length', () => {
    const chinese = { ...segment('今天天气很好我们一起去公园散步吧', 0, 8), words: [] }
    const captions = captionsOf(transcript([chinese], { language: 'zh' }), { maxLineLength: 6, maxLines: 1 })
    expect(captions.map(({ lines }) => lines.join('')).join('')).toBe(chinese.text)
    expect(captions[0]!.lines[0]!.length).toBeLessThanOrEqual(6)
    expect(captions.at(-1)!.end).toBeCloseTo(8)
  })

  it('let a word that is longer than a line stand alone', () => {
    const word = 'Donaudampfschifffahrtsgesellschaft'
    const captions = captionsOf(transcript([segment(`die ${word} fährt`, 0, 3)]), {
      maxLineLength: 20,
      maxLines: 2,
    })
    expect(captions.flatMap(({ lines }) => lines)).toEqual(['die', word, 'fährt'])
  })
})
