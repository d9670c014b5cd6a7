import { createBiquad, createOnePole } from '../../../../audio/synthesis/filters'
import type { Random } from '../../../../audio/synthesis/noise'
import { sineOfTurns, softClip } from '../../../../audio/synthesis/waves'
import { pieceFrames, sampleRateHz } from './effect'
import { addTo } from './sounds'

export interface EngineShape {
  /** Firings a second at a speed of 1. */
  firingHz: number
  /** One firing in so many is alike: their differences give the half orders that make an engine an engine. */
  cylinders: number
  /** How unlike they are, 0–1. */
  uneven: number
  /** Resonances of exhaust and body. */
  resonances: readonly { hz: number; q: number; gain: number }[]
  /** Share of the noise that each firing lets out. */
  hiss: number
  /** Length of a firing as a share of the time between two. */
  duty: number
  drive: number
  /** Above it, the muffler and the casing swallow the sound, 6 dB an octave. */
  dullHz: number
  /** Lengths of exhaust and intake. */
  pipesMetres: readonly number[]
}

/** Firing pulses of unlike cylinders through exhaust resonances (Farnell, ch. 45): adds to `out`. */
export function createEngine(random: Random, shape: EngineShape) {
  const strengths = Array.from({ length: shape.cylinders }, () => 1 - shape.uneven * random.next())
  const offsets = Array.from({ length: shape.cylinders }, () => shape.uneven * 0.18 * random.gaussian())
  const filters = shape.resonances.map(({ hz, q, gain }) => ({
    filter: createBiquad({ kind: 'bandpass', hz, q }, sampleRateHz),
    gain,
  }))
  const scratch = new Float32Array(pieceFrames)
  const source = new Float32Array(pieceFrames)
  const pipes = shape.pipesMetres.map((metres) => createPipe(metres))
  const muffler = createOnePole(shape.dullHz, sampleRateHz)
  const block = createBiquad({ kind: 'highpass', hz: 25 }, sampleRateHz)
  const phase = new Float64Array(1)
  let cylinder = 0
  let shake = 1
  let lag = 1
  /** Firing pulses of the next piece. */
  const fire = (base: number) => {
    let at = phase[0]!
    let step = base * lag
    let late = 0.25 + offsets[cylinder]! * 0.5
    let strength = strengths[cylinder]! * shake
    for (let index = 0; index < pieceFrames; index++) {
      at += step
      if (at >= 1) {
        at -= 1
        lag = Math.max(0.6, 1 + 0.02 * shape.uneven * random.gaussian())
        cylinder = (cylinder + 1) % shape.cylinders
        shake = 1 - 0.25 * shape.uneven * random.next()
        step = base * lag
        late = 0.25 + offsets[cylinder]! * 0.5
        strength = strengths[cylinder]! * shake
      }
      const hiss = 1 + shape.hiss * (2 * random.next() - 1)
      const within = (at - late) / shape.duty
      source[index] = within > 0 && within < 1 ? strength * hiss * sineOfTurns(0.5 * Math.sqrt(within)) : 0
    }
    phase[0] = at
  }
  return (out: Float32Array, speed: number, gain: number): void => {
    fire((shape.firingHz * speed) / sampleRateHz)
    block.run(source)
    for (const pipe of pipes) pipe(source)
    for (const { filter, gain: share } of filters) {
      scratch.set(source)
      filter.run(scratch)
      addTo(source, scratch, share)
    }
    for (let index = 0; index < pieceFrames; index++) source[index] = softClip(shape.drive * source[index]!)
    muffler.run(source)
    addTo(out, source, gain)
  }
}

/** A pipe shut at one end: what comes back from the other end is turned over and dulled (S. Baldan et al., "Physically informed car engine sound synthesis", 2015). */
function createPipe(metres: number): (samples: Float32Array) => void {
  const line = new Float32Array(Math.round((2 * metres * sampleRateHz) / 340))
  const dulled = new Float64Array(1)
  let at = 0
  return (samples) => {
    let place = at | 0
    let state = dulled[0]!
    for (let index = 0; index < samples.length; index++) {
      state += 0.3 * (line[place]! - state)
      samples[index]! -= 0.55 * state
      line[place] = samples[index]!
      if (++place === line.length) place = 0
    }
    at = place
    dulled[0] = state
  }
}
