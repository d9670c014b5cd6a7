import type { Engine } from '../../inference/engine'

/** A block of a stream: 16 kHz mono, −1…1, any length. */
export interface VoiceActivityInput {
  samples: Float32Array
  /** What the last call gave back; null at the beginning of a stream. Opaque. */
  state: VoiceActivityState | null
}

/** What a detector keeps between blocks: recurrent state, and samples that did not fill a frame. */
export type VoiceActivityState = { readonly kind: 'voice-activity-state' } & object

export interface VoiceActivityOutput {
  /** Probability of speech for every frame that became complete with this block. */
  probabilities: Float32Array
  /** Seconds between frames; the first frame of a stream begins at 0. */
  hopSeconds: number
  state: VoiceActivityState
}

/** Models of kind `voice-activity`. */
export type VoiceActivityEngine = Engine<VoiceActivityInput, VoiceActivityOutput>
