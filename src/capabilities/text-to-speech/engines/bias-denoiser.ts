import { createRealFft } from '../../../audio/fft-real'

/** Takes a vocoder's constant hum out of its sound. */
export interface BiasDenoiser {
  /** @param strength 0 leaves the sound as it is; NVIDIA's default is 0.01–0.1. */
  apply(samples: Float32Array, strength: number): Float32Array
}

const fftSamples = 1024
const hopSamples = fftSamples / 4

/**
 * NVIDIA's WaveGlow denoiser (`waveglow/denoiser.py`): the magnitudes of the hum's first frame, times the strength, are
 * subtracted from those of every frame, none below zero; phases stay. Frames are centred, 1024 samples of a periodic Hann
 * window, 256 apart, edges reflected; the overlaps are divided by the sum of the squared windows.
 *
 * @param bias At least half a frame of what the vocoder makes of nothing.
 */
export function createBiasDenoiser(bias: Float32Array): BiasDenoiser {
  const fft = createRealFft(fftSamples)
  const window = Float64Array.from(
    { length: fftSamples },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / fftSamples),
  )
  const scratch = new Float64Array(fftSamples)
  const spectrum = new Float64Array(fft.spectrumLength)
  const analyse = (samples: Float32Array, frame: number) => {
    const start = frame * hopSamples - fftSamples / 2
    for (let n = 0; n < fftSamples; n++)
      scratch[n] = window[n]! * samples[reflected(start + n, samples.length)]!
    fft.forward(scratch, spectrum)
  }
  analyse(bias, 0)
  const hum = Float64Array.from({ length: fftSamples / 2 + 1 }, (_, bin) =>
    Math.hypot(spectrum[2 * bin]!, spectrum[2 * bin + 1]!),
  )
  return {
    apply(samples, strength) {
      if (samples.length <= fftSamples / 2) return samples
      const sum = new Float64Array(samples.length)
      const weight = new Float64Array(samples.length)
      const frames = Math.floor(samples.length / hopSamples) + 1
      for (let frame = 0; frame < frames; frame++) {
        analyse(samples, frame)
        for (let bin = 0; bin < hum.length; bin++) {
          const magnitude = Math.hypot(spectrum[2 * bin]!, spectrum[2 * bin + 1]!)
          const scale = magnitude > 0 ? Math.max(0, 1 - (strength * hum[bin]!) / magnitude) : 0
          spectrum[2 * bin]! *= scale
          spectrum[2 * bin + 1]! *= scale
        }
        fft.inverse(spectrum, scratch)
        const start = frame * hopSamples - fftSamples / 2
        for (let n = Math.max(0, -start); n < fftSamples && start + n < samples.length; n++) {
          sum[start + n]! += window[n]! * scratch[n]!
          weight[start + n]! += window[n]! ** 2
        }
      }
      return Float32Array.from(sum, (value, index) => (weight[index]! > 1e-9 ? value / weight[index]! : 0))
    },
  }
}

function reflected(index: number, length: number): number {
  if (index < 0) return Math.min(length - 1, -index)
  return index < length ? index : Math.max(0, 2 * length - 2 - index)
}
