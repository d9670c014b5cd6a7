/** The mel bands in which networks see and give envelopes. */
export const envelopeBandCount = 40

export interface EnvelopeBands {
  /** Natural logarithms of the power in each band, less `level`, their mean. */
  measure(envelope: Float64Array): { level: number; values: Float64Array }
  /** A curve over the bands, at the bins of an envelope. */
  spread(values: ArrayLike<number>): Float64Array
}

const highestHz = 8000
const melOf = (hz: number) => 2595 * Math.log10(1 + hz / 700)
const hzOf = (mel: number) => 700 * (10 ** (mel / 2595) - 1)

/** Triangular bands from 0 to 8 kHz, whose centres lie evenly on the mel scale; what is above counts to the last. */
export function createEnvelopeBands(sampleRateHz: number, bins: number): EnvelopeBands {
  const binHz = sampleRateHz / 2 / (bins - 1)
  const step = melOf(highestHz) / (envelopeBandCount + 1)
  const centres = Float64Array.from({ length: envelopeBandCount }, (_, band) => hzOf((band + 1) * step))
  /** Where each bin lies among the centres: 0 = on the first. */
  const places = Float64Array.from({ length: bins }, (_, bin) =>
    Math.min(envelopeBandCount - 1, Math.max(0, melOf(bin * binHz) / step - 1)),
  )
  /** Bins below this belong to bands. */
  const end = Math.min(bins, Math.floor(highestHz / binHz) + 1)
  return {
    measure(envelope) {
      const sums = new Float64Array(envelopeBandCount).fill(1e-30)
      const weights = new Float64Array(envelopeBandCount).fill(1e-9)
      for (let bin = 0; bin < end; bin++) {
        const band = Math.min(Math.floor(places[bin]!), envelopeBandCount - 2)
        const share = places[bin]! - band
        sums[band]! += (1 - share) * envelope[bin]!
        weights[band]! += 1 - share
        sums[band + 1]! += share * envelope[bin]!
        weights[band + 1]! += share
      }
      // Bands above half the rate have no bins: they are as the last one that has.
      const values = sums.map((sum, band) => Math.log(sum / weights[band]!))
      const last = centres.findLastIndex((hz) => hz <= (bins - 1) * binHz)
      values.fill(values[last]!, last + 1)
      const level = values.reduce((sum, value) => sum + value, 0) / envelopeBandCount
      return { level, values: values.map((value) => value - level) }
    },
    spread(values) {
      return places.map((place) => {
        const band = Math.min(Math.floor(place), envelopeBandCount - 2)
        return values[band]! + (place - band) * (values[band + 1]! - values[band]!)
      })
    },
  }
}
