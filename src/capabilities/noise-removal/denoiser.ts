import type { PcmBlock } from '../../audio/pcm'
import type { Engine } from '../../inference/engine'

/** What every noise-removal engine takes: audio at its manifest's sample rate, in blocks of any length. */
export interface DenoiserInput {
  channels: number
  blocks: AsyncIterable<PcmBlock>
}

/**
 * The denoised audio: the same number of sample frames in total as the input, aligned to the sample (the engine's own
 * delay is taken out). Block lengths may differ from the input's. Memory does not grow with the input's length.
 */
export type DenoiserOutput = AsyncIterable<PcmBlock>

export type DenoiserEngine = Engine<DenoiserInput, DenoiserOutput>
