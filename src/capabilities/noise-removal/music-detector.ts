import { createRealFft } from '../../audio/fft-real'

/** Rate of the samples that `createMusicDetector` takes. */
export const detectorRateHz = 11_025

const windowFrames = 1024
const hopFrames = 512
const bins = windowFrames / 2
/** Neighbours on each side whose mean a bin must exceed to count as part of a tone. */
const neighbours = 10
const emphasisDb = 0.1
/** In a neper of amplitude. */
const decibels = 20 / Math.LN10
/** Spectra that one activation is counted over: 2.3 s, half of them shared with the next. */
const blockSpectra = 50
const strongestPeaks = 5
/** Spectra that one modulation is measured over: 4 s, half of them shared with the next. */
const modulationSpectra = 86
const modulationBands = 16
const [lowestBandBin, highestBandBin] = [8, 420]
const syllableHz = { from: 2.5, to: 6 }

const window = Float64Array.from(
  { length: windowFrames },
  (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / windowFrames),
)

/** What tells music from speech. */
export interface MusicEvidence {
  /** Continuous frequency activation: 1 to 3 for speech and noise, above 3 where tones are held. */
  activation: number
  /** Share of the level that comes and goes as syllables do, about four times a second; null for short recordings. */
  modulation: number | null
}

/**
 * Measures two published signs: how long partials stay where they are (continuous frequency activation: Seyerlehner,
 * Pohle, Schedl & Widmer, "Automatic Music Detection in Television Productions", 2007), and how strongly the level moves
 * at the rate of syllables (4 Hz modulation energy: Scheirer & Slaney, "Construction and Evaluation of a Robust
 * Multifeature Speech/Music Discriminator", 1997).
 */
export function createMusicDetector() {
  const fft = createRealFft(windowFrames)
  const recent = new Float64Array(windowFrames)
  const windowed = new Float64Array(windowFrames)
  const spectrum = new Float64Array(fft.spectrumLength)
  const powers = new Float64Array(bins)
  const tones = createToneCounter()
  const syllables = createSyllableMeter()
  let filled = 0

  const analyse = () => {
    multiply(recent, window, windowed)
    fft.forward(windowed, spectrum)
    squareMagnitudes(spectrum, powers)
    tones.add(powers)
    syllables.add(powers)
    recent.copyWithin(0, hopFrames)
    filled -= hopFrames
  }
  return {
    /** @param samples One channel at `detectorRateHz`, −1…1. */
    add(samples: Float32Array): void {
      for (let at = 0; at < samples.length;) {
        const taken = samples.subarray(at, at + windowFrames - filled)
        recent.set(taken, filled)
        filled += taken.length
        at += taken.length
        if (filled === windowFrames) analyse()
      }
    },
    evidence: (): MusicEvidence => ({ activation: tones.activation(), modulation: syllables.modulation() }),
  }
}

function multiply(a: Float64Array, b: Float64Array, product: Float64Array): void {
  for (let n = 0; n < product.length; n++) product[n] = a[n]! * b[n]!
}

function squareMagnitudes(spectrum: Float64Array, powers: Float64Array): void {
  for (let bin = 0; bin < powers.length; bin++) {
    const re = spectrum[2 * bin]!
    const im = spectrum[2 * bin + 1]!
    powers[bin] = re * re + im * im
  }
}

/** Held tones and no syllables. Recordings too short to tell are taken for speech. */
export function isMusic({ activation, modulation }: MusicEvidence): boolean {
  return activation > 3 && modulation !== null && modulation < 0.32
}

function createToneCounter() {
  const recent: Uint8Array[] = []
  const activations: number[] = []
  const levels = new Float64Array(bins + 2 * neighbours)
  let sinceLast = 0
  return {
    add(powers: Float64Array): void {
      recent.push(binarised(powers, levels))
      if (recent.length > blockSpectra) recent.shift()
      if (++sinceLast < blockSpectra / 2 || recent.length < blockSpectra) return
      sinceLast = 0
      activations.push(peakiness(recent))
    },
    activation(): number {
      const sorted = activations.toSorted((a, b) => a - b)
      return sorted[Math.floor(sorted.length / 2)] ?? 0
    },
  }
}

/**
 * Which bins stick out of their neighbourhood, whatever the level.
 *
 * @param levels Room for the levels, with as many of the first and the last beyond the ends as there are neighbours.
 */
function binarised(powers: Float64Array, levels: Float64Array): Uint8Array {
  // One step of 16-bit samples is where levels end.
  const perStep = 32768 / (windowFrames / 2)
  for (let bin = 0; bin < bins; bin++) {
    levels[neighbours + bin] = decibels * Math.log(Math.sqrt(powers[bin]!) * perStep + 1)
  }
  levels.fill(levels[neighbours]!, 0, neighbours)
  levels.fill(levels[neighbours + bins - 1]!, neighbours + bins)
  const sticksOut = new Uint8Array(bins)
  let sum = 0
  for (let at = 0; at < 2 * neighbours; at++) sum += levels[at]!
  for (let bin = 0; bin < bins; bin++) {
    sum += levels[bin + 2 * neighbours]!
    sticksOut[bin] = levels[neighbours + bin]! - sum / (2 * neighbours + 1) > emphasisDb ? 1 : 0
    sum -= levels[bin]!
  }
  return sticksOut
}

/** Heights of the strongest peaks of the bins' activity over a block, above their higher valley; together. */
function peakiness(block: readonly Uint8Array[]): number {
  const activity = new Float64Array(bins)
  for (const spectrum of block) {
    for (let bin = 0; bin < bins; bin++) activity[bin]! += spectrum[bin]! / block.length
  }
  const heights: number[] = []
  let valley = activity[0]!
  let peak = valley
  for (let bin = 1; bin < bins; bin++) {
    const value = activity[bin]!
    const turnsUp = bin + 1 === bins || (activity[bin + 1]! > value && value <= activity[bin - 1]!)
    peak = Math.max(peak, value)
    if (!turnsUp) continue
    heights.push(Math.min(peak - valley, peak - value))
    valley = value
    peak = value
  }
  return heights
    .sort((a, b) => b - a)
    .slice(0, strongestPeaks)
    .reduce((sum, height) => sum + height, 0)
}

const bandEdges = Array.from({ length: modulationBands + 1 }, (_, index) =>
  Math.round(lowestBandBin * (highestBandBin / lowestBandBin) ** (index / modulationBands)),
)

function createSyllableMeter() {
  const recent: Float64Array[] = []
  const modulations: number[] = []
  let sinceLast = 0
  return {
    add(powers: Float64Array): void {
      recent.push(bandAmplitudes(powers))
      if (recent.length > modulationSpectra) recent.shift()
      if (++sinceLast < modulationSpectra / 2 || recent.length < modulationSpectra) return
      sinceLast = 0
      modulations.push(modulationOf(recent))
    },
    modulation: () =>
      modulations.length === 0
        ? null
        : modulations.reduce((sum, value) => sum + value, 0) / modulations.length,
  }
}

function bandAmplitudes(powers: Float64Array): Float64Array {
  const amplitudes = new Float64Array(modulationBands)
  for (let band = 0; band < modulationBands; band++) {
    let sum = 0
    const end = Math.max(bandEdges[band + 1]!, bandEdges[band]! + 1)
    for (let bin = bandEdges[band]!; bin < end; bin++) sum += powers[bin]!
    amplitudes[band] = Math.sqrt(sum)
  }
  return amplitudes
}

/** The frequencies between which syllables come, windowed over one stretch: cosine, sine, cosine … */
const modulationWaves = designModulationWaves(detectorRateHz / hopFrames)

function designModulationWaves(spectraPerSecond: number): Float64Array[] {
  const waves: Float64Array[] = []
  for (let cycles = 1; cycles < modulationSpectra / 2; cycles++) {
    const hz = (cycles * spectraPerSecond) / modulationSpectra
    if (hz < syllableHz.from || hz > syllableHz.to) continue
    for (const wave of [Math.cos, Math.sin]) {
      waves.push(
        Float64Array.from({ length: modulationSpectra }, (_, n) => {
          const turn = (2 * Math.PI * n) / modulationSpectra
          return ((0.5 - 0.5 * Math.cos(turn)) * wave(cycles * turn)) / modulationSpectra
        }),
      )
    }
  }
  return waves
}

/** Depth of the bands' modulation, weighted by how strong they are. */
function modulationOf(stretch: readonly Float64Array[]): number {
  let depth = 0
  let total = 1e-9
  for (let band = 0; band < modulationBands; band++) {
    let mean = 0
    for (const amplitudes of stretch) mean += amplitudes[band]! / modulationSpectra
    let power = 0
    for (const wave of modulationWaves) {
      let product = 0
      for (let n = 0; n < modulationSpectra; n++) product += wave[n]! * (stretch[n]![band]! - mean)
      power += product * product
    }
    depth += Math.sqrt(power)
    total += mean
  }
  return depth / total
}
