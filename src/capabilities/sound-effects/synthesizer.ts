import type { PcmBlock } from '../../audio/pcm'
import type { Engine } from '../../inference/engine'
import type { SoundEffectsParameters } from './index'

export interface EffectRequest {
  /** Description, trimmed, not empty. */
  text: string
  parameters: SoundEffectsParameters
  /** Of every random choice. */
  seed: number
}

/** What an engine has made of a description, before it makes the sound. */
export interface EffectPlan {
  sampleRateHz: number
  channels: number
  /** Of the whole: the blocks hold exactly so many. */
  frames: number
  /** Share of the work, 0–1, that is done before the first block; the engine tells its progress so far itself. Default 0. */
  prepared?: number
  /** Planar blocks of at most a few seconds, within ±1. */
  blocks(): Iterable<PcmBlock> | AsyncIterable<PcmBlock>
  /** What was understood, in snake_case, for the user. */
  understood: Record<string, unknown>
  /** For the user: what was not understood, and what was taken instead. */
  warnings: string[]
}

/** @throws AppError `invalid_parameter` where a description says nothing that the engine could make a sound of. */
export type EffectEngine = Engine<EffectRequest, EffectPlan>
