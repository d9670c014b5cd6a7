import { createWeightedPower } from '../loudness'
import { peakOf, type PcmBlock } from '../pcm'

/** Integrated loudness of a programme that comes in blocks (ITU-R BS.1770-4), all channels of weight 1. */
export interface LoudnessMeter {
  add(block: PcmBlock): void
  /** LUFS; −70 where nothing is louder than that. */
  integrated(): number
  /** Largest magnitude of a sample. */
  peak(): number
}

const hopSeconds = 0.1
const hopsInBlock = 4
const absoluteGateLufs = -70
const relativeGateLu = -10

const lufs = (power: number) => -0.691 + 10 * Math.log10(power)
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Keeps one number for every 100 ms. */
export function createLoudnessMeter(sampleRateHz: number, channels: number): LoudnessMeter {
  const hopFrames = Math.round(hopSeconds * sampleRateHz)
  const powers = Array.from({ length: channels }, () => createWeightedPower(sampleRateHz))
  const hops: number[] = []
  let power = 0
  let filled = 0
  let peak = 0

  return {
    add({ channels: planes }) {
      const frames = planes[0]?.length ?? 0
      for (let start = 0; start < frames;) {
        const end = Math.min(frames, start + hopFrames - filled)
        planes.forEach((samples, channel) => {
          power += powers[channel]!(samples, start, end)
          peak = Math.max(peak, peakOf(samples, start, end))
        })
        filled += end - start
        start = end
        if (filled === hopFrames) {
          hops.push(power / hopFrames)
          power = 0
          filled = 0
        }
      }
    },
    integrated() {
      const blocks = hops
        .slice(hopsInBlock - 1)
        .map((_, index) => mean(hops.slice(index, index + hopsInBlock)))
        .filter((value) => lufs(value) > absoluteGateLufs)
      if (blocks.length === 0) return absoluteGateLufs
      const threshold = lufs(mean(blocks)) + relativeGateLu
      return lufs(mean(blocks.filter((value) => lufs(value) > threshold)))
    },
    peak: () => peak,
  }
}
