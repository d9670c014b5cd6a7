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
