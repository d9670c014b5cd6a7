import { createPcmQueue } from '../../audio/pcm-queue'
import { frameCount, type PcmBlock } from '../../audio/pcm'
import { createRoomToneFinder, type RoomTone } from '../../audio/room-tone'

/** What an editor has to know of a recording before it changes anything. */
export interface RecordingProfile {
  sampleRateHz: number
  channels: number
  frames: number
  /** RMS of every 20 milliseconds over all channels, dBFS; −Infinity for digital silence. */
  levelsDb: Float32Array
  /** Frames of each of these pieces; the last one may be shorter. */
  levelFrames: number
  /** Level that nine tenths of the recording are above, and the one that a twentieth is above. */
  quietDb: number
  loudDb: number
  /** Peak amplitude of a sine that is as loud as the speech, by channel. */
  speechAmplitudes: number[]
  /** Null where no stretch of the recording can pass for the empty room. */
  roomTone: RoomTone | null
}

export interface RecordingProfiler {
  add(block: PcmBlock): void
  finish(): RecordingProfile
}

const pieceSeconds = 0.02
const quietShare = 0.1
const loudShare = 0.95
/** Pieces this much below the loud ones are not counted as speech. */
const speechGateDb = 15
/** What is quieter than this is not speech at all. */
const silentDb = -60
const silentAmplitude = 0.1
const maxAmplitude = 0.5
/** A stretch louder than the quiet parts are by this is not empty. */
const roomToneToleranceDb = 6
/** Histogram of levels: 1 dB a bin, from here to 0 dBFS. */
const lowestDb = -120

/** Looks at a recording once, in bounded memory but for 200 bytes a second of levels. */
export function createRecordingProfiler(sampleRateHz: number, channels: number): RecordingProfiler {
  const levelFrames = Math.max(1, Math.round(pieceSeconds * sampleRateHz))
  const queue = createPcmQueue(channels)
  const room = createRoomToneFinder(channels)
  const levels: number[] = []
  const bins = Array.from({ length: 1 - lowestDb }, () => ({ frames: 0, energy: new Float64Array(channels) }))
  let frames = 0

  const look = (piece: PcmBlock): void => {
    const count = frameCount(piece)
    const energies = piece.channels.map(energyOf)
    const levelDb = 10 * Math.log10(energies.reduce((sum, energy) => sum + energy, 0) / (count * channels))
    const bin = bins[Math.round(Math.min(0, Math.max(lowestDb, levelDb))) - lowestDb]!
    bin.frames += count
    energies.forEach((energy, channel) => (bin.energy[channel]! += energy))
    levels.push(levelDb)
    room.add(piece, levelDb)
  }

  const levelAt = (share: number): number => {
    let below = 0
    const index = bins.findIndex((bin) => (below += bin.frames) >= share * frames)
    return lowestDb + Math.max(0, index)
  }

  return {
    add(block) {
      frames += frameCount(block)
      queue.push(block)
      while (queue.frames() >= levelFrames) look(queue.take(levelFrames))
    },
    finish() {
      if (queue.frames() > 0) look(queue.take(queue.frames()))
      const quietDb = levelAt(quietShare)
      const loudDb = levelAt(loudShare)
      const tone = room.found()
      return {
        ...{ sampleRateHz, channels, frames, levelFrames, quietDb, loudDb },
        levelsDb: Float32Array.from(levels),
        speechAmplitudes: speechAmplitudes(bins.slice(Math.max(0, loudDb - speechGateDb - lowestDb)), loudDb),
        roomTone: tone && tone.levelDb <= quietDb + roomToneToleranceDb ? tone : null,
      }
    },
  }
}

function speechAmplitudes(speech: { frames: number; energy: Float64Array }[], loudDb: number): number[] {
  const frames = speech.reduce((sum, bin) => sum + bin.frames, 0)
  const channels = speech[0]?.energy.length ?? 0
  return Array.from({ length: channels }, (_, channel) => {
    if (loudDb < silentDb) return silentAmplitude
    const energy = speech.reduce((sum, bin) => sum + bin.energy[channel]!, 0)
    return Math.min(maxAmplitude, Math.sqrt((2 * energy) / frames))
  })
}

function energyOf(samples: Float32Array): number {
  let energy = 0
  for (const sample of samples) energy += sample * sample
  return energy
}
