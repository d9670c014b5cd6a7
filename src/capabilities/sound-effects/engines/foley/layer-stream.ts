import { createDcBlocker } from '../../../../audio/synthesis/filters'
import { createGrainMixer } from '../../../../audio/synthesis/granular'
import { createRandom, type Random } from '../../../../audio/synthesis/noise'
import { integratedLoudness } from '../../../../audio/loudness'
import type { PcmBlock } from '../../../../audio/pcm'
import {
  pieceFrames,
  sampleRateHz,
  type EffectSettings,
  type EventEffect,
  type TextureEffect,
} from './effect'
import { effectOf } from './effects'
import { createDistance, distanceDb } from './place'
import type { Layer } from './scene'
import { addTo, scale } from './sounds'

/** A layer from its beginning on: adds `pieceFrames` frames to each block. */
export type LayerStream = (block: PcmBlock) => void

export interface LayerSpan {
  startSeconds: number
  /** Nothing begins after it; textures fade there. Null for never. */
  endSeconds: number | null
  /** The length that a regular pattern has to fit, so that it may start over. */
  fitSeconds: number | null
  /** Whether sounds that usually come once come again. */
  fills: boolean
  seed: number
}

const textureLufs = -22
const eventPeak = 0.55
const eventLufs = -17
const gaugePieces = 150
const edgeSeconds = 0.03

/** How often one of a layer's sounds comes. */
export function everySeconds(effect: EventEffect, layer: Layer): number {
  return effect.timing.everySeconds / layer.rate
}

/** How many sounds a layer has: endless where it goes on as long as there is time. */
export function countOf(effect: EventEffect, layer: Layer, fills: boolean): number {
  if (layer.count !== null) return layer.count
  const { usually } = effect.timing
  if (usually === 'endless' || layer.several) return Infinity
  return fills && usually > 1 ? Infinity : usually
}

function settingsOf(layer: Layer, random: Random): EffectSettings {
  const { size, intensity, rate, variant } = layer
  return { size, intensity, rate: Math.min(4, Math.max(0.25, rate)), variant, random }
}

export function openLayer(layer: Layer, span: LayerSpan): LayerStream {
  const effect = effectOf(layer.effect)
  const inner = effect.kind === 'texture' ? openTexture(effect, layer, span) : openEvents(effect, layer, span)
  const away = createDistance(layer.distance)
  const blockers = [0, 1].map(() => createDcBlocker(sampleRateHz))
  const own = emptyPiece()
  return (block) => {
    for (const channel of own.channels) channel.fill(0)
    inner(own)
    away(own)
    block.channels.forEach((channel, side) => {
      const samples = own.channels[side]!
      blockers[side]!.run(samples)
      addTo(channel, samples)
    })
  }
}

export function emptyPiece(): PcmBlock {
  return { channels: [new Float32Array(pieceFrames), new Float32Array(pieceFrames)] }
}

function openTexture(effect: TextureEffect, layer: Layer, span: LayerSpan): LayerStream {
  const fill = effect.open(settingsOf(layer, createRandom(span.seed)))
  const beginning = Array.from({ length: gaugePieces }, () => {
    const piece = emptyPiece()
    fill(piece)
    return piece
  })
  const gain = textureGain(beginning, layer) * decibels(distanceDb(layer.distance))
  const edge = edgeSeconds * sampleRateHz
  const first = Math.round(span.startSeconds * sampleRateHz)
  const last = span.endSeconds === null ? Infinity : Math.round(span.endSeconds * sampleRateHz)
  let at = 0
  return (block) => {
    const start = at
    at += pieceFrames
    if (at <= first || start >= last) return
    const made = beginning.shift()
    if (made) block.channels.forEach((channel, side) => channel.set(made.channels[side]!))
    else fill(block)
    if (start >= first + edge && at <= last - edge) {
      for (const channel of block.channels) scale(channel, gain, gain)
      return
    }
    for (const channel of block.channels) {
      for (let index = 0; index < pieceFrames; index++) {
        const frame = start + index
        const risen = first === 0 ? 1 : (frame - first) / edge
        channel[index]! *= gain * Math.max(0, Math.min(1, risen, (last - frame) / edge))
      }
    }
  }
}

/** Every texture about as loud as any other: measured on its own beginning. */
function textureGain(beginning: readonly PcmBlock[], layer: Layer): number {
  const left = new Float32Array(beginning.length * pieceFrames)
  beginning.forEach(({ channels }, piece) => left.set(channels[0]!, piece * pieceFrames))
  const loudness = integratedLoudness(left, sampleRateHz)
  // Both channels together are 3 dB louder than one. What pauses may have been caught in a pause.
  return decibels(Math.min(40, textureLufs - 3 - loudness + 8 * (layer.intensity - 0.5)))
}

function openEvents(effect: EventEffect, layer: Layer, span: LayerSpan): LayerStream {
  const { pattern } = effect.timing
  const random = createRandom(span.seed)
  const chances = random.fork()
  const mixer = createGrainMixer()
  const count = countOf(effect, layer, span.fills)
  const { after: group = 1, seconds: rest = 0 } = layer.count === null ? (effect.timing.rest ?? {}) : {}
  // What repeats as a whole is a group with its pause.
  const usual = everySeconds(effect, layer)
  const stretch = fitted(group * usual + rest, span.fitSeconds, pattern) / (group * usual + rest)
  const every = stretch * usual
  const rests = stretch * rest
  const level = decibels(distanceDb(layer.distance) + 8 * (layer.intensity - 0.5))
  let spacing = every
  let made = 0
  let gain: number | null = null
  let start = 0
  let next = span.startSeconds + (pattern === 'regular' ? 0.01 : chances.between(0.01, 0.12))

  const begin = (frame: number) => {
    const sound = effect.ring(settingsOf(layer, random.fork()))
    soften(sound)
    gain ??= eventGain(sound)
    spacing = pattern === 'poisson' ? Math.max(every, 0.9 * soundingSeconds(sound)) : every
    const alternate = pattern === 'regular' ? (made & 1 ? 0.08 : -0.08) : chances.between(-0.45, 0.45)
    mixer.add(
      sound,
      frame,
      (gain * level * chances.between(0.85, 1)) / Math.SQRT2,
      alternate * (1 - 0.6 * layer.distance),
    )
    made++
  }
  return (block) => {
    const end = start + pieceFrames
    while (made < count && next * sampleRateHz < end && next < (span.endSeconds ?? Infinity)) {
      begin(Math.max(0, Math.floor(next * sampleRateHz) - start))
      next =
        pattern === 'regular'
          ? span.startSeconds +
            0.01 +
            every * (made + 0.012 * chances.gaussian()) +
            rests * Math.floor(made / group)
          : next + spacing * (0.4 + 0.6 * chances.wait(1))
    }
    start = end
    mixer.mixInto(block)
  }
}

/** A pattern that starts over without a limp. */
function fitted(every: number, fitSeconds: number | null, pattern: 'regular' | 'poisson'): number {
  if (fitSeconds === null || pattern === 'poisson') return every
  return fitSeconds / Math.max(1, Math.round(fitSeconds / every))
}

/** Whatever a synthesiser ends with, the sound begins and ends at nothing. */
function soften(sound: Float32Array): void {
  const out = Math.min(sound.length, 480)
  for (let index = 0; index < out; index++) sound[sound.length - 1 - index]! *= index / out
  for (let index = 0; index < Math.min(16, sound.length); index++) sound[index]! *= index / 16
}

/** Until nothing of it is louder than a tenth of its peak: what rings on does not keep the next one waiting. */
function soundingSeconds(sound: Float32Array): number {
  const threshold = 0.1 * peakOf(sound)
  let last = sound.length - 1
  while (last > 0 && Math.abs(sound[last]!) < threshold) last--
  return last / sampleRateHz
}

function peakOf(sound: Float32Array): number {
  let peak = 0
  for (const sample of sound) peak = Math.max(peak, Math.abs(sample))
  return peak
}

/** By its peak, and by its loudness where it is long. */
function eventGain(sound: Float32Array): number {
  const padded = new Float32Array(Math.max(sound.length, Math.round(0.45 * sampleRateHz)))
  padded.set(sound)
  const loudness = integratedLoudness(padded.subarray(0, 3 * sampleRateHz), sampleRateHz)
  return Math.min(eventPeak / Math.max(1e-6, peakOf(sound)), decibels(eventLufs - loudness))
}

function decibels(db: number): number {
  return Math.pow(10, db / 20)
}
