import type { ReverbShape } from '../../../../audio/synthesis/reverb'

/** One sound of a scene. */
export interface Layer {
  /** Id of an effect. */
  effect: string
  variant: string | null
  /** How many of it; null where nobody says. */
  count: number | null
  /** Spoken of as several, so that it comes again and again. */
  several: boolean
  /** Layers of one step sound together, steps one after another; from 0. */
  step: number
  size: number
  intensity: number
  /** 0 at the ear … 1 on the horizon. */
  distance: number
  /** Speed, 1 as usual. */
  rate: number
}

export const spaces = [
  'room',
  'bathroom',
  'hall',
  'cave',
  'cathedral',
  'tunnel',
  'outdoors',
  'muffled',
  'underwater',
  'telephone',
] as const

/** Where all of it is heard. */
export type Space = (typeof spaces)[number]

export interface Scene {
  layers: readonly Layer[]
  space: Space | null
}

/** The room of a space, and how loud it is beside the sound itself; null where only the spectrum changes. */
export const rooms: Record<Space, { shape: ReverbShape; wet: number } | null> = {
  room: { shape: { decaySeconds: 0.45, size: 0.2, dampingHz: 6000 }, wet: 0.35 },
  bathroom: { shape: { decaySeconds: 0.9, size: 0.15, dampingHz: 9000 }, wet: 0.55 },
  hall: { shape: { decaySeconds: 2, size: 0.7, dampingHz: 5000, preDelaySeconds: 0.02 }, wet: 0.6 },
  cave: { shape: { decaySeconds: 3.2, size: 0.9, dampingHz: 3200, preDelaySeconds: 0.06 }, wet: 0.9 },
  cathedral: { shape: { decaySeconds: 5, size: 1, dampingHz: 4000, preDelaySeconds: 0.04 }, wet: 0.8 },
  tunnel: { shape: { decaySeconds: 2.4, size: 0.5, dampingHz: 2600, preDelaySeconds: 0.03 }, wet: 0.9 },
  outdoors: { shape: { decaySeconds: 1.1, size: 1, dampingHz: 2200, preDelaySeconds: 0.09 }, wet: 0.18 },
  muffled: null,
  underwater: null,
  telephone: null,
}
