import { describe, expect, it } from 'vitest'
import { largestDifference } from '../testing/engine-fixtures'
import { createKaldiFbank } from './kaldi-fbank'
import { readFloats, speech } from './testing/tiny-model'

const options = { bins: 80, sampleRateHz: 16000, lowHz: 20, highHz: 7600, sampleScale: 1 }

describe('Kaldi’s filter bank', () => {
  it('agrees with kaldi-native-fbank', () => {
    const features = createKaldiFbank(options)(speech)
    const reference = readFloats('test/fixtures/engines/vosk/features.f32')
    expect(features.frames).toBe(reference.length / 80)
    // Measured 5.4e-4, where a quiet bin stands beside loud ones: kaldi-native-fbank computes in float32. It differs from
    // torchaudio by 8.2e-4.
    expect(largestDifference(features.data, reference)).toBeLessThan(2e-3)
  })

  it('has the floor’s logarithm everywhere in silence', () => {
    const { data, frames } = createKaldiFbank(options)(new Float32Array(1600))
    expect(frames).toBe(10)
    expect(data.every((value) => Math.abs(value - Math.log(1.1920928955078125e-7)) < 1e-5)).toBe(true)
  })

  it('multiplies samples for models that were trained on 16-bit values', () => {
    const plain = createKaldiFbank(options)(speech).data
    const scaled = createKaldiFbank({ ...options, sampleScale: 32768 })(speech).data
    const loudest = plain.indexOf(plain.reduce((a, b) => Math.max(a, b)))
    expect(scaled[loudest]! - plain[loudest]!).toBeCloseTo(2 * Math.log(32768), 3)
  })

  it('mirrors audio that is shorter than a frame', () => {
    const { data, frames } = createKaldiFbank(options)(speech.subarray(8000, 8100))
    expect(frames).toBe(1)
    expect(data.every(Number.isFinite)).toBe(true)
  })
})
