import { describe, expect, it } from 'vitest'
import { integratedLoudness } from './loudness'

function sine(hz: number, amplitude: number, seconds: number, rateHz: number): Float32Array {
  return Float32Array.from(
    { length: seconds * rateHz },
    (_, index) => amplitude * Math.sin((2 * Math.PI * hz * index) / rateHz),
  )
}

describe('integrated loudness', () => {
  // ITU-R BS.1770-4, annex 1: a 0 dBFS sine at 997 Hz in one channel reads −3.01 LKFS.
  it.each([16_000, 44_100, 48_000])('reads the calibration tone of BS.1770 at %i Hz', (rateHz) => {
    expect(integratedLoudness(sine(997, 1, 4, rateHz), rateHz)).toBeCloseTo(-3.01, 1)
  })

  it('leaves silence and quiet passages out, as EBU Tech 3341 case 3 asks', () => {
    const rateHz = 16_000
    const loud = sine(1000, 10 ** (-23 / 20), 6, rateHz)
    const quiet = sine(1000, 10 ** (-36 / 20), 6, rateHz)
    const mixed = new Float32Array(loud.length + 2 * quiet.length)
    mixed.set(quiet)
    mixed.set(loud, quiet.length)
    expect(integratedLoudness(mixed, rateHz)).toBeCloseTo(integratedLoudness(loud, rateHz), 0)
    expect(integratedLoudness(new Float32Array(rateHz), rateHz)).toBe(-70)
    expect(integratedLoudness(new Float32Array(0), rateHz)).toBe(-70)
  })
})
