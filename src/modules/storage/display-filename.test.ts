import { describe, expect, it } from 'vitest'
import { displayFilename } from './display-filename'

describe('displayFilename', () => {
  it.each([
    ['take 1.wav', 'take 1.wav'],
    ['गाना 最終 ü.flac', 'गाना 最終 ü.flac'],
    ['👩‍🎤.mp3', '👩‍🎤.mp3'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\voice.wav', 'voice.wav'],
    ['a\0b\r\n.wav', 'ab.wav'],
    ['evil\u202egnp.wav', 'evilgnp.wav'],
    ['\u2066\u200fx\u2069.wav', 'x.wav'],
    ['broken\ud800.wav', 'broken.wav'],
    ['a<b>:"c"|?*.wav', 'a_b___c____.wav'],
    ['..', 'upload'],
    ['', 'upload'],
    ['/', 'upload'],
    ['\u202e', 'upload'],
    ['u\u0308.wav', 'ü.wav'],
  ])('%j becomes %j', (given, expected) => {
    expect(displayFilename(given)).toBe(expected)
  })

  it('shortens long names and keeps their ending', () => {
    const name = displayFilename(`${'ä'.repeat(4096)}.flac`)
    expect([...name]).toHaveLength(200)
    expect(name.endsWith('ä.flac')).toBe(true)
    expect([...displayFilename('🎵'.repeat(4096))]).toHaveLength(200)
  })
})
