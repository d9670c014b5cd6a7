import { describe, expect, it } from 'vitest'

import { sine } from '../../../test/fixtures/audio-files'
import { fitSpeech, joined, trimSilence } from './fit'
import { stretchSpeech } from './stretch'

const rate = 16_000
const tone = (seconds: number, hz = 220) => sine(hz, Math.round(seconds * rate), rate, 0.3)
const silence = (seconds: number) => new Float32Array(Math.round(seconds * rate))

/** Upward zero crossings a second. */
function pitchOf(samples: Float32Array): number {
  const crossings = samples.filter((x, n) => n > 0 && x >= 0 && samples[n - 1]! < 0).length
  return (crossings * rate) / samples.length
}

describe('stretching', () => {
  it.each([0.85, 0.93, 1.1, 1.25])('to the sample at %f, with the pitch as it was', (factor) => {
    const speech = tone(2)
    const stretched = stretchSpeech(speech, rate, factor)
    expect(stretched.length).toBe(Math.floor(speech.length / factor))
    expect(Math.abs(pitchOf(stretched) - 220)).toBeLessThan(4)
    const steps = stretched.subarray(1).map((x, n) => Math.abs(x - stretched[n]!))
    // No larger step than the tone has itself, by half: nothing clicks.
    expect(Math.max(...steps)).toBeLessThan(1.5 * 0.3 * ((2 * Math.PI * 220) / rate))
  })

  it('leaves speech alone at its own rate', () => {
    expect(stretchSpeech(tone(0.5), rate, 1)).toEqual(tone(0.5))
  })
})

describe('fitting', () => {
  it.each([
    [2, 2, 1],
    [2, 2.2, 2 / 2.2],
    [2.4, 2, 1.2],
    [1, 2, 0.85],
  ])('speech of %f s to %f s goes by its rate', (natural, slot, expected) => {
    const { samples, fit } = fitSpeech(tone(natural), rate, slot, 10)
    expect(fit.rate).toBeCloseTo(expected, 3)
    expect(samples.length / rate).toBeCloseTo(natural / expected, 3)
    expect(fit).toMatchObject({ overrunSeconds: 0, lostSeconds: 0, shortenedSeconds: 0 })
  })

  it('shortens pauses where the fastest rate is not enough', () => {
    const speech = joined([tone(1), silence(1), tone(1)])
    const { samples, fit } = fitSpeech(speech, rate, 2, 2)
    expect(fit.rate).toBe(1.25)
    expect(fit.shortenedSeconds).toBeCloseTo(0.4, 2)
    expect(samples.length / rate).toBeCloseTo(2, 2)
    expect(fit.lostSeconds).toBe(0)
  })

  it('goes on into silence, and is faded out where somebody else speaks', () => {
    const over = fitSpeech(tone(3), rate, 2, 5)
    expect(over.fit.overrunSeconds).toBeCloseTo(0.4, 2)
    expect(over.fit.lostSeconds).toBe(0)
    const cut = fitSpeech(tone(3), rate, 2, 2.1)
    expect(cut.samples.length / rate).toBeCloseTo(2.1, 3)
    expect(cut.fit.lostSeconds).toBeCloseTo(0.3, 2)
    expect(Math.abs(cut.samples.at(-1)!)).toBeLessThan(0.01)
  })

  it('trims silence, and makes nothing of nothing', () => {
    const trimmed = trimSilence(joined([silence(0.5), tone(1), silence(0.5)]), rate)
    expect(trimmed.length / rate).toBeCloseTo(1, 1)
    expect(trimmed.findIndex((x) => Math.abs(x) > 0.01) / rate).toBeLessThan(0.012)
    expect(trimSilence(silence(1), rate).length).toBe(0)
    expect(fitSpeech(silence(0), rate, 1, 2).samples.length).toBe(0)
  })
})
