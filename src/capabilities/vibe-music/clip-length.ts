import type { VibeMusicParameters } from './index'
import { platforms } from './platforms'

/** Seconds of a clip that is made of words: as asked, or as the platform has it. */
export function clipSeconds({ duration_seconds, platform }: VibeMusicParameters): number {
  return duration_seconds ?? platforms[platform].seconds
}
