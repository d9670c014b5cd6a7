import { createRealFft } from '../fft-real'
import { createRandom, createWhiteNoise } from './noise'

/** What a decoder says of so many frames; rows lie one behind the other. */
export interface DdspControls {
  /** Hz, one a frame. */
  pitchHz: Float32Array
  /** Linear, [frames × harmonics]: of the sines at 1, 2, … times the pitch. */
  amplitudes: Float32Array
  /** Linear, [frames × noiseBands]: the noise filter's response, evenly spaced from 0 Hz to half the sampling rate. */
  noise: Float32Array
}

export interface DdspOptions {
  sampleRateHz: number
  /** Between frames. */
  hopSamples: number
  harmonics: number
  /** Of the filter's response; at most one more than hopSamples, as a frame may reach no further than its neighbours. */
  noiseBands: number
  /** Of the noise. */
  seed: number
}

/** A voice of sines and filtered noise that comes frame by frame. How frames are cut into calls changes nothing. */
export interface DdspVoice {
  /** All samples that are decided: a frame sounds once the one after it is known. */
  push(controls: DdspControls): Float32Array
  /** The last frame, whose values hold. In all, frames × hopSamples samples came out. */
  finish(): Float32Array
}

interface Frame {
  pitchHz: number
  amplitudes: Float32Array
}

/**
 * The synthesiser of J. Engel, L. Hantrakul, C. Gu, A. Roberts: DDSP, Differentiable digital signal processing (2020):
 *
 * y[n] = Σₖ Aₖ[n] · sin(k·φ[n]) over k·f[n] below half the sampling rate, φ[n] = 2π Σ f[0…n] ÷ rate, f and Aₖ linear
 * between frames; and white noise, a hop of it at a time through the inverse transform of the frame's response, made
 * zero-phase and windowed by Hann, overlapping and added.
 *
 * @throws RangeError for more noise bands than the hop allows.
 */
export function createDdspVoice(options: DdspOptions): DdspVoice {
  const { harmonics, noiseBands, hopSamples } = options
  if (noiseBands > hopSamples + 1) throw new RangeError(`${noiseBands} bands need a longer hop`)
  const sines = createSines(options)
  const breath = createFilteredNoise(options)
  let waiting: Frame | null = null

  /** The waiting frame's samples, now that it is known what it goes over into. */
  const sound = (frame: Frame, following: Frame, out: Float32Array, at: number) => {
    const samples = out.subarray(at, at + hopSamples)
    breath.take(samples)
    sines(frame, following, samples)
  }

  return {
    push({ pitchHz, amplitudes, noise }) {
      const frames = pitchHz.length
      const out = new Float32Array(hopSamples * (waiting ? frames : Math.max(0, frames - 1)))
      let at = 0
      for (let index = 0; index < frames; index++) {
        const frame = {
          pitchHz: pitchHz[index]!,
          amplitudes: amplitudes.slice(index * harmonics, (index + 1) * harmonics),
        }
        breath.add(noise.subarray(index * noiseBands, (index + 1) * noiseBands))
        if (waiting) {
          sound(waiting, frame, out, at)
          at += hopSamples
        }
        waiting = frame
      }
      return out
    },
    finish() {
      if (!waiting) return new Float32Array(0)
      const out = new Float32Array(hopSamples)
      sound(waiting, waiting, out, 0)
      waiting = null
      return out
    },
  }
}

/** Adds a frame of sines. */
function createSines({ sampleRateHz, hopSamples, harmonics }: DdspOptions) {
  /** Turns of the fundamental, 0–1. */
  let turns = 0
  return (frame: Frame, following: Frame, out: Float32Array): void => {
    const { pitchHz, amplitudes } = frame
    for (let n = 0; n < hopSamples; n++) {
      const share = n / hopSamples
      const hz = pitchHz + share * (following.pitchHz - pitchHz)
      turns += hz / sampleRateHz
      turns -= Math.floor(turns)
      const below = Math.min(harmonics, Math.ceil(sampleRateHz / 2 / hz) - 1)
      // sin(kφ) = 2 cos φ · sin((k − 1)φ) − sin((k − 2)φ)
      const twice = 2 * Math.cos(2 * Math.PI * turns)
      let before = 0
      let sine = Math.sin(2 * Math.PI * turns)
      let sum = 0
      for (let k = 0; k < below; k++) {
        const amplitude = amplitudes[k]!
        sum += (amplitude + share * (following.amplitudes[k]! - amplitude)) * sine
        const next = twice * sine - before
        before = sine
        sine = next
      }
      out[n]! += sum
    }
  }
}

/** White noise through a filter that every frame sets anew. */
function createFilteredNoise({ hopSamples, noiseBands, seed }: DdspOptions) {
  const taps = 2 * (noiseBands - 1)
  const size = 2 ** Math.ceil(Math.log2(taps + hopSamples))
  const design = createRealFft(taps)
  const convolve = createRealFft(size)
  const window = Float64Array.from(
    { length: taps },
    (_, tap) => 0.5 - 0.5 * Math.cos((2 * Math.PI * tap) / taps),
  )
  const white = createWhiteNoise(createRandom(seed))
  const hop = new Float32Array(hopSamples)
  const response = new Float64Array(design.spectrumLength)
  const impulse = new Float64Array(taps)
  const signal = new Float64Array(size)
  const spectrum = new Float64Array(convolve.spectrumLength)
  const filter = new Float64Array(convolve.spectrumLength)
  /** What has been added so far, from the next output sample on. */
  const pending = new Float64Array(size + hopSamples)
  /** Where the next frame begins in it: filters reach half their length back. */
  let from = -taps / 2

  return {
    add(magnitudes: Float32Array): void {
      for (let band = 0; band < noiseBands; band++) {
        response[2 * band] = magnitudes[band]!
        response[2 * band + 1] = 0
      }
      design.inverse(response, impulse)
      signal.fill(0)
      for (let tap = 0; tap < taps; tap++) {
        signal[tap] = impulse[(tap + taps / 2) % taps]! * window[tap]!
      }
      convolve.forward(signal, filter)
      white(hop)
      signal.fill(0)
      signal.set(hop)
      convolve.forward(signal, spectrum)
      multiply(spectrum, filter)
      convolve.inverse(spectrum, signal)
      for (let n = Math.max(0, -from); n < taps + hopSamples; n++) pending[from + n]! += signal[n]!
      from += hopSamples
    },
    /** The next hop: to be called when the frame after it was added, or there is none. */
    take(out: Float32Array): void {
      for (let n = 0; n < out.length; n++) out[n]! += pending[n]!
      pending.copyWithin(0, hopSamples)
      pending.fill(0, pending.length - hopSamples)
      from -= hopSamples
    },
  }
}

/** Complex, in place: pairs of real and imaginary parts. */
function multiply(a: Float64Array, b: Float64Array): void {
  for (let n = 0; n < a.length; n += 2) {
    const real = a[n]! * b[n]! - a[n + 1]! * b[n + 1]!
    a[n + 1] = a[n]! * b[n + 1]! + a[n + 1]! * b[n]!
    a[n] = real
  }
}
