import { frameCount, peakOf, type PcmBlock } from './pcm'

/** Keeps peaks within full scale. Samples that need no change pass bit for bit. */
export interface PeakLimiter {
  /** Takes a block, gives what is decided: the last few milliseconds are held back. */
  push(block: PcmBlock): PcmBlock
  /** What was held back. */
  finish(): PcmBlock
}

const attackSeconds = 0.005
const releaseSeconds = 0.1
const ceiling = 1

/**
 * Look-ahead limiter, channels linked: before a peak the gain goes down on a straight line, after it up again more
 * slowly. In frame n the gain never exceeds ceiling ÷ peak(n), so nothing is left for an encoder to clip.
 */
export function createPeakLimiter(sampleRateHz: number, channels: number): PeakLimiter {
  const attackFrames = Math.ceil(attackSeconds * sampleRateHz)
  const releaseStep = 1 / (releaseSeconds * sampleRateHz)
  let held: PcmBlock = { channels: Array.from({ length: channels }, () => new Float32Array(0)) }
  let gain = 1

  const limit = (block: PcmBlock, emitted: number): PcmBlock => {
    if (gain === 1 && !exceeds(block)) return part(block, 0, emitted)
    const curve = allowedGains(block)
    for (let frame = curve.length - 2; frame >= 0; frame--) {
      curve[frame] = Math.min(curve[frame]!, curve[frame + 1]! + 1 / attackFrames)
    }
    for (let frame = 0; frame < emitted; frame++) {
      gain = Math.min(curve[frame]!, gain + releaseStep, 1)
      curve[frame] = gain
    }
    return {
      channels: block.channels.map((samples) =>
        samples.slice(0, emitted).map((sample, frame) => sample * curve[frame]!),
      ),
    }
  }

  return {
    push(block) {
      const joined = join(held, block)
      const emitted = Math.max(0, frameCount(joined) - attackFrames)
      held = part(joined, emitted, frameCount(joined))
      return limit(joined, emitted)
    },
    finish() {
      const rest = limit(held, frameCount(held))
      held = part(held, 0, 0)
      return rest
    },
  }
}

function exceeds(block: PcmBlock): boolean {
  return block.channels.some((samples) => peakOf(samples) > ceiling)
}

function allowedGains(block: PcmBlock): Float64Array {
  const gains = new Float64Array(frameCount(block)).fill(1)
  for (const samples of block.channels) {
    for (let frame = 0; frame < samples.length; frame++) {
      const magnitude = Math.abs(samples[frame]!)
      if (magnitude * gains[frame]! > ceiling) gains[frame] = ceiling / magnitude
    }
  }
  return gains
}

function join(a: PcmBlock, b: PcmBlock): PcmBlock {
  return {
    channels: a.channels.map((samples, channel) => {
      const joined = new Float32Array(samples.length + b.channels[channel]!.length)
      joined.set(samples)
      joined.set(b.channels[channel]!, samples.length)
      return joined
    }),
  }
}

/** In the same memory. */
function part(block: PcmBlock, start: number, end: number): PcmBlock {
  return { channels: block.channels.map((samples) => samples.subarray(start, end)) }
}
