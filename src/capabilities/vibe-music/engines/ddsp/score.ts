import type { Mix } from '../../../../audio/synthesis/mixer'
import type { Music } from '../../music-maker'
import type { Melody } from './melody'

/** Everything that a clip's music is made of, before it sounds. */
export interface Score {
  melody: Melody
  /** Null for the instrument alone. */
  band: Mix | null
  /** Of the clip. */
  frames: number
  loop: boolean
  fadeOutFrames: number
  details: Music['details']
  recording: Music['recording']
}
