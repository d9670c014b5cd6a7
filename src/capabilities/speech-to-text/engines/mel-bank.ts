import { createRealFft } from '../../../audio/fft-real'

/** Triangular filters over the power spectrum of a frame: the part that NeMo's and Kaldi's features have in common. */
export interface MelBank {
  fftLength: number
  bins: number
  /** Reads `fftLength` windowed samples and writes `bins` energies from `offset` on. */
  energies(frame: Float64Array, out: Float64Array, offset: number): void
}

/** One filter: `weights` for the spectrum's bins from `first` on. */
interface Filter {
  first: number
  weights: Float64Array
}

export interface MelBankOptions {
  sampleRateHz: number
  fftLength: number
  bins: number
  lowHz: number
  highHz: number
  /**
   * `kaldi`: HTK's mel curve, triangles over mels, peak 1, without the Nyquist bin. `slaney`: librosa's default curve,
   * triangles over hertz, area 1.
   */
  scale: 'kaldi' | 'slaney'
}

export function createMelBank(options: MelBankOptions): MelBank {
  const { fftLength, bins, scale } = options
  const filters = scale === 'kaldi' ? kaldiFilters(options) : slaneyFilters(options)
  const fft = createRealFft(fftLength)
  const spectrum = new Float64Array(fft.spectrumLength)
  const power = new Float64Array(fftLength / 2 + 1)
  return {
    fftLength,
    bins,
    energies(frame, out, offset) {
      fft.forward(frame, spectrum)
      for (let bin = 0; bin < power.length; bin++) {
        const re = spectrum[2 * bin]!
        const im = spectrum[2 * bin + 1]!
        power[bin] = re * re + im * im
      }
      for (let index = 0; index < bins; index++) {
        const { first, weights } = filters[index]!
        let sum = 0
        for (let n = 0; n < weights.length; n++) sum += weights[n]! * power[first + n]!
        out[offset + index] = sum
      }
    },
  }
}

/** kaldi/src/feat/mel-computations.cc */
function kaldiFilters({ sampleRateHz, fftLength, bins, lowHz, highHz }: MelBankOptions): Filter[] {
  const mel = (hz: number) => 1127 * Math.log(1 + hz / 700)
  const low = mel(lowHz)
  const step = (mel(highHz) - low) / (bins + 1)
  const places = Float64Array.from({ length: fftLength / 2 }, (_, bin) =>
    mel((bin * sampleRateHz) / fftLength),
  )
  return Array.from({ length: bins }, (_, index) =>
    triangle(places, low + index * step, low + (index + 1) * step, low + (index + 2) * step, 1),
  )
}

/** librosa.filters.mel(htk=False, norm='slaney') */
function slaneyFilters({ sampleRateHz, fftLength, bins, lowHz, highHz }: MelBankOptions): Filter[] {
  const low = slaneyMel(lowHz)
  const step = (slaneyMel(highHz) - low) / (bins + 1)
  const edge = (index: number) => slaneyHz(low + index * step)
  const places = Float64Array.from(
    { length: fftLength / 2 + 1 },
    (_, bin) => (bin * sampleRateHz) / fftLength,
  )
  return Array.from({ length: bins }, (_, index) => {
    const [left, centre, right] = [edge(index), edge(index + 1), edge(index + 2)]
    return triangle(places, left, centre, right, 2 / (right - left))
  })
}

/** Linear up to 1 kHz, logarithmic above. */
function slaneyMel(hz: number): number {
  return hz < 1000 ? (3 * hz) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4)
}

function slaneyHz(mel: number): number {
  return mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp(((mel - 15) * Math.log(6.4)) / 27)
}

function triangle(places: Float64Array, left: number, centre: number, right: number, peak: number): Filter {
  let first = places.findIndex((place) => place > left)
  if (first < 0) first = places.length
  let end = first
  while (end < places.length && places[end]! < right) end++
  const weights = places
    .slice(first, end)
    .map((place) => peak * Math.min((place - left) / (centre - left), (right - place) / (right - centre)))
  return { first, weights }
}
