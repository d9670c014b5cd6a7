import { createRealFft } from '../../../audio/fft-real'

/** Rate of the samples that `createHumFinder` takes. */
export const humFinderRateHz = 4000

/** Lines of hum: mains frequency and harmonics that are there. */
export interface Hum {
  /** 50 or 60. */
  mainsHz: number
  /** Multiples of the frequency that was measured, ascending. */
  linesHz: number[]
}

const windowFrames = 16_384
const hopFrames = windowFrames / 2
const binHz = humFinderRateHz / windowFrames
const highestHz = 1000
/** Mains wander by less than this share of their frequency. */
const tolerance = 0.005
/** A line stands out of its surroundings by this ratio. */
const lineRatio = 10 ** (12 / 10)
/** Where there is hum, weaker lines at its multiples belong to it. */
const weakLineRatio = 10 ** (6 / 10)
/** Nobody hears lines that are weaker than this, of a full-scale sine. */
const faintestDb = -80
/** Power of such a line in its bin under the window. */
const faintest = ((windowFrames / 4) * 10 ** (faintestDb / 20)) ** 2
/** Of all windows, this share is quieter than what is taken for typical: pauses show what is always there. */
const typicalShare = 0.25
const surroundingsHz = 8
const fewestLines = 2

/**
 * Looks for lines at multiples of 50 or 60 Hz that are there most of the time: by bin a low quantile of the power over
 * all windows, which voices and notes that come and go do not raise.
 */
export function createHumFinder() {
  const fft = createRealFft(windowFrames)
  const bins = Math.ceil((highestHz + 2 * surroundingsHz) / binHz)
  const recent = new Float64Array(windowFrames)
  const windowed = new Float64Array(windowFrames)
  const spectrum = new Float64Array(fft.spectrumLength)
  const powers: Float64Array[] = []
  let filled = 0

  const analyse = () => {
    for (let n = 0; n < windowFrames; n++) {
      windowed[n] = recent[n]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / windowFrames))
    }
    fft.forward(windowed, spectrum)
    powers.push(
      Float64Array.from({ length: bins }, (_, bin) => spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2),
    )
    recent.copyWithin(0, hopFrames)
    filled -= hopFrames
  }
  return {
    /** @param samples One channel at `humFinderRateHz`. */
    add(samples: Float32Array): void {
      for (const sample of samples) {
        recent[filled++] = sample
        if (filled === windowFrames) analyse()
      }
    },
    /** Null where there is none, or less than two windows (six seconds) to tell. */
    hum(): Hum | null {
      if (powers.length < 2) return null
      const typical = Float64Array.from({ length: bins }, (_, bin) =>
        quantile(
          powers.map((power) => power[bin]!),
          typicalShare,
        ),
      )
      const found = [50, 60].map((mainsHz) => ({ mainsHz, ...linesOf(typical, mainsHz) }))
      const best = found.reduce((a, b) => (b.strength > a.strength ? b : a))
      return best.clear < fewestLines ? null : { mainsHz: best.mainsHz, linesHz: best.linesHz }
    },
  }
}

function linesOf(power: Float64Array, mainsHz: number) {
  const lines: { harmonic: number; hz: number; ratio: number }[] = []
  for (let harmonic = 1; harmonic * mainsHz <= highestHz; harmonic++) {
    const peak = strongestBin(power, harmonic * mainsHz)
    const ratio = power[peak]! / (floorAround(power, peak) + 1e-30)
    if (ratio >= weakLineRatio && power[peak]! >= faintest)
      lines.push({ harmonic, hz: binHz * interpolated(power, peak), ratio })
  }
  const clear = lines.filter(({ ratio }) => ratio >= lineRatio)
  const weight = clear.reduce((sum, { ratio, harmonic }) => sum + ratio * harmonic, 0)
  const fundamentalHz = clear.reduce((sum, { hz, ratio }) => sum + ratio * hz, 0) / weight
  return {
    // Lines are known better by all of them than each by itself.
    linesHz: lines.map(({ harmonic }) => harmonic * fundamentalHz),
    clear: clear.length,
    strength: clear.reduce((sum, { ratio }) => sum + Math.log10(ratio), 0),
  }
}

function strongestBin(power: Float64Array, hz: number): number {
  const reach = Math.max(2, Math.ceil((hz * tolerance) / binHz))
  const centre = Math.round(hz / binHz)
  let best = centre
  for (let bin = centre - reach; bin <= centre + reach; bin++) if (power[bin]! > power[best]!) best = bin
  return best
}

function floorAround(power: Float64Array, bin: number): number {
  const reach = Math.round(surroundingsHz / binHz)
  return quantile(Array.from(power.subarray(Math.max(0, bin - reach), bin + reach + 1)), 0.5)
}

/** Where a parabola through the logarithms of three bins has its peak. */
function interpolated(power: Float64Array, bin: number): number {
  const [left, middle, right] = [-1, 0, 1].map((step) => Math.log(power[bin + step]! + 1e-30))
  const curve = left! - 2 * middle! + right!
  return curve < 0 ? bin + Math.max(-0.5, Math.min(0.5, (0.5 * (left! - right!)) / curve)) : bin
}

function quantile(values: number[], share: number): number {
  return values.sort((a, b) => a - b)[Math.floor(share * values.length)]!
}
