import { afterAll, describe, expect, it } from 'vitest'

import { loadTokenizer } from '../../../inference/tokenizer'
import { unpackTinyWhisper } from './testing/whisper-fixture'
import { isSilent, loudness, spreadWords } from './whisper-energy'
import { createKeytermBoost } from './whisper-keyterms'
import { alignRows, medianFiltered, warp } from './whisper-timing'
import { joinPunctuation, readSegments, splitWords } from './whisper-words'

const tiny = unpackTinyWhisper()
const { path } = tiny.files()
const tokenizer = await loadTokenizer(path('tokenizer.json'), path('tokenizer_config.json'))
afterAll(() => tiny.remove())

describe('words of tokens', () => {
  const words = (text: string, language = 'en') =>
    splitWords(tokenizer.encode(text), tokenizer, language).map((word) => word.text)

  it('are split at spaces and punctuation, and keep every token', () => {
    expect(words(' she sells, he said!')).toEqual([' she', ' sells', ',', ' he', ' said', '!'])
    const tokens = tokenizer.encode(' she sells sea shells')
    expect(splitWords(tokens, tokenizer, 'en').at(-1)!.to).toBe(tokens.length)
  })

  it('are whole characters, however many tokens these take', () => {
    expect(words('日本語', 'ja')).toEqual(['日', '本', '語'])
    expect(words(' naïve größe')).toEqual([' naïve', ' größe'])
  })

  it('take their punctuation, with times of their own', () => {
    const timed = [' (', 'she', ' sells', ',', ' he', '!'].map((text, n) => ({
      ...{ text, start: n, end: n + 1, confidence: 1 },
    }))
    expect(joinPunctuation(timed).map(({ text, start, end }) => [text, start, end])).toEqual([
      ['(she', 1, 2],
      ['sells,', 2, 3],
      ['he!', 4, 5],
    ])
  })
})

describe('segments', () => {
  const time = (seconds: number) => 100 + Math.round(seconds * 50)

  it('lie between times; a text that ends with one is all there is', () => {
    const tokens = [time(0), 1, 2, time(1), time(1.5), 3, time(2)]
    expect(readSegments(tokens, 100, 5)).toEqual({
      segments: [
        { start: 0, end: 1, from: 1, to: 3 },
        { start: 1.5, end: 2, from: 5, to: 6 },
      ],
      consumed: 5,
    })
  })

  it('are gone on from where the text breaks off', () => {
    const unfinished = [time(0), 1, time(1), time(1.5), 3]
    expect(readSegments(unfinished, 100, 5)).toMatchObject({ segments: [{ end: 1 }], consumed: 1 })
    const inPair = [time(0), 1, time(1), time(1.5)]
    expect(readSegments(inPair, 100, 5)).toMatchObject({ segments: [{ end: 1 }], consumed: 1.5 })
  })

  it('reach to the end of the audio where no time closes them', () => {
    expect(readSegments([1, 2], 100, 5)).toEqual({
      segments: [{ start: 0, end: 5, from: 0, to: 2 }],
      consumed: 5,
    })
    expect(readSegments([time(1), 1, time(9)], 100, 5).segments[0]).toMatchObject({ start: 1, end: 5 })
  })
})

describe('alignment', () => {
  it('finds the cheapest way through', () => {
    // Row 1 is at home in columns 0–1, row 2 in 2, row 3 in 3–4.
    const cost = Float32Array.of(0, 0, 9, 9, 9, 9, 9, 0, 9, 9, 9, 9, 9, 0, 0)
    expect(warp(cost, 3, 5)).toEqual([0, 2, 3])
    expect(warp(Float32Array.of(1, 1, 1), 3, 1)).toEqual([0, 0, 0])
  })

  it('smooths by the median of seven, mirrored at the ends', () => {
    expect([...medianFiltered(Float32Array.of(9, 1, 2, 3, 4, 5, 6))]).toEqual([2, 2, 3, 4, 4, 4, 4])
    expect([...medianFiltered(Float32Array.of(5, 1))]).toEqual([5, 1])
  })

  it('follows the attention of its heads, whatever the padding attends to', () => {
    const positions = 60
    const at = [0, 5, 20, 33, 44]
    const rows = at.map((start, n) => {
      const row = new Float32Array(2 * positions).fill(0.001)
      for (const head of [0, positions]) row.fill(0.1, head + start, head + (at[n + 1] ?? 50))
      row.fill(0.5, 50, positions)
      return row
    })
    expect(alignRows(rows, 2, positions, 50, [0, 1, 2, 3, 4])).toEqual(at)
  })
})

describe('words without attention', () => {
  it('are spread over what is loud', () => {
    // A second of silence, a second of tone, half a second of silence, a second of tone.
    const samples = Float32Array.from({ length: 56000 }, (_, n) =>
      (n >= 16000 && n < 32000) || n >= 40000 ? Math.sin(n / 5) : 0,
    )
    const words = [' ab', ' cd'].map((text, n) => ({ text, from: n, to: n + 1 }))
    const segment = { start: 0, end: 3.5, from: 0, to: 2 }
    const [first, second] = spreadWords(words, segment, loudness(samples))
    expect(first!.start).toBeCloseTo(1, 1)
    expect(first!.end).toBeGreaterThan(1.95)
    expect(second!.start).toBeLessThan(2.55)
    expect(second!.end).toBeCloseTo(3.5, 1)
  })

  it('know silence from a whisper', () => {
    const tone = (peak: number) => loudness(Float32Array.from({ length: 1600 }, (_, n) => peak * Math.sin(n)))
    expect(isSilent(tone(0.0005))).toBe(true)
    expect(isSilent(tone(0.002))).toBe(false)
  })
})

describe('keyterms', () => {
  it('are begun gladly, and gone on with more gladly', () => {
    const boost = createKeytermBoost(['sells shells', ' '], tokenizer)
    const tokens = tokenizer.encode(' sells shells')
    expect(tokens.length).toBeGreaterThan(2)
    const [atFirst, within] = [boost([]).get(tokens[0]!)!, boost([7, ...tokens.slice(0, 2)]).get(tokens[2]!)!]
    expect(atFirst).toBeGreaterThan(0)
    expect(within).toBeGreaterThan(atFirst)
    expect(boost([tokens[0]!, 7]).has(tokens[1]!)).toBe(false)
    expect(createKeytermBoost([], tokenizer)(tokens).size).toBe(0)
  })
})
