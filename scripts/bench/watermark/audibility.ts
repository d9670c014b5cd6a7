import { createRealFft } from '../../../src/audio/fft-real'

/**
 * How audible a difference is: its power against the masking threshold of the sound, a Bark band at a time, in decibels
 * (the noise-to-mask ratio of ITU-R BS.1387, with the masking model of Johnston, "Transform Coding of Audio Signals
 * Using Perceptual Noise Criteria", 1988). Below 0 the sound hides it.
 */
export interface Audibility {
  /** Mean over frames of the mean over bands. */
  noiseToMaskDb: number
  /** Share of frames in which any band is above 0 by 1.5 dB or more: "disturbed" as BS.1387 counts. */
  disturbedShare: number
}

const windowSeconds = 0.032
const disturbedDb = 1.5
const silentPower = 1e-9
/** Of the ear, where full scale plays at 96 dB: −96 dB of full scale for every band. */
const quietestPower = 10 ** -9.6

const bark = (hz: number) => 13 * Math.atan(0.00076 * hz) + 3.5 * Math.atan((hz / 7500) ** 2)

export function audibilityOf(sound: Float32Array, marked: Float32Array, rateHz: number): Audibility {
  const length = Math.round(windowSeconds * rateHz)
  const fft = createRealFft(length)
  const bandOf = Array.from({ length: length / 2 }, (_, bin) => Math.floor(bark((bin * rateHz) / length)))
  const bandCount = Math.max(...bandOf) + 1
  const powers = (samples: Float32Array, at: number) => powersOf(samples, at, fft)
  let ratioSum = 0
  let frames = 0
  let disturbed = 0
  for (let at = 0; at + length <= sound.length; at += length / 2) {
    const signal = powers(sound, at)
    if (signal.reduce((sum, power) => sum + power, 0) < silentPower) continue
    const noise = powers(
      marked.subarray(at, at + length).map((value, index) => value - sound[at + index]!),
      0,
    )
    const masks = thresholds(signal, bandOf, bandCount)
    const noises = bandSums(noise, bandOf, bandCount)
    const ratios = masks.map((mask, band) => noises[band]! / mask)
    ratioSum += ratios.reduce((sum, ratio) => sum + ratio, 0) / bandCount
    if (Math.max(...ratios) > 10 ** (disturbedDb / 10)) disturbed += 1
    frames += 1
  }
  return {
    noiseToMaskDb: 10 * Math.log10(ratioSum / Math.max(1, frames)),
    disturbedShare: disturbed / Math.max(1, frames),
  }
}

/** With a scale at which a full-scale sine has a power of one. */
function powersOf(samples: Float32Array, at: number, fft: ReturnType<typeof createRealFft>): Float64Array {
  const { length } = fft
  const windowed = Float64Array.from(
    { length },
    (_, n) => samples[at + n]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length)),
  )
  const spectrum = new Float64Array(fft.spectrumLength)
  fft.forward(windowed, spectrum)
  const scale = (4 / length) ** 2 / 1.5
  return Float64Array.from(
    { length: length / 2 },
    (_, bin) => scale * (spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2),
  )
}

function bandSums(powers: Float64Array, bandOf: readonly number[], bandCount: number): number[] {
  const sums = new Array<number>(bandCount).fill(0)
  powers.forEach((power, bin) => (sums[bandOf[bin]!]! += power))
  return sums
}

/** Energy spread over the bands, lowered the more the sound is a tone: tones hide noise badly. */
function thresholds(powers: Float64Array, bandOf: readonly number[], bandCount: number): number[] {
  const energies = bandSums(powers, bandOf, bandCount)
  const logMean = powers.reduce((sum, power) => sum + Math.log10(power + 1e-15), 0) / powers.length
  const mean = powers.reduce((sum, power) => sum + power, 0) / powers.length
  const flatnessDb = 10 * (logMean - Math.log10(mean + 1e-15))
  const tonality = Math.min(1, Math.max(0, flatnessDb / -60))
  return energies.map((_, band) => {
    let spread = 0
    energies.forEach((energy, from) => (spread += energy * 10 ** (spreading(band - from) / 10)))
    const offsetDb = tonality * (14.5 + band) + (1 - tonality) * 5.5
    return Math.max(quietestPower, spread * 10 ** (-offsetDb / 10))
  })
}

/** Schroeder's spreading function, decibels. */
function spreading(distance: number): number {
  const shifted = distance + 0.474
  return 15.81 + 7.5 * shifted - 17.5 * Math.sqrt(1 + shifted * shifted)
}
