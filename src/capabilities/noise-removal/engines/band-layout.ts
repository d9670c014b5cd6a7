/** Triangular bands over the bins of a spectrum, whose weights sum to one at every bin. */
export interface BandLayout {
  bands: number
  /** Averages the bins of each band. */
  gather(bins: Float64Array, bands: Float32Array, offset: number): void
  /** Gives every bin the gain that its bands ask for, along straight lines between their centres. */
  spread(bands: Float32Array, offset: number, bins: Float64Array): void
}

/**
 * @param fineBins The first bands are one bin each: bins 0 … fineBins − 1.
 * @param coarseCentres Bins at which the following bands peak, rising; the last one is the last bin.
 */
export function createBandLayout(fineBins: number, coarseCentres: readonly number[]): BandLayout {
  const centres = [...Array.from({ length: fineBins }, (_, bin) => bin), ...coarseCentres]
  const bands = centres.length
  const binCount = (centres.at(-1) ?? 0) + 1
  const lower = new Int32Array(binCount)
  const share = new Float64Array(binCount)
  const sums = new Float64Array(bands + 1)
  for (let bin = 0, band = 0; bin < binCount; bin++) {
    while (band < bands - 1 && bin >= centres[band + 1]!) band += 1
    const width = band < bands - 1 ? centres[band + 1]! - centres[band]! : 1
    lower[bin] = band
    share[bin] = (bin - centres[band]!) / width
    sums[band]! += 1 - share[bin]!
    sums[band + 1]! += share[bin]!
  }
  // One more than there are bands: the last bin's upper share, which is zero, falls there.
  const totals = new Float64Array(bands + 1)
  const gains = new Float64Array(bands + 1)
  return {
    bands,
    gather(bins, out, offset) {
      totals.fill(0)
      for (let bin = 0; bin < binCount; bin++) {
        const band = lower[bin]!
        const upper = share[bin]! * bins[bin]!
        totals[band]! += bins[bin]! - upper
        totals[band + 1]! += upper
      }
      for (let band = 0; band < bands; band++) out[offset + band] = totals[band]! / sums[band]!
    },
    spread(bandGains, offset, bins) {
      for (let band = 0; band < bands; band++) gains[band] = bandGains[offset + band]!
      for (let bin = 0; bin < binCount; bin++) {
        const band = lower[bin]!
        bins[bin] = gains[band]! + share[bin]! * (gains[band + 1]! - gains[band]!)
      }
    },
  }
}
