import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { packagedFfmpeg } from '../../../test/fixtures/audio-files'
import { createMusicDetector, detectorRateHz, isMusic, type MusicEvidence } from './music-detector'
import { noise } from './engines/testing/engine-bench'

const second = detectorRateHz

function heard(samples: Float32Array, blockFrames = 5000): MusicEvidence {
  const detector = createMusicDetector()
  for (let at = 0; at < samples.length; at += blockFrames)
    detector.add(samples.subarray(at, at + blockFrames))
  return detector.evidence()
}

/** Chords of three notes with four partials each, a new one every 0.8 s, that ring as a piano's do. */
function chords(seconds: number): Float32Array {
  const roots = [220, 174.6, 261.6, 196]
  return Float32Array.from({ length: seconds * second }, (_, n) => {
    const time = n / second
    const since = time % 0.8
    const root = roots[Math.floor(time / 0.8) % roots.length]!
    let sum = 0
    for (const note of [1, 1.26, 1.498]) {
      for (let partial = 1; partial <= 4; partial++) {
        sum += Math.sin(2 * Math.PI * root * note * partial * time) / partial
      }
    }
    return 0.08 * sum * Math.exp(-since) * Math.min(1, since * 100)
  })
}

async function speech(file: string): Promise<Float32Array> {
  const options = { sampleRateHz: detectorRateHz, channels: 1, maxSeconds: 60 }
  const { blocks } = await packagedFfmpeg.decode(`test/fixtures/speech/${file}`, options)
  const parts: number[] = []
  for await (const block of blocks) parts.push(...block.channels[0]!)
  return Float32Array.from(parts)
}

describe('what is heard as music', () => {
  it('chords are, also softly and under a little noise', () => {
    const music = chords(12)
    expect(isMusic(heard(music))).toBe(true)
    expect(isMusic(heard(music.map((sample) => 0.02 * sample)))).toBe(true)
    const hiss = noise(music.length, 0.01)
    expect(isMusic(heard(music.map((sample, n) => sample + hiss[n]!)))).toBe(true)
  })

  it.each(readdirSync('test/fixtures/speech').filter((name) => name.endsWith('.opus')))(
    'the recording %s of speech is not',
    async (file) => {
      const samples = await speech(file)
      expect(isMusic(heard(samples))).toBe(false)
      const hiss = noise(samples.length, 0.02)
      expect(isMusic(heard(samples.map((sample, n) => sample + hiss[n]!)))).toBe(false)
    },
  )

  it('noise, silence and what is too short to tell are not', () => {
    expect(heard(noise(10 * second, 0.3)).activation).toBeLessThan(1.3)
    expect(isMusic(heard(noise(10 * second, 0.3)))).toBe(false)
    expect(isMusic(heard(new Float32Array(10 * second)))).toBe(false)
    expect(heard(chords(3)).modulation).toBeNull()
    expect(isMusic(heard(chords(3)))).toBe(false)
  })

  it('does not depend on the blocks', () => {
    const music = chords(8)
    expect(heard(music, 1)).toEqual(heard(music, music.length))
  })
})

describe('modulation', () => {
  it('is what comes and goes four times a second', () => {
    const carrier = noise(12 * second, 0.3)
    const moved = (hz: number) =>
      heard(carrier.map((sample, n) => sample * (1 + Math.sin((2 * Math.PI * hz * n) / second)))).modulation!
    expect(moved(4)).toBeGreaterThan(4 * moved(12))
    expect(moved(4)).toBeGreaterThan(4 * moved(0.5))
  })
})
