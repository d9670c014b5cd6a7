/** The latest samples of a stream, by their place in it. */
export interface SampleHistory {
  append(samples: Float32Array): void
  /** Place behind the last sample. */
  end(): number
  /** 0 where there is nothing (yet, or any more). */
  at(place: number): number
  forgetBefore(place: number): void
}

export function createSampleHistory(): SampleHistory {
  let samples = new Float32Array(1 << 14)
  let start = 0
  let length = 0
  return {
    append(more) {
      if (length + more.length > samples.length) {
        const larger = new Float32Array(2 * (length + more.length))
        larger.set(samples.subarray(0, length))
        samples = larger
      }
      samples.set(more, length)
      length += more.length
    },
    end: () => start + length,
    at: (place) => (place >= start && place < start + length ? samples[place - start]! : 0),
    forgetBefore(place) {
      const count = Math.min(place - start, length)
      if (count <= 0) return
      samples.copyWithin(0, count, length)
      start += count
      length -= count
    },
  }
}
