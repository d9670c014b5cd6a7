import { createMelBank } from './mel-bank'

/** Features of a window of speech, [frames, bins], row-major. */
export interface FrameFeatures {
  data: Float32Array
  frames: number
  bins: number
}

export interface KaldiFbankOptions {
  bins: number
  sampleRateHz: number
  lowHz: number
  highHz: number
  /** Samples of −1…1 are multiplied by this: 1 for models trained through lhotse, 32768 for those of Kaldi itself. */
  sampleScale: number
}

const FRAME_SECONDS = 0.025
const HOP_SECONDS = 0.01
const PREEMPHASIS = 0.97
/** Energies below this are raised to it: float32's epsilon. */
const FLOOR = 1.1920928955078125e-7

/**
 * Kaldi's log mel filter bank as icefall and sherpa-onnx set it: 25 ms Povey window every 10 ms, frames centred on their
 * hops with the signal mirrored at its ends (`snip_edges=false`), mean removed, no dither.
 */
export function createKaldiFbank(options: KaldiFbankOptions): (samples: Float32Array) => FrameFeatures {
  const { bins, sampleRateHz, sampleScale } = options
  const length = Math.round(FRAME_SECONDS * sampleRateHz)
  const hop = Math.round(HOP_SECONDS * sampleRateHz)
  const bank = createMelBank({ ...options, scale: 'kaldi', fftLength: 2 ** Math.ceil(Math.log2(length)) })
  const window = Float64Array.from(
    { length },
    (_, n) => (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (length - 1))) ** 0.85,
  )
  const frame = new Float64Array(bank.fftLength)
  const energies = new Float64Array(bins)

  const readFrame = (samples: Float32Array, start: number): void => {
    let mean = 0
    for (let n = 0; n < length; n++) {
      frame[n] = samples[mirrored(start + n, samples.length)]! * sampleScale
      mean += frame[n]!
    }
    mean /= length
    // From the end on, so that the sample before is still untouched.
    for (let n = length - 1; n >= 0; n--) {
      const before = frame[Math.max(0, n - 1)]! - mean
      frame[n] = (frame[n]! - mean - PREEMPHASIS * before) * window[n]!
    }
  }
  return (samples) => {
    const frames = Math.floor((samples.length + hop / 2) / hop)
    const data = new Float32Array(frames * bins)
    for (let index = 0; index < frames; index++) {
      readFrame(samples, Math.round((index + 0.5) * hop - length / 2))
      bank.energies(frame, energies, 0)
      for (let bin = 0; bin < bins; bin++)
        data[index * bins + bin] = Math.log(Math.max(energies[bin]!, FLOOR))
    }
    return { data, frames, bins }
  }
}

/** The sample's index when the signal is mirrored at both ends, the end samples being said twice. */
function mirrored(index: number, length: number): number {
  let at = index
  while (at < 0 || at >= length) at = at < 0 ? -at - 1 : 2 * length - 1 - at
  return at
}
