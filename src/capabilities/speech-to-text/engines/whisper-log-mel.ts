import { floats } from '../../../inference/float-tensor'
import type { Runtime } from '../../../inference/runtime'
import { FFT, FOLDED_WIDTH, logMelGraph } from './whisper-mel-graph'

/**
 * Whisper's features (openai/whisper, `audio.py`): log-mel of windows of 25 ms every 10 ms, eight decades deep at most,
 * scaled to about −1…1. Only the frames that hear something are computed; the rest of the window is silence.
 */
export interface LogMel {
  /** @returns [bins, frames]; `samples` beyond 160 × frames are not looked at. */
  compute(samples: Float32Array, frames: number): Promise<Float32Array>
  release(): Promise<void>
}

const HOP = 160
const HALF = FFT / 2
const QUARTER = FFT / 4
/** Frames a call of the graph: few enough to stay in the processor's cache. */
const BLOCK = 256
// The periodic Hann window; its value at 0 is 0, at N − n that of n.
const window = Float32Array.from(
  { length: HALF + 1 },
  (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / FFT),
)
/** Of decades below the loudest point. */
const DEPTH = 8
/** The graph's floor, 10⁻¹⁰, as a logarithm. */
const FLOOR = -10

export async function createLogMel(runtime: Runtime, bins: number): Promise<LogMel> {
  // The graph is ours and small: a GPU would lose more by copying than it gains.
  const session = await runtime.createSession(logMelGraph(bins), { providers: ['cpu'] })
  return {
    async compute(samples, frames) {
      const heard = Math.min(frames, Math.ceil((Math.min(samples.length, frames * HOP) + HALF) / HOP))
      const signal = padded(samples, frames * HOP, heard)
      const mel = new Float32Array(heard * bins)
      for (let first = 0; first < heard; first += BLOCK) {
        const count = Math.min(BLOCK, heard - first)
        const data = foldFrames(signal, first, count)
        const block = await session.run({ frames: { data, dims: [count, FOLDED_WIDTH] } })
        mel.set(floats(block, 'mel').data, first * bins)
      }
      return scaled(mel, bins, heard, frames)
    },
    release: () => session.release(),
  }
}

/** The window's samples, centred frames: half a window is mirrored at both ends, as by `torch.stft`. */
function padded(samples: Float32Array, length: number, frames: number): Float32Array {
  const out = new Float32Array(Math.max(frames * HOP + FFT, length + FFT))
  out.set(samples.subarray(0, length), HALF)
  for (let n = 1; n <= HALF; n++) {
    out[HALF - n] = out[HALF + n]!
    out[HALF + length - 1 + n] = out[HALF + length - 1 - n]!
  }
  return out
}

/** `count` windowed frames of the padded signal, folded for the graph. */
function foldFrames(signal: Float32Array, first: number, count: number): Float32Array {
  const out = new Float32Array(count * FOLDED_WIDTH)
  for (let frame = 0; frame < count; frame++) {
    const at = (first + frame) * HOP
    const cosEven = frame * FOLDED_WIDTH
    const cosOdd = cosEven + QUARTER + 1
    const sinEven = cosOdd + QUARTER
    const sinOdd = sinEven + QUARTER - 1
    const middle = signal[at + HALF]!
    out[cosEven] = middle
    out[cosOdd] = -middle
    for (let n = 1; n < QUARTER; n++) {
      const m = HALF - n
      const wn = window[n]!
      const wm = window[m]!
      const a = signal[at + n]! * wn
      const b = signal[at + FFT - n]! * wn
      const c = signal[at + m]! * wm
      const d = signal[at + FFT - m]! * wm
      out[cosEven + n] = a + b + (c + d)
      out[cosOdd + n] = a + b - (c + d)
      out[sinEven + n - 1] = a - b - (c - d)
      out[sinOdd + n - 1] = a - b + (c - d)
    }
    const a = signal[at + QUARTER]! * window[QUARTER]!
    const b = signal[at + FFT - QUARTER]! * window[QUARTER]!
    out[cosEven + QUARTER] = a + b
    out[sinOdd + QUARTER - 1] = a - b
  }
  return out
}

/** [heard, bins] of logarithms to [bins, frames], at most eight decades deep, (x + 4) / 4. */
function scaled(mel: Float32Array, bins: number, heard: number, frames: number): Float32Array {
  let loudest = FLOOR
  for (let n = mel.length - 1; n >= 0; n--) if (mel[n]! > loudest) loudest = mel[n]!
  const lowest = Math.max(FLOOR, loudest - DEPTH)
  const out = new Float32Array(bins * frames).fill((lowest + 4) / 4)
  for (let bin = 0; bin < bins; bin++) {
    for (let frame = 0; frame < heard; frame++) {
      out[bin * frames + frame] = (Math.max(lowest, mel[frame * bins + bin]!) + 4) / 4
    }
  }
  return out
}
