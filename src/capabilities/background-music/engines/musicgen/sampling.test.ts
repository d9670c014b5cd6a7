import { describe, expect, it } from 'vitest'

import { createRandom } from '../../../../audio/synthesis/noise'
import { createSampler, greedy } from './sampling'

describe('sampling', () => {
  const logits = Float32Array.of(-1, 2, 0.5, 2, -3, 1)
  const draw = (topK: number, temperature: number, seed = 1, count = 20_000) => {
    const pick = createSampler({ topK, temperature }, createRandom(seed))
    const counts = new Float64Array(logits.length)
    for (let round = 0; round < count; round++) counts[pick(logits)]! += 1 / count
    return counts
  }
  /** Of the codes that are allowed. */
  const softmax = (allowed: readonly number[], temperature: number) => {
    const weights = [...logits].map((value, code) =>
      allowed.includes(code) ? Math.exp(value / temperature) : 0,
    )
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return weights.map((weight) => weight / sum)
  }

  it.each([
    { topK: 6, temperature: 1, allowed: [0, 1, 2, 3, 4, 5] },
    { topK: 250, temperature: 0.5, allowed: [0, 1, 2, 3, 4, 5] },
    { topK: 3, temperature: 1, allowed: [1, 3, 5] },
    // The two likeliest are as likely as each other.
    { topK: 1, temperature: 2, allowed: [1, 3] },
  ])('draws by the probability of those allowed: %o', ({ topK, temperature, allowed }) => {
    const expected = softmax(allowed, temperature)
    draw(topK, temperature).forEach((share, code) => {
      // Five standard deviations of the share.
      const tolerance = 5 * Math.sqrt((expected[code]! * (1 - expected[code]!)) / 20_000)
      expect(Math.abs(share - expected[code]!)).toBeLessThanOrEqual(tolerance)
    })
  })

  it('is the same for the same seed, another for another', () => {
    const row = (seed: number) => {
      const pick = createSampler({ topK: 6, temperature: 1 }, createRandom(seed))
      return Array.from({ length: 50 }, () => pick(logits)).join('')
    }
    expect(row(3)).toBe(row(3))
    expect(row(3)).not.toBe(row(4))
    expect(greedy(logits)).toBe(1)
  })
})
