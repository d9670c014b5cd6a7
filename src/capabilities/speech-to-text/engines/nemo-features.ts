import { createMelBank } from './mel-bank'

/** Features of a window of speech, [bins, frames], row-major. */
export interface NemoFeatures {
  data: Float32Array
  bins: number
  frames: number
}

export interface NemoFeatureOptions {
  bins: number
  sampleRateHz: number
  /** `per_feature`: every bin has mean 0 and deviation 1 over the window. */
  normalize: 'per_feature' | 'none'
}

const FRAME_SECONDS = 0.025
const HOP_SECONDS = 0.01
const PREEMPHASIS = 0.97
const LOG_GUARD = 2 ** -24
const DEVIATION_GUARD = 1e-5

/**
 * NeMo's AudioToMelSpectrogramPreprocessor without dither: pre-emphasis of the whole signal, a symmetric Hann window of
 * 25 ms in the middle of each FFT frame, frames centred on every 10 ms with zeros around the signal, Slaney's mel
 * filters, log(x + 2⁻²⁴). https://github.com/NVIDIA/NeMo, nemo/collections/asr/parts/preprocessing/features.py
 */
export function createNemoFeatures(options: NemoFeatureOptions): (samples: Float32Array) => NemoFeatures {
  const { bins, sampleRateHz } = options
  const length = Math.round(FRAME_SECONDS * sampleRateHz)
  const hop = Math.round(HOP_SECONDS * sampleRateHz)
  const fftLength = 2 ** Math.ceil(Math.log2(length))
  const margin = (fftLength - length) / 2
  const bank = createMelBank({
    bins,
    sampleRateHz,
    fftLength,
    lowHz: 0,
    highHz: sampleRateHz / 2,
    scale: 'slaney',
  })
  const window = Float64Array.from(
    { length },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (length - 1)),
  )
  const frame = new Float64Array(fftLength)
  const energies = new Float64Array(bins)

  return (samples) => {
    const frames = Math.floor(samples.length / hop)
    const data = new Float32Array(bins * frames)
    const signal = emphasised(samples, length / 2)
    for (let index = 0; index < frames; index++) {
      const start = index * hop
      for (let n = 0; n < length; n++) frame[margin + n] = signal[start + n]! * window[n]!
      bank.energies(frame, energies, 0)
      for (let bin = 0; bin < bins; bin++) data[bin * frames + index] = Math.log(energies[bin]! + LOG_GUARD)
    }
    if (options.normalize === 'per_feature') normalizeRows(data, bins, frames)
    return { data, bins, frames }
  }
}

/** The signal's differences, with `margin` zeros on both sides. */
function emphasised(samples: Float32Array, margin: number): Float64Array {
  const signal = new Float64Array(samples.length + 2 * margin)
  let before = 0
  for (let n = 0; n < samples.length; n++) {
    const sample = samples[n]!
    signal[margin + n] = sample - PREEMPHASIS * before
    before = sample
  }
  return signal
}

function normalizeRows(data: Float32Array, rows: number, width: number): void {
  for (let at = 0; at < rows * width; at += width) {
    let mean = 0
    for (let n = at; n < at + width; n++) mean += data[n]!
    mean /= width
    let square = 0
    for (let n = at; n < at + width; n++) square += (data[n]! - mean) ** 2
    const deviation = (width > 1 ? Math.sqrt(square / (width - 1)) : 0) + DEVIATION_GUARD
    for (let n = at; n < at + width; n++) data[n] = (data[n]! - mean) / deviation
  }
}
