import { describe, expect, it } from 'vitest'
import { sineOfTurns, softClip } from './waves'

const largest = (from: number, to: number, error: (x: number) => number) =>
  Math.max(...Array.from({ length: 5001 }, (_, step) => Math.abs(error(from + ((to - from) * step) / 5000))))

describe('quick waves', () => {
  it('keep to the sine, before and after zero', () => {
    expect(largest(-3.3, 5.7, (x) => sineOfTurns(x) - Math.sin(2 * Math.PI * x))).toBeLessThan(1.2e-6)
  })

  it('keep to tanh, and within ±1', () => {
    expect(largest(-40, 40, (x) => softClip(x) - Math.tanh(x))).toBeLessThan(1e-4)
    expect(largest(-40, 40, softClip)).toBeLessThanOrEqual(1)
  })
})
