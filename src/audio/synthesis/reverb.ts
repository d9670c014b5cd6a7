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
  const lengths = lineMs.map((ms) => oddFrames((ms * scale * sampleRateHz) / 1000))
  const gains = lengths.map((length) => Math.pow(10, (-3 * length) / (sampleRateHz * decaySeconds)))
  const pole = Math.exp((-2 * Math.PI * Math.min(dampingHz, 0.45 * sampleRateHz)) / sampleRateHz)
  const diffusers = [0, 1].map((channel) =>
    diffuserMs.map((ms) =>
      createAllpass(oddFrames(((ms * scale + channel * 0.31) * sampleRateHz) / 1000), 0.6),
    ),
  )
  const preDelays = [0, 1].map(() => createDelay(Math.round(preDelaySeconds * sampleRateHz)))
  // A long decay sums more echoes: the level of the room stays about that of the sound.
  const level = 0.5 * Math.sqrt(1 - (gains[3]! * gains[3]!) / 1.02)

  // No echo comes back within a stretch, so that each line can be read for all of it before it is written.
  const stretch = Math.min(256, ...lengths)
  const entered = [new Float64Array(stretch), new Float64Array(stretch)]
  const sums = new Float64Array(stretch)
  const outs = lengths.map(() => new Float64Array(stretch))
  const [out0, out1, out2, out3, out4, out5, out6, out7] = outs as [
    ...[Float64Array, Float64Array, Float64Array, Float64Array],
    ...[Float64Array, Float64Array, Float64Array, Float64Array],
  ]
  const pairs = [0, 2, 4, 6].map((line) => {
    const of = (index: number) => ({ length: lengths[index]!, gain: gains[index]!, out: outs[index]! })
    return createPair(of(line), of(line + 1), pole)
  })

  const enter = (channel: number, input: Float32Array, start: number, frames: number) => {
    const samples = entered[channel]!
    for (let frame = 0; frame < frames; frame++) samples[frame] = input[start + frame]!
    preDelays[channel]!(samples, frames)
    for (const diffuse of diffusers[channel]!) diffuse(samples, frames)
  }
  return {
    tailSeconds: decaySeconds + preDelaySeconds,
    process(block) {
      const count = frameCount(block)
      const left = new Float32Array(count)
      const right = new Float32Array(count)
      for (let start = 0; start < count; start += stretch) {
        const frames = Math.min(stretch, count - start)
        enter(0, block.channels[0]!, start, frames)
        enter(1, block.channels[1] ?? block.channels[0]!, start, frames)
        sums.fill(0)
        for (const pair of pairs) pair.read(sums, frames)
        for (const pair of pairs) pair.write(sums, entered[0]!, entered[1]!, frames)
        for (let frame = 0; frame < frames; frame++) {
          const across = out0[frame]! - out2[frame]! + out4[frame]! - out6[frame]!
          const beside = out1[frame]! - out3[frame]! + out5[frame]! - out7[frame]!
          left[start + frame] = level * (across + 0.4 * (out1[frame]! - out5[frame]!))
          right[start + frame] = level * (beside + 0.4 * (out4[frame]! - out0[frame]!))
        }
      }
      return { channels: [left, right] }
    },
  }
}

interface Line {
  length: number
  gain: number
  /** What comes out of it. */
  out: Float64Array
}

/** Two delay lines whose ends are damped: in one loop, so that neither waits for its own multiplications. */
function createPair(first: Line, second: Line, pole: number) {
  const { out: out1, length: length1, gain: gain1 } = first
  const { out: out2, length: length2, gain: gain2 } = second
  const line1 = new Float64Array(length1)
  const line2 = new Float64Array(length2)
  const places = new Int32Array(2)
  const damped = new Float64Array(2)
  return {
    /** What comes out of them next, and that added to `sums`. */
    read(sums: Float64Array, frames: number): void {
      let at1 = places[0]!
      let at2 = places[1]!
      let state1 = damped[0]!
      let state2 = damped[1]!
      for (let frame = 0; frame < frames; frame++) {
        // Denormal numbers would cost more than the rest.
        state1 = (1 - pole) * line1[at1]! + 1e-20 + pole * state1
        state2 = (1 - pole) * line2[at2]! + 1e-20 + pole * state2
        const value1 = gain1 * state1
        const value2 = gain2 * state2
        out1[frame] = value1
        out2[frame] = value2
        sums[frame]! += value1 + value2
        if (++at1 === length1) at1 = 0
        if (++at2 === length2) at2 = 0
      }
      damped[0] = state1
      damped[1] = state2
    },
    /** Puts in the Householder reflection of what came out, and what is new. */
    write(sums: Float64Array, input1: Float64Array, input2: Float64Array, frames: number): void {
      let at1 = places[0]!
      let at2 = places[1]!
      for (let frame = 0; frame < frames; frame++) {
        const reflected = 0.25 * sums[frame]!
        line1[at1] = out1[frame]! - reflected + input1[frame]!
        line2[at2] = out2[frame]! - reflected + input2[frame]!
        if (++at1 === length1) at1 = 0
        if (++at2 === length2) at2 = 0
      }
      places[0] = at1
      places[1] = at2
    },
  }
}

/** Changes so many samples in place. */
type Stage = (samples: Float64Array, frames: number) => void

function createAllpass(length: number, gain: number): Stage {
  const buffer = new Float32Array(length)
  let at = 0
  return (samples, frames) => {
    let place = at | 0
    for (let frame = 0; frame < frames; frame++) {
      const delayed = buffer[place]!
      const stored = samples[frame]! - gain * delayed
      buffer[place] = stored
      samples[frame] = delayed + gain * stored
      if (++place === length) place = 0
    }
    at = place
  }
}

function createDelay(length: number): Stage {
  if (length < 1) return () => undefined
  const buffer = new Float32Array(length)
  let at = 0
  return (samples, frames) => {
    let place = at | 0
    for (let frame = 0; frame < frames; frame++) {
      const delayed = buffer[place]!
      buffer[place] = samples[frame]!
      samples[frame] = delayed
      if (++place === length) place = 0
    }
    at = place
  }
}

function oddFrames(frames: number): number {
  return Math.max(3, 2 * Math.floor(frames / 2) + 1)
}
