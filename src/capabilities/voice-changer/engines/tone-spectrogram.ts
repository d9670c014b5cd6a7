import { createRealFft } from '../../../audio/fft-real'
import { createSampleHistory } from '../sample-history'

/** Magnitudes of a stream, frame by frame, bins from 0 Hz up. */
export interface ToneSpectrogram {
  push(samples: Float32Array): Float32Array[]
  /** The rest: in all a frame for each hop, the last one begun counted. */
  finish(): Float32Array[]
}

const floorPower = 1e-6

/**
 * The linear spectrogram of VITS and OpenVoice (`spectrogram_torch`): periodic Hann windows, the middle of frame t at
 * hop t + ½, and the sound mirrored at both ends. Silence fills the last hop.
 */
export function createToneSpectrogram(windowSamples: number, hopSamples: number): ToneSpectrogram {
  const fft = createRealFft(windowSamples)
  const window = Float64Array.from(
    { length: windowSamples },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / windowSamples),
  )
  const scratch = new Float64Array(windowSamples)
  const spectrum = new Float64Array(fft.spectrumLength)
  const margin = (windowSamples - hopSamples) / 2
  const history = createSampleHistory()
  let next = 0

  const frameAt = (start: number, last: number): Float32Array => {
    for (let n = 0; n < windowSamples; n++) {
      const place = Math.abs(start + n)
      scratch[n] = window[n]! * history.at(place > last ? 2 * last - place : place)
    }
    fft.forward(scratch, spectrum)
    return Float32Array.from({ length: windowSamples / 2 + 1 }, (_, bin) =>
      Math.sqrt(spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2 + floorPower),
    )
  }
  const framesUntil = (end: number, last: number): Float32Array[] => {
    const frames: Float32Array[] = []
    for (; next < end; next++) frames.push(frameAt(next * hopSamples - margin, last))
    history.forgetBefore(next * hopSamples - margin)
    return frames
  }

  return {
    push(samples) {
      history.append(samples)
      return framesUntil(Math.floor((history.end() - windowSamples + margin) / hopSamples) + 1, Infinity)
    },
    finish() {
      const length = history.end()
      if (length === 0) return []
      const end = Math.ceil(Math.max(length, margin + 1) / hopSamples)
      history.append(new Float32Array(end * hopSamples - length))
      return framesUntil(end, end * hopSamples - 1)
    },
  }
}
