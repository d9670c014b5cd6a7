import { describe, expect, it } from 'vitest'
import { segment, transcript } from '../../test/fixtures/transcripts'
import { commonSubsequence, correctTranscript, transcriptCorrectionSchema } from './correct'

const heard = transcript([
  segment('the whether is nice', 0, 4, 'speaker_1'),
  segment('yes it is', 5, 8, 'speaker_2'),
])

describe('correcting a transcript', () => {
  it('keeps the times of words that stay, and gives new ones what lies between', () => {
    const corrected = correctTranscript(heard, {
      segments: [
        { start: 0, end: 4, text: 'The weather is very nice.', speaker: 'speaker_1' },
        { start: 5, end: 8, text: 'yes it is', speaker: 'speaker_2' },
      ],
    })
    const words = corrected.segments[0]!.words
    expect(words.map(({ text }) => text)).toEqual(['The', 'weather', 'is', 'very', 'nice.'])
    expect(words[0]).toMatchObject({ start: 0, end: 1 })
    expect(words[1]).toMatchObject({ start: 1, end: 2, confidence: 1 })
    expect(words[2]).toMatchObject({ start: 2, end: 3 })
    expect(words[3]).toMatchObject({ start: 3, end: 3 })
    expect(words[4]).toMatchObject({ start: 3, end: 4 })
    expect(corrected.text).toBe('The weather is very nice. yes it is')
    expect(corrected.segments[1]!.words).toEqual(heard.segments[1]!.words)
  })

  it('renames speakers, and names those that are new', () => {
    const corrected = correctTranscript(heard, {
      speakers: [{ id: 'speaker_1', name: 'Ada' }],
      segments: [{ start: 0, end: 4, text: 'hello', speaker: 'speaker_3' }],
    })
    expect(corrected.speakers).toEqual([
      { id: 'speaker_1', name: 'Ada' },
      { id: 'speaker_3', name: 'speaker_3' },
    ])
  })

  it('takes segments in any order, merged or split', () => {
    const { segments } = correctTranscript(heard, {
      segments: [
        { start: 5, end: 8, text: 'yes it is' },
        { start: 0, end: 2, text: 'the whether' },
        { start: 2, end: 4, text: 'is nice' },
      ],
    })
    expect(segments.map(({ start }) => start)).toEqual([0, 2, 5])
    expect(segments.flatMap(({ words }) => words.map(({ start }) => start))).toEqual([0, 1, 2, 3, 5, 6, 7])
  })

  it('refuses times that run backwards', () => {
    const wrong = { segments: [{ start: 2, end: 1, text: 'no' }] }
    expect(transcriptCorrectionSchema.safeParse(wrong).error?.issues[0]?.path).toEqual(['segments', 0, 'end'])
  })
})

describe('longest common subsequence', () => {
  it.each([
    ['abcbdab', 'bdcaba', 4],
    ['', 'abc', 0],
    ['abc', 'xyz', 0],
    ['aaaa', 'aa', 2],
  ])('of %s and %s has %i letters', (a, b, length) => {
    const partners = commonSubsequence([...a], [...b])
    const matched = partners.flatMap((partner, index) =>
      partner === null ? [] : [[a[index], b[partner]] as const],
    )
    expect(matched).toHaveLength(length)
    expect(matched.every(([left, right]) => left === right)).toBe(true)
    const order = partners.filter((partner) => partner !== null)
    expect(order).toEqual([...order].sort((left, right) => left - right))
  })
})
