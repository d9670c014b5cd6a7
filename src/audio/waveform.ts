import { frameCount, peakOf, type PcmBlock } from './pcm'

/** Collects the outline of audio of any length in bounded memory. */
export interface WaveformCollector {
  add(block: PcmBlock): void
  /** Peaks (largest magnitude of any channel) of at most `maxBuckets` equal parts, 0–1, three decimals. */
  peaks(): number[]
}

const firstBucketFrames = 16

/** Buckets are merged in pairs whenever twice the wanted number is full, so that their length only ever doubles. */
export function createWaveformCollector(maxBuckets = 1000): WaveformCollector {
  const buckets = new Float32Array(maxBuckets * 2)
  let bucketFrames = firstBucketFrames
  let count = 0
  let filledFrames = 0
  let peak = 0

  const mergePairs = () => {
    for (let index = 0; index < count / 2; index++) {
      buckets[index] = Math.max(buckets[2 * index]!, 2 * index + 1 < count ? buckets[2 * index + 1]! : 0)
    }
    count = Math.ceil(count / 2)
    bucketFrames *= 2
  }

  const closeBucket = () => {
    buckets[count++] = peak
    peak = 0
    filledFrames = 0
    if (count === buckets.length) mergePairs()
  }

  return {
    add(block) {
      const frames = frameCount(block)
      for (let start = 0; start < frames;) {
        const end = Math.min(frames, start + bucketFrames - filledFrames)
        for (const channel of block.channels) peak = Math.max(peak, peakOf(channel, start, end))
        filledFrames += end - start
        start = end
        if (filledFrames === bucketFrames) closeBucket()
      }
    },
    peaks() {
      const values = [...buckets.subarray(0, count), ...(filledFrames > 0 ? [peak] : [])]
      const step = values.length > maxBuckets ? 2 : 1
      const merged = step === 1 ? values : pairs(values)
      return merged.map((value) => Math.round(Math.min(1, value) * 1000) / 1000)
    },
  }
}

function pairs(values: number[]): number[] {
  return Array.from({ length: Math.ceil(values.length / 2) }, (_, index) =>
    Math.max(values[2 * index]!, values[2 * index + 1] ?? 0),
  )
}
