import { equalPower } from '../../../../audio/synthesis/envelopes'
import { createRandom } from '../../../../audio/synthesis/noise'
import { frameCount, type PcmBlock } from '../../../../audio/pcm'
import { pieceFrames, sampleRateHz } from './effect'
import { effectOf } from './effects'
import { emptyPiece, openLayer, type LayerStream } from './layer-stream'
import { createPlace, tailOf } from './place'
import type { Layer, Scene } from './scene'
import type { Timeline } from './timeline'

export interface RenderRequest {
  scene: Scene
  timeline: Timeline
  /** Whether the end goes over into the beginning. */
  loop: boolean
  /** Whether sounds are to fill the time that was asked for. */
  fills: boolean
  seed: number
}

const blockPieces = 50
const fadeSeconds = 0.03
/** Loops up to here are turned in memory so that they begin at their beginning. */
const turnedSeconds = 60
const longestOverlapSeconds = 12
const textureOverlapSeconds = 1

/** All of a scene, in stereo blocks of half a second, exactly `timeline.frames` frames together. */
export function* renderScene(request: RenderRequest): Generator<PcmBlock> {
  const { frames } = request.timeline
  const source = request.loop ? looped(request) : straight(request)
  let left = frames
  let pending: PcmBlock[] = []
  for (const piece of source) {
    const taken = left < frameCount(piece) ? cut(piece, 0, left) : piece
    left -= frameCount(taken)
    held(taken)
    pending.push(taken)
    if (pending.length === blockPieces || left === 0) {
      yield joined(pending)
      pending = []
    }
    if (left === 0) return
  }
}

/** A group of layers that go through one place. */
function openBus(request: RenderRequest, chosen: (layer: Layer) => boolean): (() => PcmBlock) | null {
  const { scene, timeline, loop, fills, seed } = request
  const random = createRandom(seed)
  const seconds = timeline.frames / sampleRateHz
  const streams: LayerStream[] = []
  for (const layer of scene.layers) {
    const seedOfLayer = Math.floor(random.next() * 2 ** 31)
    if (!chosen(layer)) continue
    const { startSeconds, endSeconds } = timeline.steps[layer.step]!
    const isTexture = effectOf(layer.effect).kind === 'texture'
    streams.push(
      openLayer(layer, {
        ...{ startSeconds, fills, seed: seedOfLayer },
        endSeconds: endSeconds ?? (loop && !isTexture ? seconds : null),
        fitSeconds: loop && timeline.steps.length === 1 ? seconds : null,
      }),
    )
  }
  if (streams.length === 0) return null
  const place = createPlace(scene.space)
  return () => {
    const block = emptyPiece()
    for (const stream of streams) stream(block)
    return place(block)
  }
}

function* straight(request: RenderRequest): Generator<PcmBlock> {
  const bus = openBus(request, () => true)!
  const { frames } = request.timeline
  const fade = Math.min(fadeSeconds * sampleRateHz, frames / 8)
  for (let start = 0; start < frames; start += pieceFrames) {
    const piece = bus()
    if (start + pieceFrames > frames - fade) {
      for (const channel of piece.channels) {
        for (let index = 0; index < pieceFrames; index++) {
          channel[index]! *= Math.max(0, Math.min(1, (frames - 1 - start - index) / fade))
        }
      }
    }
    yield piece
  }
}

/**
 * A loop by construction: what rings on after the end is added to the beginning; textures, which never end, go over into
 * their own beginning at equal power. It is rendered from the end of that overlap on, so that only the overlap has to be
 * kept; short ones are turned back.
 */
function* looped(request: RenderRequest): Generator<PcmBlock> {
  const { frames } = request.timeline
  const textures = openBus(request, (layer) => effectOf(layer.effect).kind === 'texture')
  const events = openBus(request, (layer) => effectOf(layer.effect).kind === 'events')
  const textureOverlap = textures ? Math.min(Math.floor(frames / 2), textureOverlapSeconds * sampleRateHz) : 0
  const ringing = events ? (longestOverlapSeconds - 5 + tailOf(request.scene.space)) * sampleRateHz : 0
  const overlap = Math.min(frames, Math.max(textureOverlap, Math.round(ringing)))
  const textureReader = createReader(textures)
  const eventReader = createReader(events)
  const textureHead = textureReader(overlap)
  const eventHead = eventReader(overlap)

  const rest = function* (): Generator<PcmBlock> {
    for (let at = overlap; at < frames; at += pieceFrames) {
      const count = Math.min(pieceFrames, frames - at)
      yield sum(textureReader(count), eventReader(count))
    }
  }
  const seam = function* (): Generator<PcmBlock> {
    for (let at = 0; at < overlap; at += pieceFrames) {
      const count = Math.min(pieceFrames, overlap - at)
      const tail = eventReader(count)
      const crossing = at < textureOverlap ? textureReader(Math.min(count, textureOverlap - at)) : null
      yield sum(
        crossed(cut(textureHead, at, at + count), crossing, at / textureOverlap, 1 / textureOverlap),
        added(cut(eventHead, at, at + count), tail, at, overlap),
      )
    }
  }
  if (frames > turnedSeconds * sampleRateHz) {
    yield* rest()
    yield* seam()
    return
  }
  const late = [...rest()]
  yield* seam()
  yield* late
}

/** Reads any number of frames from a bus that gives pieces. */
function createReader(bus: (() => PcmBlock) | null) {
  let piece = emptyPiece()
  let used = pieceFrames
  return (frames: number): PcmBlock => {
    const out = { channels: [new Float32Array(frames), new Float32Array(frames)] }
    if (!bus) return out
    for (let at = 0; at < frames;) {
      if (used === pieceFrames) {
        piece = bus()
        used = 0
      }
      const count = Math.min(frames - at, pieceFrames - used)
      out.channels.forEach((channel, side) =>
        channel.set(piece.channels[side]!.subarray(used, used + count), at),
      )
      at += count
      used += count
    }
    return out
  }
}

function crossed(head: PcmBlock, tail: PcmBlock | null, from: number, step: number): PcmBlock {
  if (!tail) return head
  const count = frameCount(tail)
  head.channels.forEach((channel, side) => {
    const other = tail.channels[side]!
    for (let index = 0; index < count; index++) {
      const { fadeIn, fadeOut } = equalPower(Math.min(1, from + step * index))
      channel[index] = fadeIn * channel[index]! + fadeOut * other[index]!
    }
  })
  return head
}

function added(head: PcmBlock, tail: PcmBlock, at: number, overlap: number): PcmBlock {
  head.channels.forEach((channel, side) => {
    const other = tail.channels[side]!
    for (let index = 0; index < channel.length; index++) {
      const rest = Math.min(1, (4 * (overlap - at - index)) / overlap)
      channel[index]! += rest * other[index]!
    }
  })
  return head
}

function sum(a: PcmBlock, b: PcmBlock): PcmBlock {
  return {
    channels: a.channels.map((channel, side) =>
      channel.map((sample, index) => sample + b.channels[side]![index]!),
    ),
  }
}

function cut(block: PcmBlock, start: number, end: number): PcmBlock {
  return { channels: block.channels.map((channel) => channel.slice(start, end)) }
}

function joined(blocks: readonly PcmBlock[]): PcmBlock {
  const frames = blocks.reduce((total, block) => total + frameCount(block), 0)
  const channels = [new Float32Array(frames), new Float32Array(frames)]
  let at = 0
  for (const block of blocks) {
    channels.forEach((channel, side) => channel.set(block.channels[side]!, at))
    at += frameCount(block)
  }
  return { channels }
}

const knee = 0.45
const ceiling = 0.74

/**
 * Bends what is too loud below −2.6 dBFS. It has no memory, unlike a limiter, so that a loop's end and beginning are bent
 * alike; up to −7 dBFS nothing changes.
 */
function held(block: PcmBlock): void {
  const room = ceiling - knee
  for (const channel of block.channels) {
    for (let index = 0; index < channel.length; index++) {
      const magnitude = Math.abs(channel[index]!)
      if (magnitude > knee)
        channel[index] = Math.sign(channel[index]!) * (knee + room * Math.tanh((magnitude - knee) / room))
    }
  }
}
