import { describe, expect, it } from 'vitest'
import { heardAt } from './heard-word'
import { speakerChanges, withAnotherSpeaker } from './speakers'
import { wordPieces } from './word-pieces'

const word = (text: string, start: number, end: number) => ({ text, start, end, confidence: 1 })
const segment = (text: string, ...words: ReturnType<typeof word>[]) => ({
  start: words[0]?.start ?? 0,
  end: words.at(-1)?.end ?? 0,
  text,
  speaker: null,
  words,
})

describe('heardAt', () => {
  const segments = [
    segment('Good morning', word('Good', 1, 1.4), word('morning', 1.5, 2)),
    segment('Yes', word('Yes', 5, 5.5)),
  ]

  it.each([
    [0.5, null],
    [1, { segment: 0, word: 0 }],
    [1.45, { segment: 0, word: null }],
    [1.99, { segment: 0, word: 1 }],
    [2.2, { segment: 0, word: null }],
    [3, null],
    [5.2, { segment: 1, word: 0 }],
    [60, null],
  ])('at %d s', (seconds, heard) => {
    expect(heardAt(segments, seconds)).toEqual(heard)
  })

  it('knows nothing of an empty transcript', () => {
    expect(heardAt([], 1)).toBeNull()
  })
})

describe('wordPieces', () => {
  const texts = (given: Parameters<typeof wordPieces>[0]) => wordPieces(given).map(({ text }) => text)

  it('keeps the text as it is written', () => {
    const given = segment(
      '“Good  morning.” (Yes)',
      word('Good', 0, 1),
      word('morning.”', 1, 2),
      word('Yes', 2, 3),
    )
    expect(texts(given)).toEqual(['“', 'Good', '  ', 'morning.”', ' (', 'Yes', ')'])
    expect(wordPieces(given).map(({ word: index }) => index)).toEqual([null, 0, null, 1, null, 2, null])
  })

  it('adds no spaces where the language has none', () => {
    expect(texts(segment('你好世界', word('你好', 0, 1), word('世界', 1, 2)))).toEqual(['你好', '世界'])
  })

  it('shows words that the text does not hold', () => {
    expect(texts(segment('one two', word('one', 0, 1), word('2', 1, 2)))).toEqual(['one', ' ', '2', ' two'])
  })
})

describe('speakers', () => {
  const speakers = [
    { id: 'speaker_1', name: 'Ada' },
    { id: 'speaker_3', name: 'Grace' },
  ]

  it('are named where another one begins', () => {
    const owners = ['speaker_1', 'speaker_1', null, 'speaker_1', 'speaker_3', 'unknown']
    expect(speakerChanges(owners, speakers)).toEqual(['Ada', null, null, 'Ada', 'Grace', 'unknown'])
  })

  it('are added under an id that is free', () => {
    expect(withAnotherSpeaker(speakers).at(-1)).toEqual({ id: 'speaker_4', name: 'Speaker 4' })
    expect(withAnotherSpeaker([])).toEqual([{ id: 'speaker_1', name: 'Speaker 1' }])
  })
})
