import { createBiquad, type Filter } from '../../../../audio/synthesis/filters'
import { createReverb, type Reverb } from '../../../../audio/synthesis/reverb'
import type { PcmBlock } from '../../../../audio/pcm'
import { sampleRateHz } from './effect'
import { rooms, type Space } from './scene'

/** Seconds that a place goes on sounding. */
export function tailOf(space: Space | null): number {
  return space ? (rooms[space]?.shape.decaySeconds ?? 0) : 0
}

/** Puts stereo blocks into a place. */
export function createPlace(space: Space | null): (block: PcmBlock) => PcmBlock {
  if (space === null) return (block) => block
  const room = rooms[space]
  if (!room) {
    const filters = [0, 1].map(() => bandOf(space))
    return (block) => {
      block.channels.forEach((channel, side) => filters[side]!.forEach((filter) => filter.run(channel)))
      return block
    }
  }
  const reverb = createReverb(room.shape, sampleRateHz)
  return (block) => {
    addRoom(block, reverb, room.wet)
    return block
  }
}

function bandOf(space: Space): Filter[] {
  const filter = (kind: 'lowpass' | 'highpass', hz: number, q?: number) => {
    return createBiquad({ kind, hz, ...(q === undefined ? {} : { q }) }, sampleRateHz)
  }
  if (space === 'telephone')
    return [
      filter('highpass', 320),
      filter('highpass', 320),
      filter('lowpass', 3300),
      filter('lowpass', 3300),
    ]
  if (space === 'underwater') return [filter('lowpass', 520, 1.4), filter('lowpass', 900)]
  return [filter('lowpass', 650), filter('lowpass', 1500)]
}

/** What distance takes: treble by the air, level by the way. Nothing at 0. */
export function createDistance(distance: number): (block: PcmBlock) => void {
  if (distance <= 0) return () => undefined
  const filters = [0, 1].map(() => [
    createBiquad({ kind: 'lowpass', hz: 16_000 * Math.pow(2, -4.2 * distance), q: 0.6 }, sampleRateHz),
    createBiquad({ kind: 'high-shelf', hz: 2500, gainDb: -8 * distance }, sampleRateHz),
  ])
  return ({ channels }) =>
    channels.forEach((channel, side) => filters[side]!.forEach((filter) => filter.run(channel)))
}

export function distanceDb(distance: number): number {
  return -15 * distance
}

function addRoom(block: PcmBlock, reverb: Reverb, wet: number): void {
  const room = reverb.process(block)
  block.channels.forEach((channel, side) => {
    const samples = room.channels[side]!
    for (let index = 0; index < channel.length; index++) channel[index]! += wet * samples[index]!
  })
}
