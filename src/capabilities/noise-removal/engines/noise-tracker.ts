/** Finds steady noise as the floor of the spectrum over some blocks. */
export interface NoiseTracker {
  /** Powers of a block, [spectrum][bin]. */
  add(powers: readonly Float64Array[]): void
  /** Mean power of the noise by bin, over the last blocks; the same array every time. */
  noise(): Float64Array
}

/** Time constant of the smoothing in spectra. */
const smoothing = 0.85
/** Bins on each side whose median a bin's noise is: noise is broad, held tones are narrow. */
const medianReach = 12

/**
 * Minimum statistics (Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics",
 * 2001) with a fixed smoothing: the minimum of the smoothed power over several seconds, raised by what a minimum of noise
 * lies below its mean, then the median over neighbouring bins.
 */
export function createNoiseTracker(bins: number, blocks: number): NoiseTracker {
  const smoothed = new Float64Array(bins)
  /** Spectra with sound in them; the first one's window is half filled only. */
  let heard = 0
  const minima: Float64Array[] = []
  const lowest = new Float64Array(bins)
  const noise = new Float64Array(bins)
  return {
    add(powers) {
      const minimum = new Float64Array(bins).fill(Infinity)
      for (const power of powers) {
        // Digital silence, as before the beginning and after the end, says nothing of the noise.
        if (!power.some((value) => value > 0) || ++heard === 1) continue
        for (let bin = 0; bin < bins; bin++) {
          smoothed[bin] = heard > 2 ? smoothing * smoothed[bin]! + (1 - smoothing) * power[bin]! : power[bin]!
          minimum[bin] = Math.min(minimum[bin]!, smoothed[bin]!)
        }
      }
      minima.push(minimum)
      if (minima.length > blocks) minima.shift()
    },
    noise() {
      for (let bin = 0; bin < bins; bin++) {
        let value = Infinity
        for (const minimum of minima) value = Math.min(value, minimum[bin]!)
        lowest[bin] = Number.isFinite(value) ? value : 0
      }
      medians(lowest, noise)
      for (let bin = 0; bin < bins; bin++) noise[bin]! *= minimumBias
      return noise
    },
  }
}

/** Mean of white noise's power over the minimum that 17 blocks of 46 spectra give; measured, see the test. */
export const minimumBias = 2.6

function medians(values: Float64Array, out: Float64Array): void {
  const last = values.length - 1
  for (let bin = 0; bin <= last; bin++) {
    const near = values.slice(Math.max(0, bin - medianReach), Math.min(last, bin + medianReach) + 1).sort()
    out[bin] = near[near.length >> 1]!
  }
}
