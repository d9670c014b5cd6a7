import { describe, expect, it } from 'vitest'
import { parseRange } from './byte-range'

const whole = { kind: 'whole' }
const unsatisfiable = { kind: 'unsatisfiable' }
const part = (start: number, end: number) => ({ kind: 'part', start, end })

describe('parseRange', () => {
  it.each([
    [undefined, 10, whole],
    ['bytes=0-', 10, part(0, 9)],
    ['bytes=0-0', 10, part(0, 0)],
    ['bytes=3-5', 10, part(3, 5)],
    ['bytes=3-500', 10, part(3, 9)],
    ['bytes=-4', 10, part(6, 9)],
    ['bytes=-400', 10, part(0, 9)],
    ['bytes=9-', 10, part(9, 9)],
    ['bytes=10-', 10, unsatisfiable],
    ['bytes=10-20', 10, unsatisfiable],
    ['bytes=-0', 10, unsatisfiable],
    ['bytes=0-', 0, unsatisfiable],
    ['bytes=-1', 0, unsatisfiable],
    ['bytes=5-3', 10, whole],
    ['bytes=0-1,3-4', 10, whole],
    ['bytes=', 10, whole],
    ['bytes=-', 10, whole],
    ['bytes=a-b', 10, whole],
    ['seconds=0-1', 10, whole],
    ['bytes=99999999999999999999-', 10, whole],
  ])('%s of %d bytes', (header, bytes, expected) => {
    expect(parseRange(header, bytes)).toEqual(expected)
  })
})
