import { cycleLength, waveforms, type Waveform } from './oscillators'
import { createRandom } from './noise'

export interface SustainedShape {
  waveform: Waveform
  /** Cents off the pitch of the oscillators on either side, one or two of them. */
  left: readonly [number] | readonly [number, number]
  right: readonly [number] | readonly [number, number]
  attackSeconds: number
  releaseSeconds: number
  /** Cutoff of the filter in harmonics of the note, at the start, when the attack is over, and held. */
  cutoff: readonly [start: number, peak: number, held: number]
  /** Seconds from the peak to the held cutoff. */
  settleSeconds: number
  /** Cents, after the first third of a second. */
  vibratoCents: number
  /** Breath, bow or air beside the tone. */
  air: number
}

export const sustainedShapes = {
  strings: {
    ...{ waveform: 'saw', left: [-9, 4], right: [-4, 9], attackSeconds: 0.09, releaseSeconds: 0.35 },
    ...{ cutoff: [4, 9, 7], settleSeconds: 0.8, vibratoCents: 9, air: 0.012 },
  },
  brass: {
    ...{ waveform: 'saw', left: [-5, 2], right: [-2, 5], attackSeconds: 0.045, releaseSeconds: 0.15 },
    ...{ cutoff: [2, 9, 6], settleSeconds: 0.35, vibratoCents: 5, air: 0.008 },
  },
  flute: {
    ...{ waveform: 'flute', left: [0], right: [3], attackSeconds: 0.05, releaseSeconds: 0.14 },
    ...{ cutoff: [6, 8, 8], settleSeconds: 0.3, vibratoCents: 14, air: 0.035 },
  },
  choir: {
    ...{ waveform: 'triangle', left: [-10, 5], right: [-5, 11], attackSeconds: 0.3, releaseSeconds: 0.6 },
    ...{ cutoff: [3, 5, 5], settleSeconds: 1, vibratoCents: 11, air: 0.03 },
  },
  pad: {
    ...{ waveform: 'saw', left: [-11, 6], right: [-6, 11], attackSeconds: 0.35, releaseSeconds: 0.9 },
    ...{ cutoff: [2, 5, 4], settleSeconds: 2, vibratoCents: 3, air: 0.006 },
  },
  organ: {
    ...{ waveform: 'organ', left: [-2], right: [2], attackSeconds: 0.012, releaseSeconds: 0.06 },
    ...{ cutoff: [10, 10, 10], settleSeconds: 1, vibratoCents: 6, air: 0 },
  },
  'synth-lead': {
    ...{ waveform: 'saw', left: [-7, 5], right: [-5, 7], attackSeconds: 0.012, releaseSeconds: 0.18 },
    ...{ cutoff: [4, 12, 7], settleSeconds: 0.3, vibratoCents: 8, air: 0 },
  },
  'synth-chords': {
    ...{ waveform: 'saw', left: [-12, 4], right: [-4, 12], attackSeconds: 0.01, releaseSeconds: 0.22 },
    ...{ cutoff: [3, 12, 6], settleSeconds: 0.25, vibratoCents: 0, air: 0 },
  },
} as const satisfies Record<string, SustainedShape>

/** A note that sounds: adds its next frames to both sides. False when it has ended. */
export interface Voice {
  add(left: Float32Array, right: Float32Array, from: number, to: number): boolean
}

export interface VoiceStart {
  hz: number
  /** Until the key is lifted. */
  holdFrames: number
  gainLeft: number
  gainRight: number
  /** 0–1: opens the filter. */
  velocity: number
  seed: number
}

/** Frames between looks at vibrato, filter and envelope, which move slowly. */
const controlFrames = 64

interface Side {
  increments: Float64Array
  phases: Float64Array
  scale: number
  ic1: number
  ic2: number
}

/** One stretch between two looks at the controls. Loops keep what they change in variables of their own. */
const scratch = new Float64Array(controlFrames)

function addAir(state: number, level: number, count: number): number {
  const scale = (level * 6) / 2 ** 31
  let noise = state
  for (let n = 0; n < count; n++) {
    noise = (Math.imul(noise, 1664525) + 1013904223) | 0
    scratch[n]! += noise * scale
  }
  return noise
}

interface Filtering {
  side: Side
  g: number
  a1: number
  /** Gain of the first frame, and what it grows by. */
  from: number
  step: number
}

function filterInto(
  out: Float32Array,
  at: number,
  count: number,
  { side, g, a1, from, step }: Filtering,
): void {
  let { ic1, ic2 } = side
  const a2 = g * a1
  const a3 = g * a2
  let gain = from
  for (let n = 0; n < count; n++) {
    const v3 = scratch[n]! - ic2
    const v1 = a1 * ic1 + a2 * v3
    const v2 = a2 * ic1 + ic2 + a3 * v3
    ic1 = 2 * v1 - ic1
    ic2 = 2 * v2 - ic2
    gain += step
    out[at + n]! += v2 * gain
  }
  side.ic1 = ic1
  side.ic2 = ic2
}

/** Detuned band-limited oscillators on either side through a low-pass filter of second order each. */
export function startSustained(shape: SustainedShape, start: VoiceStart, sampleRateHz: number): Voice {
  const { hz, holdFrames, velocity } = start
  const random = createRandom(start.seed)
  const cycle = waveforms[shape.waveform].cycle(hz * 1.02)
  const sides: Side[] = [shape.left, shape.right].map((cents) => ({
    increments: Float64Array.from(cents, (cent) => (hz * 2 ** (cent / 1200) * cycleLength) / sampleRateHz),
    phases: Float64Array.from(cents, () => random.next() * cycleLength),
    scale: 1 / Math.sqrt(cents.length),
    ic1: 0,
    ic2: 0,
  }))
  const attackFrames = Math.max(1, shape.attackSeconds * sampleRateHz)
  const releaseFrames = shape.releaseSeconds * sampleRateHz
  const vibratoHz = 4.6 + random.next()
  const bright = 0.45 + 0.75 * velocity
  let frame = 0
  let level = 0
  let noise = Math.floor(random.next() * 2 ** 31)

  const levelAt = (at: number) => {
    const rise = at < attackFrames ? 0.5 - 0.5 * Math.cos((Math.PI * at) / attackFrames) : 1
    if (at <= holdFrames) return rise
    const held = holdFrames < attackFrames ? 0.5 - 0.5 * Math.cos((Math.PI * holdFrames) / attackFrames) : 1
    return held * Math.max(0, 1 - (at - holdFrames) / releaseFrames) ** 2
  }
  const cutoffAt = (at: number) => {
    const [first, peak, held] = shape.cutoff
    const harmonics =
      at < attackFrames
        ? first + (peak - first) * (at / attackFrames)
        : held + (peak - held) * Math.exp((-3 * (at - attackFrames)) / (shape.settleSeconds * sampleRateHz))
    return Math.min(0.4 * sampleRateHz, Math.min(9000, Math.max(350, hz * harmonics * bright)))
  }

  /** One or two oscillators of a side. */
  const sumOscillators = ({ increments, phases }: Side, bend: number, count: number) => {
    const both = phases.length === 2
    const increment1 = increments[0]! * bend
    const increment2 = both ? increments[1]! * bend : 0
    let phase1 = phases[0]!
    let phase2 = both ? phases[1]! : 0
    for (let n = 0; n < count; n++) {
      const place = phase1 | 0
      const here = cycle[place]!
      let sum = here + (phase1 - place) * (cycle[place + 1]! - here)
      phase1 += increment1
      if (phase1 >= cycleLength) phase1 -= cycleLength
      if (both) {
        const other = phase2 | 0
        const there = cycle[other]!
        sum += there + (phase2 - other) * (cycle[other + 1]! - there)
        phase2 += increment2
        if (phase2 >= cycleLength) phase2 -= cycleLength
      }
      scratch[n] = sum
    }
    phases[0] = phase1
    if (both) phases[1] = phase2
  }

  return {
    add(left, right, from, to) {
      for (let at = from; at < to;) {
        const end = Math.min(to, at + controlFrames)
        const seconds = frame / sampleRateHz
        const depth = shape.vibratoCents * Math.min(1, Math.max(0, (seconds - 0.15) * 3))
        const bend = 2 ** ((depth * Math.sin(2 * Math.PI * vibratoHz * seconds)) / 1200)
        const g = Math.tan((Math.PI * cutoffAt(frame)) / sampleRateHz)
        const a1 = 1 / (1 + g * (g + 1.3))
        const target = levelAt(frame + end - at)
        const slope = (target - level) / (end - at)
        for (let index = 0; index < 2; index++) {
          const side = sides[index]!
          const count = end - at
          sumOscillators(side, bend, count)
          if (shape.air > 0) noise = addAir(noise, shape.air, count)
          const gain = (index === 0 ? start.gainLeft : start.gainRight) * side.scale
          filterInto(index === 0 ? left : right, at, count, {
            side,
            g,
            a1,
            from: level * gain,
            step: slope * gain,
          })
        }
        level = target
        frame += end - at
        at = end
      }
      return frame < holdFrames + releaseFrames
    },
  }
}
