import type { PcmBlock } from '../../audio/pcm'
import type { FrameMapper } from './frame-mapper'

/** Turns a stream into the changed one: as many frames, in step to the sample. */
export interface VoiceRenderer {
  push(block: PcmBlock): PcmBlock
  finish(): PcmBlock
}

export interface VoiceRendererOptions {
  sampleRateHz: number
  channels: number
  /** Made for the number of bins that the analysis has. */
  mapperOf: (bins: number) => FrameMapper
  seed: number
}

/** The mean of all channels, where the voice is looked for. */
export function mixDown({ channels }: PcmBlock): Float32Array {
  if (channels.length === 1) return channels[0]!
  const mix = new Float32Array(channels[0]?.length ?? 0)
  for (const samples of channels) {
    for (let n = 0; n < mix.length; n++) mix[n]! += samples[n]! / channels.length
  }
  return mix
}
