import type { Piece, Role, Track } from '../../music/piece'
import type { PcmBlock } from '../pcm'
import { createBusCompressor } from './mixer-dynamics'
import { createEcho } from './mixer-echo'
import { createBiquad } from './filters'
import { createInstrument, type Instrument, type Voice } from './instruments'
import { createReverb } from './reverb'

export interface MixOptions {
  sampleRateHz: number
  /** Of the whole result. */
  frames: number
  /** Whether the end runs into the beginning: what rings on at the end is heard at the start. */
  loop: boolean
  /** Share of reverberation, 0–1. */
  room: number
  /** Only these parts, without the compression of the whole: the sum of all stems is the mix before that. */
  stem?: readonly Role[]
}

/** Plays a piece, block by block. */
export interface Mix {
  /** The next thousand frames or so; null when the piece has ended. */
  next(): PcmBlock | null
}

/** Frames after which a beat of silence could not be heard any more: how long a loop is played in before it begins. */
const playInSeconds = 8
const blockFrames = 1024

interface Player {
  instrument: Instrument
  /** By their start. */
  starts: readonly { frame: number; holdFrames: number; index: number }[]
  track: Track
  upcoming: number
  voices: Voice[]
  send: number
  echo: number
}

/** Voices, room, echo and a gentle compressor. Everything follows from the piece: same piece, same samples. */
export function createMix(piece: Piece, options: MixOptions): Mix {
  const { sampleRateHz, frames, loop, room, stem } = options
  const playIn = loop ? Math.round(playInSeconds * sampleRateHz) : 0
  const players = piece.tracks
    .filter(({ role }) => !stem || stem.includes(role))
    .map((track) => createPlayer(track, piece, { sampleRateHz, frames, playIn }))
  const reverb = createReverb(roomOf(room), sampleRateHz)
  const echo = createEcho((60 / piece.bpm) * 0.75, sampleRateHz)
  const rumble = [0, 1].map(() => createBiquad({ kind: 'highpass', hz: 28 }, sampleRateHz))
  const compressor = stem ? null : createBusCompressor(sampleRateHz)
  const own = stereo(blockFrames)
  const [roomSend, echoSend] = [stereo(blockFrames), stereo(blockFrames)]
  let at = -playIn

  const render = (count: number): PcmBlock => {
    const dry = stereo(count)
    const toRoom = emptied(roomSend, count)
    const toEcho = emptied(echoSend, count)
    for (const player of players) {
      own.forEach((samples) => samples.fill(0))
      if (!play(player, own, at, count)) continue
      own.forEach((samples, channel) => {
        distribute(samples, dry[channel]!, toRoom[channel]!, player.send * room)
        if (player.echo > 0) mixInto(toEcho[channel]!, samples, player.echo)
      })
    }
    const echoed = echo.process({ channels: toEcho })
    echoed.channels.forEach((samples, channel) => {
      mixInto(dry[channel]!, samples, 1)
      mixInto(toRoom[channel]!, samples, 0.4)
    })
    const around = reverb.process({ channels: toRoom })
    dry.forEach((samples, channel) => {
      mixInto(samples, around.channels[channel]!, 1.6)
      rumble[channel]!.run(samples)
    })
    compressor?.(dry)
    at += count
    return { channels: dry }
  }

  return {
    next() {
      while (at < 0) render(Math.min(blockFrames, -at))
      const count = Math.min(blockFrames, frames - at)
      return count > 0 ? render(count) : null
    },
  }
}

function roomOf(room: number) {
  return {
    decaySeconds: 0.9 + 2.6 * room,
    size: 0.25 + 0.65 * room,
    dampingHz: 6500 - 2000 * room,
    preDelaySeconds: 0.012 + 0.02 * room,
  }
}

const stereo = (frames: number) => [new Float32Array(frames), new Float32Array(frames)]

const emptied = (channels: readonly Float32Array[], frames: number) =>
  channels.map((samples) => samples.subarray(0, frames).fill(0))

function mixInto(to: Float32Array, from: Float32Array, gain: number): void {
  for (let frame = 0; frame < to.length; frame++) to[frame]! += gain * from[frame]!
}

/** Dry and into the room; `from` may be longer than the others. */
function distribute(from: Float32Array, dry: Float32Array, room: Float32Array, send: number): void {
  for (let frame = 0; frame < dry.length; frame++) {
    const sample = from[frame]!
    dry[frame]! += sample
    room[frame]! += send * sample
  }
}

function createPlayer(
  track: Track,
  { bpm, key }: Piece,
  { sampleRateHz, frames, playIn }: { sampleRateHz: number; frames: number; playIn: number },
): Player {
  const framesPerBeat = (60 / bpm) * sampleRateHz
  const starts = track.notes.map(({ beat, beats }, index) => ({
    frame: Math.round(beat * framesPerBeat),
    holdFrames: Math.round(beats * framesPerBeat),
    index,
  }))
  // In a loop the same notes come in the rounds before.
  const rounds = Math.ceil(playIn / frames)
  const all = Array.from({ length: rounds + 1 }, (_, round) =>
    starts.map((start) => ({ ...start, frame: start.frame - round * frames })),
  )
    .flat()
    .filter(({ frame }) => frame >= -playIn && frame < frames)
    .sort((a, b) => a.frame - b.frame)
  const instrument = createInstrument(track.instrument, sampleRateHz, key.tonic)
  const echo = track.role === 'melody' ? 0.16 : 0
  return { instrument, starts: all, track, upcoming: 0, voices: [], send: instrument.room, echo }
}

/** Adds the next frames of a track. False where it is silent. */
function play(player: Player, out: readonly Float32Array[], at: number, count: number): boolean {
  const [left, right] = out as [Float32Array, Float32Array]
  const sounding = player.voices.filter((voice) => voice.add(left, right, 0, count))
  let busy = player.voices.length > 0
  for (;;) {
    const start = player.starts[player.upcoming]
    if (!start || start.frame >= at + count) break
    player.upcoming++
    const note = player.track.notes[start.index]!
    const voice = player.instrument.start(note, start.holdFrames, start.index)
    busy = true
    if (voice?.add(left, right, start.frame - at, count)) sounding.push(voice)
  }
  player.voices = sounding
  return busy
}
