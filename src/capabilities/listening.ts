import type { HandlerContext } from './capability'

/** A stretch of time in seconds from the recording's beginning. */
export interface SpeechStretch {
  start: number
  end: number
  /** Numbered from 0 by first appearance. */
  speaker: number
}

/** What was heard of voices in a recording. */
export interface HeardVoices {
  /** Where somebody speaks, whoever it is. */
  speech: readonly { start: number; end: number }[]
  /** Who speaks when; stretches do not overlap. */
  turns: readonly SpeechStretch[]
  /** What the voice with most to say sounds like: a vector of unit length, and the model that it is of. */
  mainVoice: { model: string; vector: number[] } | null
}

/**
 * Finds speech and tells speakers apart, by the installation's helper models. Lent to capabilities that need it, because
 * capabilities do not know each other.
 *
 * @param samples 16 kHz, one channel, −1…1.
 * @throws AppError `model_file_missing` where a helper model is not installed.
 */
export type ListenForVoices = (samples: Float32Array, context: HandlerContext) => Promise<HeardVoices>
