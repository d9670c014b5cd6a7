import type { Random } from '../../../../audio/synthesis/noise'
import type { PcmBlock } from '../../../../audio/pcm'

/** Everything is made at this rate, in stereo. */
export const sampleRateHz = 48_000

/** Textures are made in pieces of 10 ms, between which their gusts and speeds move. */
export const pieceFrames = 480
export const pieceSeconds = pieceFrames / sampleRateHz

/** A piece in the making. */
export type Stereo = { channels: Float32Array[] }

export const effectFamilies = [
  'weather',
  'water and fire',
  'footsteps and doors',
  'vehicles',
  'alarms and telephones',
  'bells',
  'impacts and weapons',
  'people',
  'animals',
  'office and home',
  'tools and machines',
  'games and interfaces',
] as const

export type EffectFamily = (typeof effectFamilies)[number]

/** How one sound of an effect is to be. */
export interface EffectSettings {
  /** 0 tiny … 1 huge, 0.5 as usual. */
  size: number
  /** 0 faint … 1 violent, 0.5 as usual. */
  intensity: number
  /** Speed: 1 as usual, 2 twice as fast. */
  rate: number
  /** One of the effect's variants, or null. */
  variant: string | null
  random: Random
}

interface EffectNames {
  id: string
  title: string
  family: EffectFamily
  /** What people call it; a phrase's words match in any inflection. */
  names: readonly string[]
  /** What it may stand in for where nothing better is known; said to the user. */
  related?: readonly string[]
  /** Surfaces and kinds, with the words that ask for them. */
  variants?: Readonly<Record<string, readonly string[]>>
}

/** Sounds that come one by one and can be counted. */
export interface EventEffect extends EffectNames {
  kind: 'events'
  timing: {
    /** `poisson`: at random; `regular`: with a little jitter. */
    pattern: 'poisson' | 'regular'
    /** Mean time between two beginnings. */
    everySeconds: number
    /** A pause after so many of them, where nobody says how many: people knock and listen. */
    rest?: { after: number; seconds: number }
    /** How many there are where nobody says how many or how long; endless ones fill the time instead. */
    usually: number | 'endless'
  }
  /** One of them, one channel. */
  ring(settings: EffectSettings): Float32Array
}

/** Sound without beginning or end. */
export interface TextureEffect extends EffectNames {
  kind: 'texture'
  /** Writes blocks of `pieceFrames` stereo frames that hold zeros. */
  open(settings: EffectSettings): (block: PcmBlock) => void
}

export type Effect = EventEffect | TextureEffect

/** A list of words or phrases, from one string with commas. */
export function words(list: string): readonly string[] {
  return list.split(', ')
}
