import { describe, expect, it } from 'vitest'
import { createStftPlan } from './stft'

describe('streaming STFT', () => {
  it('gives the signal back, one hop late', () => {
    const plan = createStftPlan(1536)
    const analysis = plan.createAnalysis()
    const synthesis = plan.createSynthesis()
    const hops = 6
    const signal = Float32Array.from(
      { length: hops * plan.hopSamples },
      (_, n) => Math.sin(n * 0.37) + Math.sin(n * n * 1e-5),
    )
    const out = new Float32Array(signal.length)
    const spectrum = new Float64Array(plan.spectrumLength)
    for (let hop = 0; hop < hops; hop++) {
      analysis.push(signal, hop * plan.hopSamples, spectrum)
      synthesis.push(spectrum, out, hop * plan.hopSamples)
    }
    const late = plan.windowSamples - plan.hopSamples
    for (let n = 0; n < signal.length - late; n++) expect(out[n + late]).toBeCloseTo(signal[n]!, 6)
  })

  it('puts a tone at its bin with the window’s gain', () => {
    const plan = createStftPlan(960)
    const analysis = plan.createAnalysis()
    const signal = Float32Array.from({ length: 960 }, (_, n) => Math.cos((2 * Math.PI * 20 * n) / 960))
    const spectrum = new Float64Array(plan.spectrumLength)
    analysis.push(signal, 0, spectrum)
    analysis.push(signal, 480, spectrum)
    // The sum of sin(πn/N) over a window is cot(π/2N) ≈ 2N/π; a real tone's bin holds half of it.
    expect(Math.hypot(spectrum[40]!, spectrum[41]!)).toBeCloseTo(960 / Math.PI, 1)
  })
})
