import { describe, expect, it } from 'vitest'
import { dealScript } from './script'

const words = (text: string) => text.split(' ')
const script = words(
  'it was a bright cold day in april and the clocks were striking thirteen winston smith slipped quickly through the doors',
)

describe('dealing a script out to windows', () => {
  it('follows what was heard, also where some of it is wrong', () => {
    const dealt = dealScript(script, [
      { texts: words('it was a white cold day'), speechSeconds: 1 },
      { texts: words('in April, and the clock were'), speechSeconds: 1 },
      { texts: words('striking thirty'), speechSeconds: 1 },
      { texts: words('Winston Smith slip quickly though the doors'), speechSeconds: 1 },
    ])
    expect(dealt.map((part) => part.join(' '))).toEqual([
      'it was a bright cold day',
      'in april and the clocks were',
      'striking thirteen',
      'winston smith slipped quickly through the doors',
    ])
  })

  it('goes by time where nothing was understood', () => {
    const dealt = dealScript(words('a b c d e f g h'), [
      { texts: words('x y'), speechSeconds: 3 },
      { texts: [], speechSeconds: 1 },
    ])
    expect(dealt.map(({ length }) => length)).toEqual([6, 2])
  })

  it.each([
    [[], ['one']],
    [[{ texts: ['one'], speechSeconds: 1 }], []],
    [
      [
        { texts: [], speechSeconds: 0 },
        { texts: ['b'], speechSeconds: 0 },
      ],
      ['a', 'b', 'c'],
    ],
  ])('gives every word once and in order, whatever was heard', (windows, all) => {
    const dealt = dealScript(all, windows)
    expect(dealt).toHaveLength(windows.length)
    if (windows.length > 0) expect(dealt.flat()).toEqual(all)
  })
})
