import type { ModelFiles } from '../../inference/engine'
import type { ModelCache } from '../../inference/model-cache'
import type { CapabilityTask, HandlerContext, TaskInput } from '../capability'
import type { VibeMusicParameters } from './index'

export type ClipTask = CapabilityTask<VibeMusicParameters>

/** As loud as the platforms play: what a maker masters its music to. */
export const targetLufs = -14

/** The music of a clip as a file, mastered to `targetLufs` and below −1 dBTP. */
export interface Music {
  /** Lossless, in the task's folder. */
  path: string
  sampleRateHz: number
  channels: number
  frames: number
  /** `moods` (the first gives the picture its colours), `loudness_lufs`, `warnings` and whatever else there is to say. */
  details: Record<string, unknown> & { moods: string[]; warnings: string[] }
  /** Of a recording; null where words went in. */
  recording: { seconds: number; waveform: number[] } | null
  /** Milliseconds. */
  timings: { open: number; inference: number }
  provider: string
}

/** One way to make the music of a clip; `engine` of a model's manifest chooses it. */
export interface MusicMaker {
  engine: string
  takes: readonly TaskInput['kind'][]
  /**
   * @param progress 0–1 within the music.
   * @throws AppError
   */
  make(task: ClipTask, context: HandlerContext, progress: HandlerContext['progress']): Promise<Music>
  /** Loads what the first clip would wait for. */
  warm?(model: ModelFiles, models: ModelCache): Promise<void>
}
