import { createRealFft } from './fft-real'
import { createSmoothing, cutPitchWindow, fillBelowPitch, worldFftLength } from './world-spectrum'

/** Finds how much of a voice is breath: the share of noise, by frequency. */
export interface AperiodicityAnalyser {
  /** Samples on either side of a frame's centre that are looked at. */
  reach: number
  /**
   * @param samples Any part of a recording; what lies outside counts as silence.
   * @param centre Of the frame, in samples from the beginning of `samples`.
   * @param pitchHz Above 0.
   * @param aperiodicity Gets amplitude ratios of 0–1, one a bin from 0 Hz to half the rate.
   * @returns Whether the frame is voiced after all; all is noise where it is not.
   */
  analyse(samples: Float32Array, centre: number, pitchHz: number, aperiodicity: Float64Array): boolean
}

const floorHz = 47
const bandHz = 3000
const highestBandHz = 15_000
/** Share of the power below 4 kHz from which a frame is voiced. */
const voicedShare = 0.85
const mostPeriodicDb = -60
const safeguard = 1e-12
/** Of a bin: that of a window of rounding noise. */
const quietestPower = 1e-9

/**
 * D4C with its “love train” (M. Morise, D4C, a band-aperiodicity estimator for high-quality speech synthesis, 2016):
 * in a periodic sound the group delay, made independent of the place in the period, is a sine over frequency; how much
 * of it is something else is read off in bands of 3 kHz.
 */
export function createAperiodicityAnalyser(sampleRateHz: number, bins: number): AperiodicityAnalyser {
  const fftLength = worldFftLength((4 * sampleRateHz) / floorHz + 1)
  const fftBins = fftLength / 2 + 1
  const fft = createRealFft(fftLength)
  const smooth = createSmoothing(fftBins)
  const frame = new Float64Array(fftLength)
  const spectrum = new Float64Array(fft.spectrumLength)
  const weighted = new Float64Array(fft.spectrumLength)
  const centroid = new Float64Array(fftBins)
  const power = new Float64Array(fftBins)
  const delay = new Float64Array(fftBins)
  const smoothed = new Float64Array(fftBins)
  const bandCount = Math.max(0, Math.floor(Math.min(highestBandHz, sampleRateHz / 2 - bandHz) / bandHz))
  const measureBand = createBandMeasure(fftLength, sampleRateHz)
  const binOf = (hz: number) => Math.min(fftBins - 1, Math.ceil((hz * fftLength) / sampleRateHz))
  const [lowBin, middleBin, highBin] = [binOf(100), binOf(4000), binOf(7900)]

  const isVoiced = (samples: Float32Array, centre: number, period: number): boolean => {
    cutPitchWindow(samples, centre, period, { shape: 'blackman', periods: 3 }, frame)
    fft.forward(frame, spectrum)
    let below = 0
    let all = 0
    for (let bin = lowBin + 1; bin <= highBin; bin++) {
      const value = spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2
      all += value
      if (bin <= middleBin) below += value
    }
    return below > voicedShare * all
  }

  /** Adds the energy centroid about one instant. */
  const addCentroid = (samples: Float32Array, centre: number, period: number) => {
    const length = cutPitchWindow(samples, centre, period, { shape: 'blackman', periods: 4 }, frame)
    let energy = safeguard
    for (let n = 0; n < length; n++) energy += frame[n]! ** 2
    fft.forward(frame, spectrum)
    for (let n = 0; n < length; n++) frame[n]! *= (n + 1) / energy
    fft.forward(frame, weighted)
    for (let bin = 0; bin < fftBins; bin++) {
      const a = 2 * bin
      centroid[bin]! += spectrum[a]! * weighted[a]! + spectrum[a + 1]! * weighted[a + 1]!
    }
  }

  const measureDelay = (samples: Float32Array, centre: number, period: number) => {
    const pitchBins = fftLength / period
    centroid.fill(0)
    addCentroid(samples, centre - 0.25 * period, period)
    addCentroid(samples, centre + 0.25 * period, period)
    fillBelowPitch(centroid, pitchBins)
    cutPitchWindow(samples, centre, period, { shape: 'hann', periods: 4 }, frame)
    fft.forward(frame, spectrum)
    for (let bin = 0; bin < fftBins; bin++) {
      power[bin] = spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2
    }
    fillBelowPitch(power, pitchBins)
    smooth(power, pitchBins, power)
    for (let bin = 0; bin < fftBins; bin++) delay[bin] = centroid[bin]! / Math.max(power[bin]!, quietestPower)
    smooth(delay, pitchBins / 2, delay)
    smooth(delay, pitchBins, smoothed)
    for (let bin = 0; bin < fftBins; bin++) delay[bin]! -= smoothed[bin]!
  }

  return {
    reach: Math.ceil((2.5 * sampleRateHz) / floorHz) + 1,
    analyse(samples, centre, pitchHz, aperiodicity) {
      const period = sampleRateHz / Math.max(pitchHz, floorHz)
      if (!isVoiced(samples, centre, period)) {
        aperiodicity.fill(1 - safeguard)
        return false
      }
      measureDelay(samples, centre, period)
      const levels = [mostPeriodicDb]
      for (let band = 1; band <= bandCount; band++) {
        const centreBin = Math.floor((band * bandHz * fftLength) / sampleRateHz)
        levels.push(Math.min(0, measureBand(delay, centreBin) + (pitchHz - 100) / 50))
      }
      spread(levels, aperiodicity, sampleRateHz / 2 / (bins - 1))
      return true
    },
  }
}

/** In one band: decibels of all but the strongest lines of the delay's own spectrum, against all of it. */
function createBandMeasure(fftLength: number, sampleRateHz: number) {
  const half = Math.floor((bandHz * fftLength) / sampleRateHz)
  const length = 2 * half + 1
  const window = Float64Array.from({ length }, (_, n) => nuttall(n / (length - 1)))
  // The lines are as well told apart without the padding of the original, at an eighth of its work.
  const fft = createRealFft(2 ** Math.ceil(Math.log2(length)))
  const signal = new Float64Array(fft.length)
  const spectrum = new Float64Array(fft.spectrumLength)
  const largest = new Float64Array(Math.round((fft.length * 8) / length) + 1)
  return (delay: Float64Array, centreBin: number): number => {
    signal.fill(0)
    for (let n = 0; n < length; n++) signal[n] = (delay[centreBin - half + n] ?? 0) * window[n]!
    fft.forward(signal, spectrum)
    largest.fill(0)
    let all = safeguard
    for (let bin = 0; bin <= fft.length / 2; bin++) {
      const power = spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2
      all += power
      if (power > largest[0]!) insert(largest, power)
    }
    const rest = all - largest.reduce((sum, power) => sum + power, 0)
    return 10 * Math.log10(Math.max(rest, safeguard) / all)
  }
}

/** Puts a value in its place among ascending ones; the least of them goes. */
function insert(ascending: Float64Array, value: number): void {
  let place = 0
  for (; place + 1 < ascending.length && ascending[place + 1]! < value; place++) {
    ascending[place] = ascending[place + 1]!
  }
  ascending[place] = value
}

function nuttall(x: number): number {
  const turn = 2 * Math.PI * x
  return 0.355768 - 0.487396 * Math.cos(turn) + 0.144232 * Math.cos(2 * turn) - 0.012604 * Math.cos(3 * turn)
}

/** From decibels in steps of a band to amplitudes in bins; all noise at half the rate. */
function spread(levels: readonly number[], out: Float64Array, binHz: number): void {
  const lastHz = (levels.length - 1) * bandHz
  const endHz = (out.length - 1) * binHz
  for (let bin = 0; bin < out.length; bin++) {
    const hz = bin * binHz
    const band = Math.min(Math.floor(hz / bandHz), levels.length - 1)
    const next = levels[band + 1] ?? 0
    const width = band === levels.length - 1 ? endHz - lastHz : bandHz
    const level = levels[band]! + ((hz - band * bandHz) / width) * (next - levels[band]!)
    out[bin] = 10 ** (Math.min(0, level) / 20)
  }
}
