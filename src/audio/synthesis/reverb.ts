import { frameCount, type PcmBlock } from '../pcm'

export interface ReverbShape {
  /** Until the sound of the room has fallen by 60 dB. */
  decaySeconds: number
  /** Size of the room, 0 (a cupboard) to 1 (a cathedral): how far apart its echoes are. */
  size: number
  /** Frequency above which walls and air swallow the sound. */
  dampingHz: number
  preDelaySeconds?: number
}

/** A room that sound goes through: what comes out is the room alone, without the sound itself. */
export interface Reverb {
  /** Of stereo in, stereo out, as long as the input. */
  process(block: PcmBlock): PcmBlock
  /** Until the tail has fallen by 60 dB. */
  tailSeconds: number
}

/** Milliseconds at full size, mutually prime in samples, so that the echoes of one line do not fall on another's. */
const lineMs = [29.71, 37.13, 41.17, 43.73, 53.93, 61.37, 67.79, 79.33]
const diffuserMs = [4.77, 3.59, 12.73, 9.31]

/**
 * Feedback delay network of eight lines with a Householder matrix (J.-M. Jot and A. Chaigne, "Digital delay networks for
 * designing artificial reverberators", AES 90th Convention, 1991), with four diffusing all-passes before it.
 */
export function createReverb(
  { decaySeconds, size, dampingHz, preDelaySeconds = 0 }: ReverbShape,
  sampleRateHz: number,
): Reverb {
  const scale = 0.25 + 0.75 * Math.min(1, Math.max(0, size))
  const lines = lineMs.map((ms) => new Float32Array(oddFrames((ms * scale * sampleRateHz) / 1000)))
  const gains = lines.map((line) => Math.pow(10, (-3 * line.length) / (sampleRateHz * decaySeconds)))
  const pole = Math.exp((-2 * Math.PI * Math.min(dampingHz, 0.45 * sampleRateHz)) / sampleRateHz)
  const damped = new Float64Array(8)
  const outs = new Float64Array(8)
  const at = new Int32Array(8)
  const diffusers = [0, 1].map((channel) =>
    diffuserMs.map((ms) =>
      createAllpass(oddFrames(((ms * scale + channel * 0.31) * sampleRateHz) / 1000), 0.6),
    ),
  )
  const preDelays = [0, 1].map(() => createDelay(Math.round(preDelaySeconds * sampleRateHz)))
  // A long decay sums more echoes: the level of the room stays about that of the sound.
  const level = 0.5 * Math.sqrt(1 - (gains[3]! * gains[3]!) / 1.02)

  const enter = (channel: number, sample: number) => {
    let value = preDelays[channel]!(sample)
    for (const diffuse of diffusers[channel]!) value = diffuse(value)
    return value
  }
  return {
    tailSeconds: decaySeconds + preDelaySeconds,
    process(block) {
      const frames = frameCount(block)
      const inLeft = block.channels[0]!
      const inRight = block.channels[1] ?? inLeft
      const left = new Float32Array(frames)
      const right = new Float32Array(frames)
      for (let frame = 0; frame < frames; frame++) {
        const fromLeft = enter(0, inLeft[frame]!)
        const fromRight = enter(1, inRight[frame]!)
        let sum = 0
        for (let line = 0; line < 8; line++) {
          const read = lines[line]![at[line]!]!
          damped[line] = read + pole * (damped[line]! - read) + 1e-20
          outs[line] = damped[line]! * gains[line]!
          sum += outs[line]!
        }
        sum /= 4
        for (let line = 0; line < 8; line++) {
          const buffer = lines[line]!
          buffer[at[line]!] = outs[line]! - sum + (line & 1 ? fromRight : fromLeft)
          at[line] = at[line]! + 1 === buffer.length ? 0 : at[line]! + 1
        }
        left[frame] = level * (outs[0]! - outs[2]! + outs[4]! - outs[6]! + 0.4 * (outs[1]! - outs[5]!))
        right[frame] = level * (outs[1]! - outs[3]! + outs[5]! - outs[7]! + 0.4 * (outs[4]! - outs[0]!))
      }
      return { channels: [left, right] }
    },
  }
}

function createAllpass(length: number, gain: number): (sample: number) => number {
  const buffer = new Float32Array(length)
  let at = 0
  return (sample) => {
    const delayed = buffer[at]!
    const stored = sample - gain * delayed
    buffer[at] = stored
    at = at + 1 === length ? 0 : at + 1
    return delayed + gain * stored
  }
}

function createDelay(length: number): (sample: number) => number {
  if (length < 1) return (sample) => sample
  const buffer = new Float32Array(length)
  let at = 0
  return (sample) => {
    const delayed = buffer[at]!
    buffer[at] = sample
    at = at + 1 === length ? 0 : at + 1
    return delayed
  }
}

function oddFrames(frames: number): number {
  return Math.max(3, 2 * Math.floor(frames / 2) + 1)
}
