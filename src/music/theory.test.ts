import { describe, expect, it } from 'vitest'

import { chordName, chordOf, chordPitchClasses, scaleOver, voiceChord } from './chords'
import { formatKey, frequencyOf, parseKey } from './keys'
import { createRandom } from './random'
import { genres, modalProgressions, styles } from './styles'

const key = (text: string) => parseKey(text)!

describe('keys', () => {
  it.each([
    ['C', 'C major'],
    ['c minor', 'C minor'],
    ['Am', 'A minor'],
    ['F# maj', 'F# major'],
    ['B♭ major', 'Bb major'],
    ['bb minor', 'Bb minor'],
    ['E flat major', 'Eb major'],
    ['g sharp min', 'G# minor'],
    ['D dorian', 'D dorian'],
    ['Cb', 'B major'],
  ])('“%s” is %s', (text, name) => expect(formatKey(key(text))).toBe(name))

  it.each(['H minor', '', 'C blue', 'minor', 'C##', '12'])('“%s” is none', (text) => {
    expect(parseKey(text)).toBeNull()
  })

  it('are in equal temperament', () => {
    expect(frequencyOf(69)).toBe(440)
    expect(frequencyOf(60)).toBeCloseTo(261.6256, 4)
  })
})

describe('chords', () => {
  it.each([
    ['I', 'C major', 'C', [0, 4, 7]],
    ['ii7', 'C major', 'Dm7', [2, 5, 9, 0]],
    ['V/7', 'C major', 'G/B', [7, 11, 2]],
    ['bVII', 'D major', 'C', [0, 4, 7]],
    ['V', 'A minor', 'E', [4, 8, 11]],
    ['VI', 'A minor', 'F', [5, 9, 0]],
    ['iim7b5', 'A minor', 'Bm7b5', [11, 2, 5, 9]],
    ['IV', 'D dorian', 'G', [7, 11, 2]],
    ['Imaj7', 'Eb major', 'Ebmaj7', [3, 7, 10, 2]],
  ])('%s of %s is %s', (numeral, keyName, name, notes) => {
    const chord = chordOf(numeral, key(keyName))
    expect(chordName(chord, key(keyName))).toBe(name)
    expect(chordPitchClasses(chord)).toEqual(notes)
  })

  it.each(['', 'VIII', 'X', 'I13', 'iI'])('“%s” is none', (numeral) => {
    expect(() => chordOf(numeral, key('C'))).toThrow(RangeError)
  })

  it('are known, all that the styles write', () => {
    for (const genre of genres) {
      for (const family of ['major', 'minor'] as const) {
        const { A, B } = styles[genre].progressions[family]
        for (const bar of [...A, ...B].flatMap((line) => line.split(/[ ,]/))) chordOf(bar, key(`C ${family}`))
      }
    }
    for (const [mode, { A, B }] of Object.entries(modalProgressions)) {
      for (const bar of [...A, ...B].flatMap((line) => line.split(' '))) chordOf(bar, key(`C ${mode}`))
    }
  })

  it('bend the scale where they have the leading note', () => {
    const minor = key('A minor')
    expect(scaleOver(chordOf('i', minor), minor)).toEqual([0, 2, 4, 5, 7, 9, 11])
    // G sharp takes the place of G, and A stays.
    expect(scaleOver(chordOf('V', minor), minor)).toEqual([0, 2, 4, 5, 8, 9, 11])
  })

  it('lead their voices: common notes stay, others move by steps', () => {
    const major = key('C major')
    const register = { centre: 60, voices: 3 }
    let voices = voiceChord(chordOf('I', major), [], register)
    for (const numeral of ['vi', 'IV', 'V', 'I', 'iii', 'ii', 'V']) {
      const next = voiceChord(chordOf(numeral, major), voices, register)
      expect(new Set(next.map((note) => note % 12))).toEqual(
        new Set(chordPitchClasses(chordOf(numeral, major))),
      )
      expect(Math.max(...next.map((note, voice) => Math.abs(note - voices[voice]!)))).toBeLessThanOrEqual(5)
      voices = next
    }
  })
})

describe('chances', () => {
  it('follow from the seed and the name of the stream alone', () => {
    const draw = (seed: number, name: string) => {
      const random = createRandom(seed).fork(name)
      return Array.from({ length: 5 }, () => random.next())
    }
    expect(draw(1, 'a')).toEqual(draw(1, 'a'))
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'))
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'))
  })

  it('are even', () => {
    const random = createRandom(9)
    const counts = [0, 0, 0, 0]
    for (let draw = 0; draw < 4000; draw++) counts[random.integer(0, 3)]!++
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120)
  })
})
