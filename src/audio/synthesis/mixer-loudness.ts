import { kWeighting } from '../loudness'
import type { PcmBlock } from '../pcm'

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
  const [shelf, highPass] = kWeighting(sampleRateHz)
  const [s0, s1, s2] = shelf.b
  const [c1, c2] = shelf.a
  const [h0, h1, h2] = highPass.b
  const [d1, d2] = highPass.a
  const memories = Array.from({ length: channels }, () => new Float64Array(4))
  const hops: number[] = []
  let power = 0
  let filled = 0
  let peak = 0

  const addChannel = (samples: Float32Array, memory: Float64Array, from: number, to: number) => {
    // One by one: only so are they known to be numbers, and the loop allocates none.
    let p1 = memory[0]!
    let p2 = memory[1]!
    let q1 = memory[2]!
    let q2 = memory[3]!
    let highest = 0
    let sum = 0
    for (let frame = from; frame < to; frame++) {
      const input = samples[frame]!
      highest = Math.max(highest, Math.abs(input))
      const shelved = s0 * input + p1
      p1 = s1 * input - c1 * shelved + p2
      p2 = s2 * input - c2 * shelved
      const weighted = h0 * shelved + q1
      q1 = h1 * shelved - d1 * weighted + q2
      q2 = h2 * shelved - d2 * weighted
      sum += weighted * weighted
    }
    memory.set([p1, p2, q1, q2])
    peak = Math.max(peak, highest)
    return sum
  }

  return {
    add({ channels: planes }) {
      const frames = planes[0]?.length ?? 0
      for (let start = 0; start < frames;) {
        const end = Math.min(frames, start + hopFrames - filled)
        planes.forEach((samples, channel) => (power += addChannel(samples, memories[channel]!, start, end)))
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
