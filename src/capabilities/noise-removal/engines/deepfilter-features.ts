/** Window of Vorbis, whose square adds up to one at half a window's hop. */
export function vorbisWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) =>
    Math.sin((Math.PI / 2) * Math.sin((Math.PI * (n + 0.5)) / length) ** 2),
  )
}

/** Bandwidth scale of hearing (Glasberg and Moore). */
const [erbWidth, erbQuality] = [24.7, 9.265]
const erbOf = (hz: number) => erbQuality * Math.log1p(hz / (erbWidth * erbQuality))
const hzOf = (erb: number) => erbWidth * erbQuality * Math.expm1(erb / erbQuality)

/** Bins of each band, as libDF divides them: equal steps of hearing, but no fewer than `fewest` bins. */
export function erbWidths(rateHz: number, windowSamples: number, bands: number, fewest: number): number[] {
  const binHz = rateHz / windowSamples
  const step = erbOf(rateHz / 2) / bands
  const widths: number[] = []
  let before = 0
  let borrowed = 0
  for (let band = 1; band <= bands; band++) {
    const bin = Math.round(hzOf(band * step) / binHz)
    const width = Math.max(fewest, bin - before - borrowed)
    borrowed = width - (bin - before - borrowed)
    widths.push(width)
    before = bin
  }
  const rest = windowSamples / 2 + 1 - widths.reduce((sum, width) => sum + width, 0)
  widths[bands - 1]! += rest
  return widths
}

/** Share of the past in running means, a second long. */
const memory = 0.99

/** Between two ends in equal steps. */
function ramp(from: number, to: number, length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => from + ((to - from) * n) / (length - 1))
}

/**
 * What DeepFilterNet hears of a spectrum: band levels less their running mean, and the lowest bins over the root of their
 * running magnitude. One channel; remembers what came before.
 */
export function createDeepFilterFeatures(widths: readonly number[], filteredBins: number) {
  const means = ramp(-60, -90, widths.length)
  const magnitudes = ramp(0.001, 0.0001, filteredBins)
  return {
    /** Writes a row of levels, and rows of real and imaginary parts. */
    add(spectrum: Float64Array, levels: Float32Array, real: Float32Array, imaginary: Float32Array): void {
      let bin = 0
      for (const [band, width] of widths.entries()) {
        let power = 0
        for (const end = bin + width; bin < end; bin++)
          power += spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2
        const level = 10 * Math.log10(power / width + 1e-10)
        means[band] = level * (1 - memory) + means[band]! * memory
        levels[band] = (level - means[band]) / 40
      }
      for (let index = 0; index < filteredBins; index++) {
        const [re, im] = [spectrum[2 * index]!, spectrum[2 * index + 1]!]
        magnitudes[index] = Math.hypot(re, im) * (1 - memory) + magnitudes[index]! * memory
        const scale = 1 / Math.sqrt(magnitudes[index]!)
        real[index] = re * scale
        imaginary[index] = im * scale
      }
    },
  }
}
