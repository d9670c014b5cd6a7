import { createBiquad, createStateVariable } from './filters'
import { addModes } from './modal'
import { createRandom } from './noise'
import { waveforms, cycleLength } from './oscillators'
import { pluckString, type PluckShape } from './strings'
import { sineOfTurns, softClip } from './waves'

/** Makes the whole sound of one note, as it is when nothing stops it. @param hz Of the note. */
export type StruckSound = (hz: number, sampleRateHz: number) => Float32Array

interface Partial {
  /** Times the note's frequency. */
  ratio: number
  level: number
  /** Until it has fallen by 60 dB. */
  decaySeconds: number
}

/** Sum of decaying sines. Partials above 16 kHz are left out. */
function addPartials(
  out: Float32Array,
  hz: number,
  sampleRateHz: number,
  partials: readonly Partial[],
): void {
  const modes = partials
    .filter(({ ratio }) => hz * ratio <= 16_000)
    .map(({ ratio, level, decaySeconds }) => ({ hz: hz * ratio, gain: level, decaySeconds }))
  addModes(out, modes, sampleRateHz)
}

function secondsFor(hz: number, atMiddleC: number, shortest = 0.6): number {
  return Math.max(shortest, Math.min(1.4 * atMiddleC, atMiddleC * (261.6 / hz) ** 0.45))
}

function ease(out: Float32Array, attackFrames: number): Float32Array {
  for (let frame = 0; frame < Math.min(attackFrames, out.length); frame++) out[frame]! *= frame / attackFrames
  const tail = Math.min(out.length, 2400)
  for (let frame = 0; frame < tail; frame++) out[out.length - 1 - frame]! *= frame / tail
  return out
}

/** The knock of hammer, mallet or finger: a few milliseconds of filtered noise. */
function addKnock(out: Float32Array, sampleRateHz: number, hz: number, level: number, seconds: number): void {
  const random = createRandom(Math.round(hz))
  const frames = Math.min(out.length, Math.round(seconds * sampleRateHz))
  const knock = Float32Array.from({ length: frames }, () => random.between(-1, 1))
  createBiquad({ kind: 'bandpass', hz, q: 0.8 }, sampleRateHz).run(knock)
  for (let frame = 0; frame < frames; frame++)
    out[frame]! += level * (1 - frame / frames) ** 2 * knock[frame]!
}

/**
 * A piano string: stiff, so that its partials are stretched (H. Fletcher, 1964), with the notch of the hammer at an
 * eighth of its length, and two stages of decay.
 */
function piano({ softness }: { softness: number }): StruckSound {
  return (hz, sampleRateHz) => {
    const seconds = secondsFor(hz, 3.2)
    const out = new Float32Array(Math.round(seconds * sampleRateHz))
    const stiffness = 0.0002 * (hz / 261.6) ** 1.2
    const partials: Partial[] = []
    for (let n = 1; n <= 22; n++) {
      const ratio = n * Math.sqrt(1 + stiffness * n * n)
      const notch = 0.25 + Math.abs(Math.sin((Math.PI * n) / 8.2))
      const level = (notch / n ** (0.75 + 0.5 * softness)) * Math.exp(-(n * hz * (0.5 + softness)) / 5200)
      const decaySeconds = (seconds * 1.25) / (1 + 0.16 * (n - 1))
      // Two of the three strings a note has, out of tune by a fraction of a hertz.
      partials.push({ ratio, level: level * 0.62, decaySeconds })
      partials.push({ ratio: ratio + 0.28 / hz, level: level * 0.38, decaySeconds: decaySeconds * 0.45 })
    }
    addPartials(out, hz, sampleRateHz, partials)
    addKnock(out, sampleRateHz, 900, 0.25 * (1 - softness), 0.02)
    return ease(out, Math.round((0.0012 + 0.004 * softness) * sampleRateHz))
  }
}

/** Two pairs of frequency-modulated sines (J. Chowning, 1973): the tine that rings and the tone bar below it. */
const electricPiano: StruckSound = (hz, sampleRateHz) => {
  const seconds = secondsFor(hz, 2.8)
  const out = new Float32Array(Math.round(seconds * sampleRateHz))
  const step = hz / sampleRateHz
  const turn = 2 * Math.PI
  let body = 1
  let bell = 1
  const bodyFall = 10 ** (-2.4 / out.length)
  const bellFall = 10 ** (-3 / (0.7 * sampleRateHz))
  const index = Math.min(1.3, 420 / hz)
  for (let frame = 0; frame < out.length; frame++) {
    const phase = step * frame
    const tone = sineOfTurns(phase + (index / turn) * body * sineOfTurns(phase))
    const strike = hz * 14 < 16_000 ? (0.35 / turn) * bell * sineOfTurns(14 * phase) : 0
    const tine = sineOfTurns(phase + strike)
    out[frame] = body * (0.7 * tone + 0.35 * tine)
    body *= bodyFall
    bell *= bellFall
  }
  return ease(out, Math.round(0.002 * sampleRateHz))
}

/** Bars and tubes: a few partials, of which the tuned ones are named. */
function bar(
  partials: readonly (readonly [ratio: number, level: number, decay: number])[],
  { seconds, knockHz, knock }: { seconds: number; knockHz: number; knock: number },
): StruckSound {
  return (hz, sampleRateHz) => {
    const length = secondsFor(hz, seconds, 0.35)
    const out = new Float32Array(Math.round(length * sampleRateHz))
    const tuned = partials.map(([ratio, level, decay]) => ({ ratio, level, decaySeconds: decay * length }))
    addPartials(out, hz, sampleRateHz, tuned)
    addKnock(out, sampleRateHz, knockHz, knock, 0.012)
    return ease(out, Math.round(0.001 * sampleRateHz))
  }
}

interface Plucked extends Omit<PluckShape, 'seed' | 'seconds' | 'decaySeconds'> {
  seconds: number
  /** Resonances of the body: frequency, gain. */
  body: readonly (readonly [number, number])[]
  drive?: number
}

function plucked({ seconds, position, brightness, body, drive }: Plucked): StruckSound {
  return (hz, sampleRateHz) => {
    const length = secondsFor(hz, seconds)
    const seed = Math.round(hz * 10)
    const shape = { decaySeconds: length * 1.3, position, brightness, seconds: length, seed }
    const out = pluckString(hz, sampleRateHz, shape)
    for (const [centre, gain] of body) {
      const resonance = out.slice()
      createBiquad({ kind: 'bandpass', hz: centre, q: 3 }, sampleRateHz).run(resonance)
      for (let frame = 0; frame < out.length; frame++) out[frame]! += gain * resonance[frame]!
    }
    if (drive) overdrive(out, sampleRateHz, drive)
    return ease(out, Math.round(0.001 * sampleRateHz))
  }
}

/** A valve that is driven hard, and the loudspeaker after it, which gives nothing above 5 kHz. */
function overdrive(out: Float32Array, sampleRateHz: number, drive: number): void {
  createBiquad({ kind: 'highpass', hz: 120 }, sampleRateHz).run(out)
  for (let frame = 0; frame < out.length; frame++) out[frame] = softClip(drive * out[frame]!)
  createBiquad({ kind: 'lowpass', hz: 4200, q: 0.8 }, sampleRateHz).run(out)
  createBiquad({ kind: 'lowpass', hz: 5000 }, sampleRateHz).run(out)
}

/** Frames over which the cutoff of a filter moves on a straight line. */
const sweepFrames = 256

function addSaw(out: Float32Array, hz: number, startPhase: number, sampleRateHz: number): void {
  const cycle = waveforms.saw.cycle(hz)
  const increment = (hz * cycleLength) / sampleRateHz
  let phase = startPhase
  for (let frame = 0; frame < out.length; frame++) {
    const at = phase | 0
    out[frame]! += cycle[at]! + (phase - at) * (cycle[at + 1]! - cycle[at]!)
    phase += increment
    if (phase >= cycleLength) phase -= cycleLength
  }
}

/** A saw through a filter that closes: plucks and basses of synthesisers. */
function filteredSaw({
  seconds,
  openHz,
  closeSeconds,
  sub,
}: {
  seconds: number
  openHz: number
  closeSeconds: number
  sub: number
}): StruckSound {
  return (hz, sampleRateHz) => {
    const out = new Float32Array(Math.round(seconds * sampleRateHz))
    addSaw(out, hz * 0.9985, 0, sampleRateHz)
    addSaw(out, hz * 1.0015, cycleLength * 0.37, sampleRateHz)
    const filter = createStateVariable('lowpass', sampleRateHz)
    const open = (frame: number) => hz + openHz * 10 ** ((-3 * frame) / (closeSeconds * sampleRateHz))
    for (let start = 0; start < out.length; start += sweepFrames) {
      const end = Math.min(out.length, start + sweepFrames)
      filter.run(out.subarray(start, end), open(start), open(end), 1.1)
    }
    const step = hz / sampleRateHz
    for (let frame = 0; frame < out.length; frame++) {
      out[frame] = 0.4 * out[frame]! + (sub > 0 ? sub * sineOfTurns(step * frame) : 0)
    }
    return ease(out, Math.round(0.003 * sampleRateHz))
  }
}

/** A sine with a little of its octave, which lasts as long as it is held. */
const sub: StruckSound = (hz, sampleRateHz) => {
  const out = new Float32Array(Math.round(4 * sampleRateHz))
  const step = hz / sampleRateHz
  const fall = 10 ** (-0.9 / out.length)
  let level = 1
  for (let frame = 0; frame < out.length; frame++) {
    out[frame] = level * softClip(1.3 * sineOfTurns(step * frame) + 0.25 * sineOfTurns(2 * step * frame))
    level *= fall
  }
  return ease(out, Math.round(0.006 * sampleRateHz))
}

const guitarBody = [[105, 0.6], [210, 0.45], [430, 0.2]] as const // prettier-ignore

/** Sounds that are struck or plucked once and then left to themselves. */
export const struckSounds = {
  piano: piano({ softness: 0.25 }),
  'soft-piano': piano({ softness: 0.9 }),
  'electric-piano': electricPiano,
  'acoustic-guitar': plucked({ seconds: 2.2, position: 0.17, brightness: 0.72, body: guitarBody }),
  'nylon-guitar': plucked({ seconds: 1.8, position: 0.28, brightness: 0.45, body: guitarBody }),
  ukulele: plucked({ seconds: 1.1, position: 0.3, brightness: 0.55, body: [[300, 0.6], [520, 0.3]] }), // prettier-ignore
  'electric-guitar': plucked({ seconds: 2.6, position: 0.22, brightness: 0.62, body: [] }),
  'distorted-guitar': plucked({ seconds: 3, position: 0.2, brightness: 0.7, body: [], drive: 9 }),
  harp: plucked({ seconds: 2.4, position: 0.4, brightness: 0.5, body: [[180, 0.3]] }), // prettier-ignore
  marimba: bar([[1, 1, 0.5], [3.93, 0.22, 0.14], [9.2, 0.08, 0.06]], { seconds: 1.6, knockHz: 600, knock: 0.2 }), // prettier-ignore
  vibraphone: bar([[1, 1, 1], [4, 0.16, 0.4], [10, 0.04, 0.15]], { seconds: 3, knockHz: 1500, knock: 0.06 }), // prettier-ignore
  glockenspiel: bar([[1, 1, 0.9], [2.76, 0.22, 0.4], [5.4, 0.1, 0.2]], { seconds: 2.6, knockHz: 4000, knock: 0.1 }), // prettier-ignore
  'music-box': bar([[1, 1, 0.7], [2, 0.12, 0.4], [5.95, 0.14, 0.2]], { seconds: 2.2, knockHz: 3200, knock: 0.14 }), // prettier-ignore
  'synth-pluck': filteredSaw({ seconds: 1.4, openHz: 4200, closeSeconds: 0.9, sub: 0 }),
  'acoustic-bass': plucked({ seconds: 1.5, position: 0.3, brightness: 0.35, body: [[95, 0.5], [190, 0.3]] }), // prettier-ignore
  'electric-bass': plucked({ seconds: 2.2, position: 0.2, brightness: 0.5, body: [[80, 0.4]] }), // prettier-ignore
  'synth-bass': filteredSaw({ seconds: 2, openHz: 1500, closeSeconds: 0.6, sub: 0.5 }),
  'sub-bass': sub,
} as const satisfies Record<string, StruckSound>
