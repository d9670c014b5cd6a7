import { describe, expect, it } from 'vitest'
import { largestDifference } from '../testing/engine-fixtures'
import { createNemoFeatures } from './nemo-features'
import { readFloats, speech } from './testing/tiny-model'

const fixtures = 'test/fixtures/engines/nemo'

describe('NeMo features', () => {
  it.each([80, 128])('agree with NeMo’s own FilterbankFeatures of %i bins', (bins) => {
    const features = createNemoFeatures({ bins, sampleRateHz: 16000, normalize: 'per_feature' })(speech)
    const reference = readFloats(`${fixtures}/features-${bins}.f32`)
    expect(features.frames).toBe(reference.length / bins)
    // Measured 3.9e-5: NeMo computes in float32.
    expect(largestDifference(features.data, reference)).toBeLessThan(1e-4)
  })

  it('are zero for silence, whose deviation is nothing', () => {
    const { data, frames } = createNemoFeatures({ bins: 80, sampleRateHz: 16000, normalize: 'per_feature' })(
      new Float32Array(16000),
    )
    expect(frames).toBe(100)
    expect(largestDifference(data, new Float32Array(data.length))).toBeLessThan(1e-3)
  })

  it('are the logarithm alone where the model asks for no normalisation', () => {
    const { data } = createNemoFeatures({ bins: 80, sampleRateHz: 16000, normalize: 'none' })(
      new Float32Array(1600),
    )
    expect(data[0]).toBeCloseTo(Math.log(2 ** -24), 5)
  })
})
