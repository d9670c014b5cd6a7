/**
 * RNNoise's bands and cepstrum (Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement",
 * 2018): 22 triangles on Opus' band edges. Everything above 20 kHz belongs to no band and is dropped.
 *
 * Spectra are interleaved complex `Float64Array`s of 481 bins of 50 Hz.
 */

export const FRAME = 480
export const WINDOW = 2 * FRAME
export const BANDS = 22
/** Bins that some band covers: 0–19.95 kHz. */
export const BANDED_BINS = 400

const EDGES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 34, 40, 48, 60, 78, 100].map(
  (edge) => edge * 4,
)

/** For every bin, the lower of its two bands, and the share of the upper one. */
const lowerBand = new Int32Array(BANDED_BINS)
const upperShare = new Float64Array(BANDED_BINS)
for (let band = 0; band < BANDS - 1; band++) {
  const from = EDGES[band] ?? 0
  const to = EDGES[band + 1] ?? 0
  for (let bin = from; bin < to; bin++) {
    lowerBand[bin] = band
    upperShare[bin] = (bin - from) / (to - from)
  }
}

const dctTable = new Float64Array(BANDS * BANDS)
for (let band = 0; band < BANDS; band++) {
  for (let order = 0; order < BANDS; order++) {
    const norm = Math.sqrt(2 / BANDS) * (order === 0 ? Math.SQRT1_2 : 1)
    dctTable[order * BANDS + band] = Math.cos(((band + 0.5) * order * Math.PI) / BANDS) * norm
  }
}

/** Σ over each band's triangle of Re(a·conj b); the energy where a is b. Half triangles at the ends count twice. */
export function bandProducts(a: Float64Array, b: Float64Array, out: Float64Array): void {
  let carried = 0
  for (let band = 0; band < BANDS - 1; band++) {
    const from = EDGES[band]!
    const to = EDGES[band + 1]!
    let whole = 0
    let upper = 0
    for (let bin = from; bin < to; bin++) {
      const product = a[2 * bin]! * b[2 * bin]! + a[2 * bin + 1]! * b[2 * bin + 1]!
      whole += product
      upper += upperShare[bin]! * product
    }
    out[band] = carried + whole - upper
    carried = upper
  }
  out[BANDS - 1] = carried * 2
  out[0]! *= 2
}

/** Spreads a value a band over the bins along straight lines. */
export function spreadBands(bands: Float64Array, bins: Float64Array): void {
  for (let bin = 0; bin < BANDED_BINS; bin++) {
    const band = lowerBand[bin]!
    const low = bands[band]!
    bins[bin] = low + upperShare[bin]! * (bands[band + 1]! - low)
  }
}

/** The first `orders` coefficients of the orthonormal DCT-II over the bands. */
export function bandCepstrum(bands: Float64Array, out: Float64Array, orders: number): void {
  for (let order = 0; order < orders; order++) {
    let sum = 0
    for (let band = 0; band < BANDS; band++) sum += bands[band]! * dctTable[order * BANDS + band]!
    out[order] = sum
  }
}

/** Vorbis' power-complementary window, both halves. */
export function vorbisWindow(scale: number): Float64Array {
  return Float64Array.from({ length: WINDOW }, (_, n) => {
    const sine = Math.sin((Math.PI * (n + 0.5)) / WINDOW)
    return scale * Math.sin((Math.PI / 2) * sine * sine)
  })
}
