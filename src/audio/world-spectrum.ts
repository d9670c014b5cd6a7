/** Steps on power spectra that the envelope (CheapTrick) and the aperiodicity (D4C) of WORLD share. */

/** Twice the power of two at or below `least`: the transform length that WORLD takes. */
export function worldFftLength(least: number): number {
  return 2 ** (1 + Math.floor(Math.log2(least)))
}

export interface PitchWindow {
  shape: 'hann' | 'blackman'
  /** Length in periods of the pitch. */
  periods: number
}

/**
 * Cuts a window whose length follows the pitch out of a recording, without its mean, and pads it with zeros. Before
 * and after the recording is silence.
 *
 * @returns Samples of the window.
 */
export function cutPitchWindow(
  samples: Float32Array,
  centre: number,
  periodSamples: number,
  { shape, periods }: PitchWindow,
  out: Float64Array,
): number {
  const half = Math.round((periods * periodSamples) / 2)
  const length = 2 * half + 1
  const first = Math.round(centre) - half
  const step = (2 * Math.PI) / (periods * periodSamples)
  let sum = 0
  let weightSum = 0
  // The window is symmetric: its weights are worked out on the way up and used again below.
  const weights = new Float64Array(length)
  for (let n = 0; n <= half; n++) {
    const c = Math.cos(step * (n - half))
    const weight = shape === 'hann' ? 0.5 + 0.5 * c : 0.42 + 0.5 * c + 0.08 * (2 * c * c - 1)
    weights[n] = weight
    weights[length - 1 - n] = weight
  }
  for (let n = 0; n < length; n++) {
    const value = (samples[first + n] ?? 0) * weights[n]!
    out[n] = value
    sum += value
    weightSum += weights[n]!
  }
  const mean = sum / weightSum
  for (let n = 0; n < length; n++) out[n]! -= weights[n]! * mean
  out.fill(0, length)
  return length
}

/** Adds to the bins below the pitch their mirror image about it: removing the mean has emptied them. */
export function fillBelowPitch(power: Float64Array, pitchBins: number): void {
  const count = Math.floor(pitchBins) + 1
  const replica = new Float64Array(count)
  for (let bin = 0; bin < count; bin++) {
    const at = pitchBins - bin
    const low = Math.floor(at)
    replica[bin] = power[low]! + (at - low) * (power[low + 1]! - power[low]!)
  }
  for (let bin = 0; bin < count; bin++) power[bin]! += replica[bin]!
}

/** Moving average of `widthBins` (any fraction), the ends mirrored. */
export function createSmoothing(bins: number) {
  let running = new Float64Array(0)
  return (input: Float64Array, widthBins: number, output: Float64Array): void => {
    const edge = Math.floor(widthBins) + 1
    const length = bins + 2 * edge
    if (running.length < length) running = new Float64Array(length)
    let sum = 0
    for (let n = 0; n < length; n++) {
      const bin = n - edge
      sum += input[bin < 0 ? -bin : bin >= bins ? 2 * (bins - 1) - bin : bin]!
      running[n] = sum
    }
    // `running[n]` is the integral up to half a bin behind bin n − edge.
    const integral = (at: number) => {
      const place = at + edge - 0.5
      const low = Math.floor(place)
      return running[low]! + (place - low) * (running[low + 1]! - running[low]!)
    }
    for (let bin = 0; bin < bins; bin++) {
      output[bin] = (integral(bin + widthBins / 2) - integral(bin - widthBins / 2)) / widthBins
    }
  }
}
