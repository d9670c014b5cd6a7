import { createRealFft } from '../fft-real'

export interface LevelOptions {
  sampleRateHz: number
  hopSamples: number
  /** Even; a power of two is quickest. */
  windowSamples: number
  /** Nothing is quieter. */
  floorDb: number
}

/**
 * A-weighted level of each frame in dB, frame n in the middle of sample n × hopSamples: what DDSP decoders take for
 * loudness. A sine of 1 kHz and amplitude 1 has −3.01 dB.
 *
 * @returns ⌈samples ÷ hopSamples⌉ values.
 */
export function aWeightedLevels(
  samples: Float32Array,
  { sampleRateHz, hopSamples, windowSamples, floorDb }: LevelOptions,
): Float32Array {
  const fft = createRealFft(windowSamples)
  const window = Float64Array.from(
    { length: windowSamples },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / windowSamples),
  )
  const windowPower = window.reduce((sum, value) => sum + value * value, 0)
  const weights = Float64Array.from(
    { length: windowSamples / 2 + 1 },
    (_, bin) => aWeighting((bin * sampleRateHz) / windowSamples) ** 2,
  )
  const signal = new Float64Array(windowSamples)
  const spectrum = new Float64Array(fft.spectrumLength)
  return Float32Array.from({ length: Math.ceil(samples.length / hopSamples) }, (_, frame) => {
    const start = frame * hopSamples - windowSamples / 2
    for (let n = 0; n < windowSamples; n++) signal[n] = (samples[start + n] ?? 0) * window[n]!
    fft.forward(signal, spectrum)
    let power = 0
    for (let bin = 0; bin < weights.length; bin++) {
      power += weights[bin]! * (spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2)
    }
    return Math.max(floorDb, 10 * Math.log10((2 * power) / (windowSamples * windowPower) + 1e-12))
  })
}

/** IEC 61672-1, linear: 1 at 1 kHz. */
function aWeighting(hz: number): number {
  const square = hz * hz
  const [low, lower, upper, high] = [20.598997, 107.65265, 737.86223, 12194.217].map(
    (pole) => pole * pole,
  ) as [number, number, number, number]
  return (
    (1.2588966 * high * square * square) /
    ((square + low) * Math.sqrt((square + lower) * (square + upper)) * (square + high))
  )
}
