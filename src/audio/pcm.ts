/**
 * A block of planar PCM: one `Float32Array` a channel, all of one length, nominal range −1…1.
 * Blocks are owned by whoever receives them; a producer never reuses a block it has handed on.
 */
export interface PcmBlock {
  channels: Float32Array[]
}

/** Number of sample frames in a block (samples per channel). */
export function frameCount(block: PcmBlock): number {
  return block.channels[0]?.length ?? 0
}

/** Samples that lie frame by frame, as planes of their own. */
export function deinterleave(samples: Float32Array, channels: number, frames: number): PcmBlock {
  if (channels === 1) return { channels: [samples.slice(0, frames)] }
  const planes = Array.from({ length: channels }, () => new Float32Array(frames))
  for (let channel = 0; channel < channels; channel++) {
    const plane = planes[channel]!
    for (let frame = 0, at = channel; frame < frames; frame++, at += channels) plane[frame] = samples[at]!
  }
  return { channels: planes }
}

/** The largest magnitude of a stretch of samples. */
export function peakOf(samples: Float32Array, start = 0, end = samples.length): number {
  let peak = 0
  for (let at = start; at < end; at++) {
    const magnitude = Math.abs(samples[at]!)
    if (magnitude > peak) peak = magnitude
  }
  return peak
}
