import type { PcmBlock } from '../../audio/pcm'
import type { Engine } from '../../inference/engine'
import type { SpeechExcerpt } from './speech-excerpt'
import type { ChangeRequest, VoiceChange } from './voice-change'

/** What every engine takes: a recording of any rate, in blocks of any length, and what is to become of its voice. */
export interface VoiceChangerInput {
  sampleRateHz: number
  channels: number
  blocks: AsyncIterable<PcmBlock>
  request: ChangeRequest
  /** The voices of the request as they sound, for engines that take in more than their statistics. */
  heard: { source: SpeechExcerpt; target: SpeechExcerpt | null }
}

export interface VoiceChangerOutput {
  /** As many frames as came in, in step to the sample. Memory does not grow with them. */
  blocks: AsyncIterable<PcmBlock>
  /** Null where a network decides what happens to pitch and formants. */
  change: VoiceChange | null
}

/** What a model cannot do is refused before a job starts: see `model-limits`. */
export type VoiceChangerEngine = Engine<VoiceChangerInput, VoiceChangerOutput>
