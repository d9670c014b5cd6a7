import { createRealFft } from '../fft-real'

const tableLength = 2048
const highestHz = 18_000

/** One cycle of a waveform for each octave, with only the harmonics that fit below 18 kHz there. */
export interface Wavetable {
  /**
   * The cycle to read at a frequency: 2,048 samples and the first one again, for interpolation. Nothing of it folds
   * back at any sample rate from 44.1 kHz up.
   */
  cycle(hz: number): Float32Array
}

export const cycleLength = tableLength

const lowestHz = 20
const octaves = 10

/** @param amplitude Of harmonic 1, 2, …; all are sines. */
export function createWavetable(amplitude: (harmonic: number) => number): Wavetable {
  const fft = createRealFft(tableLength)
  const made: (Float32Array | undefined)[] = []
  const make = (octave: number): Float32Array => {
    const top = Math.min(
      tableLength / 2 - 1,
      Math.max(1, Math.floor(highestHz / (lowestHz * 2 ** (octave + 1)))),
    )
    const spectrum = new Float64Array(fft.spectrumLength)
    for (let harmonic = 1; harmonic <= top; harmonic++) {
      spectrum[2 * harmonic + 1] = (-tableLength / 2) * amplitude(harmonic)
    }
    const cycle = new Float64Array(tableLength)
    fft.inverse(spectrum, cycle)
    const table = new Float32Array(tableLength + 1)
    table.set(cycle)
    table[tableLength] = table[0]!
    return table
  }
  return {
    cycle(hz) {
      const octave = Math.max(0, Math.min(octaves - 1, Math.floor(Math.log2(hz / lowestHz))))
      return (made[octave] ??= make(octave))
    },
  }
}

export const waveforms = {
  saw: createWavetable((harmonic) => 2 / (Math.PI * harmonic)),
  square: createWavetable((harmonic) => (harmonic % 2 ? 4 / (Math.PI * harmonic) : 0)),
  triangle: createWavetable((harmonic) => (harmonic % 2 ? 0.8 / (harmonic * harmonic) : 0)),
  /** Drawbars 8′, 4′, 2⅔′, 2′ and a little of the others. */
  organ: createWavetable((harmonic) => [0, 0.6, 0.42, 0.22, 0.24, 0, 0.08, 0, 0.12][harmonic] ?? 0),
  /** A flute has little above its fundamental. */
  flute: createWavetable((harmonic) => [0, 0.85, 0.28, 0.12, 0.04, 0.02][harmonic] ?? 0),
} as const
export type Waveform = keyof typeof waveforms
