import { describe, expect, it } from 'vitest'
import { formatBytes, formatDuration, humanise, speakDuration } from './format'

describe('formatDuration', () => {
  it.each([
    [0, '0:00'],
    [7.0000001, '0:07'],
    [7.2, '0:08'],
    [59.9996, '1:00'],
    [600, '10:00'],
    [3599, '59:59'],
    [3661, '1:01:01'],
    [-3, '0:00'],
  ])('%d s is %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text)
  })

  it('rounds down for a play position', () => {
    expect(formatDuration(7.9, Math.floor)).toBe('0:07')
  })
})

describe('speakDuration', () => {
  it.each([
    [0.4, '0 seconds'],
    [1, '1 second'],
    [65, '1 minute 5 seconds'],
    [7200, '2 hours'],
  ])('%d s is read as %s', (seconds, text) => {
    expect(speakDuration(seconds)).toBe(text)
  })
})

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KB'],
    [1_073_741_824, '1 GB'],
    [250_000_000, '238 MB'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })
})

it('makes identifiers readable', () => {
  expect(humanise('speech-to_text')).toBe('Speech to text')
})
