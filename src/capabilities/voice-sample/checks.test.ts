import { describe, expect, it } from 'vitest'
import { checkSample, createClippingMeter } from './checks'

const rateHz = 16_000

/** A buzzing voice in the given stretches, over noise of the given amplitude. */
function recording(seconds: number, speech: { start: number; end: number }[], noise: number, voice = 0.2) {
  let state = 1
  return Float32Array.from({ length: seconds * rateHz }, (_, index) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const time = index / rateHz
    const speaks = speech.some(({ start, end }) => time >= start && time < end)
    const buzz = [1, 2, 3].reduce((sum, n) => sum + Math.sin(2 * Math.PI * 140 * n * time) / n, 0)
    return (speaks ? voice * buzz : 0) + noise * (state / 2 ** 31 - 1)
  })
}

function verdicts(samples: Float32Array, speech: { start: number; end: number }[], speakers = [0]) {
  const turns = speech.map((stretch, index) => ({ ...stretch, speaker: speakers[index % speakers.length]! }))
  const { findings } = checkSample({ samples, clippedShare: 0 }, { speech, turns, mainVoice: null })
  return Object.fromEntries(findings.map(({ check, passed }) => [check, passed]))
}

describe('the checks of a sample', () => {
  const speech = [
    { start: 1, end: 4 },
    { start: 5, end: 8 },
  ]
  const good = { speech: true, level: true, clipping: true, noise: true, speakers: true }

  it('pass a voice alone in a quiet room, also where it never pauses', () => {
    expect(verdicts(recording(9, speech, 0.001), speech)).toEqual(good)
    const whole = [{ start: 0, end: 6 }]
    const syllables = recording(6, whole, 0.001).map((sample, at) =>
      (at / rateHz) % 0.4 < 0.34 ? sample : sample / 300,
    )
    expect(verdicts(syllables, whole)).toEqual(good)
  })

  it('measure noise between the words, but not a word that was not taken for one', () => {
    expect(verdicts(recording(9, speech, 0.15), speech)).toEqual({ ...good, noise: false })
    const missed = recording(12, [...speech, { start: 9, end: 9.6 }], 0.001)
    expect(verdicts(missed, speech)).toEqual(good)
  })

  it('find a voice that is too quiet, too short or too long', () => {
    expect(verdicts(recording(9, speech, 0.00001, 0.0015), speech)).toMatchObject({
      level: false,
      noise: true,
    })
    const short = [{ start: 1, end: 3 }]
    expect(verdicts(recording(5, short, 0.001), short)).toEqual({ ...good, speech: false })
    const long = [{ start: 0, end: 301 }]
    expect(verdicts(new Float32Array(302 * rateHz).fill(0.1), long).speech).toBe(false)
  })

  it('forgive a stranger’s word, but no second speaker', () => {
    expect(verdicts(recording(9, speech, 0.001), speech, [0, 1]).speakers).toBe(false)
    const word = [...speech, { start: 8.2, end: 9 }]
    expect(verdicts(recording(10, word, 0.001), word, [0, 0, 1]).speakers).toBe(true)
  })

  it('tell silence from music', () => {
    const advice = (samples: Float32Array) =>
      checkSample({ samples, clippedShare: 0 }, { speech: [], turns: [], mainVoice: null }).findings[0]!
        .advice
    expect(advice(new Float32Array(5 * rateHz))).toMatch(/silent/)
    expect(advice(recording(5, [{ start: 0, end: 5 }], 0))).toMatch(/music or noise/)
  })
})

describe('the clipping meter', () => {
  it('counts runs at full scale, across blocks, and no single peaks', () => {
    const meter = createClippingMeter()
    meter.add(Float32Array.of(0, 1, 0, -1, -1))
    meter.add(Float32Array.of(-1, -1, 0, 0, 1))
    expect(meter.share()).toBeCloseTo(0.4)
  })
})
