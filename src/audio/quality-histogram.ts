/** Levels in decibels in bounded memory: how many there were of each. */
export interface LevelHistogram {
  add(levelDb: number): void
  /** The level of the mean power of the levels at `fromDb` and above; null where there are none. */
  meanLevel(fromDb: number): number | null
  /** The level that a share of the levels at `fromDb` and above does not exceed; null where there are none. */
  percentile(share: number, fromDb: number): number | null
}

const lowestDb = -120
const highestDb = 30
const binsPerDb = 100

/** In the middle of a bin. */
const levelOf = (bin: number) => lowestDb + (bin + 0.5) / binsPerDb

/** Bins of a hundredth of a decibel; levels beyond the ends count as the ends. */
export function createLevelHistogram(): LevelHistogram {
  const counts = new Uint32Array((highestDb - lowestDb) * binsPerDb)
  /** Above the highest bin with something in it. */
  let end = 0
  const binOf = (levelDb: number) =>
    Math.max(0, Math.min(counts.length - 1, Math.floor((levelDb - lowestDb) * binsPerDb)))
  return {
    add(levelDb) {
      const bin = binOf(levelDb)
      counts[bin]! += 1
      end = Math.max(end, bin + 1)
    },
    meanLevel(fromDb) {
      let total = 0
      let power = 0
      for (let bin = binOf(fromDb); bin < end; bin++) {
        const count = counts[bin]!
        if (count === 0) continue
        total += count
        power += count * 10 ** (levelOf(bin) / 10)
      }
      return total === 0 ? null : 10 * Math.log10(power / total)
    },
    percentile(share, fromDb) {
      const first = binOf(fromDb)
      let total = 0
      for (let bin = first; bin < end; bin++) total += counts[bin]!
      if (total === 0) return null
      const rank = Math.round(share * (total - 1))
      let below = 0
      for (let bin = first; ; bin++) {
        below += counts[bin]!
        if (below > rank) return levelOf(bin)
      }
    },
  }
}
