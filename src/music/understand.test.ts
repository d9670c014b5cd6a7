import { describe, expect, it } from 'vitest'

import { formatKey } from './keys'
import { understand } from './understand'

describe('a description', () => {
  it.each([
    ['rainy monday, hopeful', ['sad', 'hopeful'], ['lo-fi'], []],
    ['Epic battle with choir and brass', ['epic'], ['cinematic'], ['choir', 'brass']],
    ['calm lo-fi beats to study to ☕', ['calm'], ['lo-fi'], []],
    ['wedding film, acoustic guitar', ['romantic'], ['cinematic', 'acoustic-folk'], ['acoustic-guitar']],
    ['epic rock 🎸🔥', ['epic'], ['rock', 'cinematic'], []],
    ['HAPPY ukulele for a kids’ birthday party', ['happy'], ['children'], ['ukulele']],
    ['tense countdown thriller', ['tense'], [], []],
    ['upbeat corporate explainer', ['happy'], ['corporate'], []],
    ['bossa nova by the beach', [], ['latin'], []],
    ['electric piano, jazz lounge', [], ['jazz'], ['electric-piano']],
  ])('“%s” is understood', (text, moods, genres, instruments) => {
    expect(understand(text)).toMatchObject({ moods, genres, instruments })
  })

  it('names tempo and key', () => {
    const heard = understand('dark techno, 128 BPM, in F# minor, building up, seamless loop, very fast')
    expect(heard).toMatchObject({ bpm: 128, intensity: 'build', loop: true, tempo: 0.7 })
    expect(formatKey(heard.key!)).toBe('F# minor')
    expect(understand('9000 bpm').bpm).toBeNull()
  })

  it('says what is not wanted', () => {
    const heard = understand('happy pop without drums, no piano')
    expect(heard.without).toEqual(['drums', 'piano'])
    expect(heard.instruments).toEqual([])
    expect(heard.words.at(-1)).toEqual({ text: 'no piano', meaning: 'without piano' })
  })

  it.each(['', '   ', 'qwrtz', '🪣', '\u0000\uffff', '你好'])('“%s” says nothing', (text) => {
    expect(understand(text).words).toEqual([])
  })

  it('is read quickly, however long', () => {
    const startedAt = performance.now()
    understand('happy '.repeat(200_000))
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})
