import { describe, expect, it } from 'vitest'

import { placeEdits, type EditAction } from '../audio/edit-list'
import { editTranscript } from './edit-transcript'
import { transcriptSchema, type Transcript } from './transcript'

const sampleRateHz = 1000

/** Words of 0.8 seconds, one each second; a segment for each sentence. */
function transcriptOf(...sentences: string[]): Transcript {
  let time = 0
  const segments = sentences.map((text) => {
    const words = text.split(' ').map((word) => {
      const start = time++
      return { text: word, start, end: start + 0.8, confidence: 1 }
    })
    return { start: words[0]!.start, end: words.at(-1)!.end, text, speaker: null, words, decoding: null }
  })
  return {
    ...{ language: 'en', duration: time, text: sentences.join(' '), segments, speakers: [] },
    model: { id: 'test', version: '1' },
  }
}

function edited(
  transcript: Transcript,
  ...edits: [start: number, end: number, action: EditAction][]
): Transcript {
  const applied = placeEdits(
    edits.map(([start, end, action]) => ({
      ...{ startFrame: start * sampleRateHz, endFrame: end * sampleRateHz, action, exact: true },
    })),
  )
  const removed = edits.reduce((sum, [start, end, action]) => sum + (action === 'cut' ? end - start : 0), 0)
  return editTranscript(transcript, applied, { sampleRateHz, durationSeconds: transcript.duration - removed })
}

const times = (transcript: Transcript) =>
  transcript.segments.flatMap(({ words }) => words.map(({ text, start, end }) => [text, start, end]))

describe('the edited transcript', () => {
  const transcript = transcriptOf('Well, this is, um, fine.', 'Really damn fine.')

  it('is the same without edits', () => expect(edited(transcript)).toEqual(transcript))

  it('has no cut words, and later ones sooner', () => {
    const result = edited(transcript, [2.9, 3.9, 'cut'])
    expect(result.segments[0]!.text).toBe('Well, this is, fine.')
    expect(result.text).toBe('Well, this is, fine. Really damn fine.')
    expect(result.duration).toBe(7)
    expect(times(result)).toEqual([
      ['Well,', 0, 0.8],
      ['this', 1, 1.8],
      ['is,', 2, 2.8],
      ['fine.', 3, 3.8],
      ['Really', 4, 4.8],
      ['damn', 5, 5.8],
      ['fine.', 6, 6.8],
    ])
    expect(transcriptSchema.parse(result)).toEqual(result)
  })

  it('has markers for muted and bleeped words, with their punctuation', () => {
    const result = edited(transcript, [2.9, 3.9, 'mute'], [5.95, 6.85, 'bleep'])
    expect(result.text).toBe('Well, this is, [muted], fine. Really [bleep] fine.')
    expect(result.duration).toBe(8)
    expect(times(result)[3]).toEqual(['[muted],', 3, 3.8])
  })

  it('has one marker for words in a row', () => {
    const result = edited(transcript, [0.9, 3.9, 'bleep'])
    expect(result.segments[0]!.text).toBe('Well, [bleep], fine.')
    expect(times(result)[1]).toEqual(['[bleep],', 1, 3.8])
  })

  it('leaves words that are hardly touched', () => {
    expect(edited(transcript, [2.7, 3.1, 'mute']).text).toBe(transcript.text)
    expect(edited(transcript, [2.7, 3.5, 'mute']).text).toBe(
      'Well, this is, [muted], fine. Really damn fine.',
    )
  })

  it('has no segment of which nothing is left', () => {
    const result = edited(transcript, [0, 5, 'cut'])
    expect(result.segments).toHaveLength(1)
    expect(times(result)[0]).toEqual(['Really', 0, 0.8])
    expect(result.segments[0]).toMatchObject({ start: 0, end: 2.8 })
  })

  it('takes segments without words as a whole', () => {
    const plain = transcriptOf('One two', 'three four', 'five six')
    for (const segment of plain.segments) segment.words = []
    const result = edited(plain, [0, 2, 'cut'], [2, 4, 'mute'])
    expect(result.segments.map(({ text, start }) => [text, start])).toEqual([
      ['[muted]', 0],
      ['five six', 2],
    ])
  })

  it('never reaches beyond the output', () => {
    const result = edited(transcript, [6.5, 8, 'cut'])
    expect(Math.max(...times(result).map(([, , end]) => end as number))).toBeLessThanOrEqual(result.duration)
  })
})
