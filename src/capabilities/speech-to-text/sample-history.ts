/** The latest part of a stream of samples, addressed by their number in the stream. */
export function createSampleHistory() {
  let buffer = new Float32Array(0)
  let start = 0
  let end = 0

  return {
    /** How many samples the stream has so far. */
    get end(): number {
      return end
    },
    append(samples: Float32Array): void {
      const kept = end - start
      if (kept + samples.length > buffer.length) {
        const larger = new Float32Array(2 * (kept + samples.length))
        larger.set(buffer.subarray(0, kept))
        buffer = larger
      }
      buffer.set(samples, kept)
      end += samples.length
    },
    /** Drops everything before `position`. */
    forget(position: number): void {
      const drop = Math.min(Math.floor(position), end) - start
      if (drop <= 0) return
      buffer.copyWithin(0, drop, end - start)
      start += drop
    },
    /** A copy. */
    slice(from: number, to: number): Float32Array {
      return buffer.slice(Math.max(0, from - start), Math.min(end, to) - start)
    },
    energy(from: number, to: number): number {
      let sum = 0
      for (let at = Math.max(0, from - start); at < Math.min(end, to) - start; at++) sum += buffer[at]! ** 2
      return sum
    },
  }
}
