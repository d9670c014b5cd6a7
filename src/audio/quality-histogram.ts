/** Levels in decibels in bounded memory: how many there were, and the power of those together. */
export interface LevelHistogram {
  add(levelDb: number, power: number): void
  /** Of the levels at `fromDb` and above; null where there are none. */
  meanPower(fromDb: number): number | null
  /** The level that a share of the levels at `fromDb` and above does not exceed; null where there are none. */
  percentile(share: number, fromDb: number): number | null
}

const lowestDb = -120
const highestDb = 30
const binsPerDb = 100

/** Bins of a hundredth of a decibel; levels beyond the ends count as the ends. */
export function createLevelHistogram(): LevelHistogram {
  const counts = new Float64Array((highestDb - lowestDb) * binsPerDb)
  const powers = new Float64Array(counts.length)
  /** Above the highest bin with something in it. */
  let end = 0
  const binOf = (levelDb: number) =>
    Math.max(0, Math.min(counts.length - 1, Math.floor((levelDb - lowestDb) * binsPerDb)))
  return {
    add(levelDb, power) {
      const bin = binOf(levelDb)
      counts[bin]! += 1
      powers[bin]! += power
      end = Math.max(end, bin + 1)
    },
    meanPower(fromDb) {
      let count = 0
      let power = 0
      for (let bin = binOf(fromDb); bin < end; bin++) {
        count += counts[bin]!
        power += powers[bin]!
      }
      return count === 0 ? null : power / count
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
        if (below > rank) return lowestDb + (bin + 0.5) / binsPerDb
      }
    },
  }
}
