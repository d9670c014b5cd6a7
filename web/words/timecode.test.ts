import { describe, expect, it } from 'vitest'
import { readTimecode, writeTimecode } from './timecode'

describe('timecodes', () => {
  it.each([
    ['0:00', 0],
    ['0:07', 7],
    ['0:10', 10],
    ['1:23.4', 83.4],
    ['1:00', 60],
    ['0:00.025', 0.025],
    ['1:02:03.5', 3723.5],
    ['10:00:00', 36_000],
  ])('%s is %d s, both ways', (text, seconds) => {
    expect(readTimecode(text)).toBe(seconds)
    expect(writeTimecode(seconds)).toBe(text)
  })

  it.each([
    ['83.4', 83.4],
    [' 1:23,4 ', 83.4],
    ['.5', 0.5],
    ['90', 90],
  ])('reads “%s” as people type it', (text, seconds) => {
    expect(readTimecode(text)).toBe(seconds)
  })

  it.each(['', 'soon', '1:2:3:4', '1.5:20', '-3', '1:', '1e3'])('“%s” is no time', (text) => {
    expect(readTimecode(text)).toBeNull()
  })
})
