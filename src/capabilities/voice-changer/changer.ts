import type { PcmBlock } from '../../audio/pcm'
import type { Engine } from '../../inference/engine'
import type { ChangeRequest, VoiceChange } from './voice-change'

/** What every engine takes: a recording of any rate, in blocks of any length, and what is to become of its voice. */
export interface VoiceChangerInput {
  sampleRateHz: number
  channels: number
  blocks: AsyncIterable<PcmBlock>
  request: ChangeRequest
}

export interface VoiceChangerOutput {
  /** As many frames as came in, in step to the sample. Memory does not grow with them. */
  blocks: AsyncIterable<PcmBlock>
  change: VoiceChange
}

export type VoiceChangerEngine = Engine<VoiceChangerInput, VoiceChangerOutput>
