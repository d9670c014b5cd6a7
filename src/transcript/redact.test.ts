import { describe, expect, it } from 'vitest'
import { segment, transcript } from '../../test/fixtures/transcripts'
import { findRedactions, redactTranscript } from './redact'

const masked = (text: string, kinds: Parameters<typeof redactTranscript>[1]) =>
  redactTranscript(transcript([segment(text, 0, 10)]), kinds).text

describe('redaction', () => {
  it.each([
    ['write to ada.lovelace@example.org today', 'write to [personal data] today'],
    ['write to ada at example dot org today', 'write to [personal data] today'],
    ['call me at +44 20 7946 0958 please', 'call me at [personal data] please'],
    ['card 4111-1111-1111-1111 expires soon', 'card [personal data] expires soon'],
    ['it is zero one two three four five six seven thanks', 'it is [personal data] thanks'],
    ['my account is GB33 BUKB 2020 1555 5555 55 there', 'my account is [personal data] there'],
    ['in 2024 we sold 1200 of them', 'in 2024 we sold 1200 of them'],
    ['one two three go', 'one two three go'],
  ])('personal data: %s', (text, expected) => {
    expect(masked(text, ['personal_data'])).toBe(expected)
  })

  it('profanity, but not words that only contain some', () => {
    expect(masked('well shit happens in Scunthorpe', ['profanity'])).toBe(
      'well [profanity] happens in Scunthorpe',
    )
  })

  it('keeps times: a masked stretch is one word that lasts as long', () => {
    const original = transcript([segment('call +44 20 7946 0958 now', 0, 6)])
    const [{ words }] = redactTranscript(original, ['personal_data']).segments as unknown as [
      { words: object[] },
    ]
    expect(words).toMatchObject([
      { text: 'call', start: 0, end: 1 },
      { text: '[personal data]', start: 1, end: 5 },
      { text: 'now', start: 5, end: 6 },
    ])
    expect(findRedactions(original, ['personal_data'])).toEqual([
      { kind: 'personal_data', segment: 0, first: 1, last: 4 },
    ])
  })
})
