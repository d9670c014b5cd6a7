import { drumNotes, type DrumName } from '../../music/piece'
import { createBiquad } from './filters'
import { createRandom, type Random } from './noise'
import { sineOfTurns } from './waves'

export const drumKits = [
  'acoustic-drums',
  'electronic-drums',
  'lofi-drums',
  'brush-drums',
  'cinematic-drums',
  'latin-percussion',
] as const
export type DrumKitName = (typeof drumKits)[number]

interface KitShape {
  /** Of the kick's body when it has settled, before it is tuned. */
  kickHz: number
  kickSeconds: number
  /** How far above its body the kick begins, in octaves. */
  kickSweep: number
  snareHz: number
  snareSeconds: number
  /** Noise of the snare beside its skin. */
  snareNoise: number
  /** Highest sound of the kit. */
  topHz: number
  hatSeconds: number
  tomHz: number
}

const kits: Record<DrumKitName, KitShape> = {
  'acoustic-drums': { kickHz: 52, kickSeconds: 0.32, kickSweep: 1.6, snareHz: 190, snareSeconds: 0.2, snareNoise: 0.9, topHz: 13_000, hatSeconds: 0.07, tomHz: 82 }, // prettier-ignore
  'electronic-drums': { kickHz: 48, kickSeconds: 0.4, kickSweep: 2.4, snareHz: 210, snareSeconds: 0.17, snareNoise: 1.1, topHz: 16_000, hatSeconds: 0.05, tomHz: 90 }, // prettier-ignore
  'lofi-drums': { kickHz: 55, kickSeconds: 0.26, kickSweep: 1.4, snareHz: 180, snareSeconds: 0.16, snareNoise: 0.8, topHz: 6500, hatSeconds: 0.045, tomHz: 85 }, // prettier-ignore
  'brush-drums': { kickHz: 56, kickSeconds: 0.24, kickSweep: 1, snareHz: 200, snareSeconds: 0.16, snareNoise: 1, topHz: 9500, hatSeconds: 0.06, tomHz: 88 }, // prettier-ignore
  'cinematic-drums': { kickHz: 42, kickSeconds: 0.9, kickSweep: 1.1, snareHz: 140, snareSeconds: 0.35, snareNoise: 0.7, topHz: 8000, hatSeconds: 0.08, tomHz: 62 }, // prettier-ignore
  'latin-percussion': { kickHz: 58, kickSeconds: 0.22, kickSweep: 1.2, snareHz: 220, snareSeconds: 0.12, snareNoise: 0.7, topHz: 12_000, hatSeconds: 0.05, tomHz: 98 }, // prettier-ignore
}

/** Where each drum stands, −1 left to 1 right. */
export const drumPans: Partial<Record<DrumName, number>> = {
  hat: 0.3,
  openHat: 0.3,
  ride: -0.35,
  crash: -0.3,
  tambourine: -0.4,
  shaker: 0.45,
  highTom: 0.3,
  midTom: 0.05,
  lowTom: -0.25,
  conga: 0.3,
  congaLow: -0.15,
  clave: -0.3,
  rim: -0.2,
}

/** How many takes of each drum there are, so that no two hits in a row are one sound. */
export const drumTakes = 3

const drumByNote = new Map(
  Object.entries(drumNotes).map(([name, note]) => [note as number, name as DrumName]),
)

export function drumOfNote(pitch: number): DrumName | undefined {
  return drumByNote.get(pitch)
}

/**
 * One hit of a drum at full strength, peaks at 1. Skins and shells are decaying sines, the rest is filtered noise; metal
 * is a cluster of square waves that fit no harmonic series, as in analogue drum machines.
 * @param tonic Pitch class that kick and toms are tuned near.
 */
export function drumSound(
  kit: DrumKitName,
  drum: DrumName,
  { tonic, take, sampleRateHz }: { tonic: number; take: number; sampleRateHz: number },
): Float32Array {
  const shape = kits[kit]
  const random = createRandom(1000 * take + 17 * drumNotes[drum])
  const hit = { shape, random, tonic, sampleRateHz }
  const out = sounds[drum](hit)
  createBiquad({ kind: 'lowpass', hz: shape.topHz * (1 + 0.04 * take) }, sampleRateHz).run(out)
  let peak = 0
  for (const sample of out) peak = Math.max(peak, Math.abs(sample))
  const tail = Math.min(out.length, 960)
  for (let frame = 0; frame < tail; frame++) out[out.length - 1 - frame]! *= frame / tail
  const gain = 1 / (peak || 1)
  for (let frame = 0; frame < out.length; frame++) out[frame]! *= gain
  return out
}

interface Hit {
  shape: KitShape
  random: Random
  tonic: number
  sampleRateHz: number
}

/** The octave of the tonic, or of its fifth, that lies nearest to a frequency. */
function tuned(hz: number, tonic: number): number {
  const candidates = [tonic, tonic + 7].flatMap((pitch) =>
    [0, 1, 2, 3, 4].map((octave) => 440 * 2 ** ((pitch - 69 + 12 * octave) / 12)),
  )
  return candidates.reduce((best, one) =>
    Math.abs(Math.log(one / hz)) < Math.abs(Math.log(best / hz)) ? one : best,
  )
}

interface Skin {
  hz: number
  seconds: number
  /** Octaves that it falls by, and how fast. */
  sweep: number
  sweepSeconds: number
}

function skin({ sampleRateHz }: Hit, { hz, seconds, sweep, sweepSeconds }: Skin): Float32Array {
  const out = new Float32Array(Math.round(seconds * sampleRateHz))
  const settle = Math.exp(-1 / (sweepSeconds * sampleRateHz))
  const fall = 10 ** (-2.2 / (seconds * sampleRateHz))
  let turns = 0
  let octaves = sweep
  let level = 1
  for (let frame = 0; frame < out.length; frame++) {
    turns += (hz * 2 ** octaves) / sampleRateHz
    out[frame] = sineOfTurns(turns) * level * Math.min(1, frame / 24)
    octaves *= settle
    level *= fall
  }
  return out
}

function noise(
  { random, sampleRateHz }: Hit,
  {
    seconds,
    hz,
    q,
    kind,
  }: { seconds: number; hz: number; q: number; kind: 'bandpass' | 'highpass' | 'lowpass' },
): Float32Array {
  const out = new Float32Array(Math.round(seconds * sampleRateHz))
  for (let frame = 0; frame < out.length; frame++) out[frame] = random.between(-1, 1)
  createBiquad({ kind, hz, q }, sampleRateHz).run(out)
  return struck(out)
}

/** Falls by 60 dB over its length, after a rise of a quarter of a millisecond. */
function struck(out: Float32Array): Float32Array {
  const fall = 10 ** (-3 / out.length)
  let level = 1
  for (let frame = 0; frame < out.length; frame++) {
    out[frame]! *= level * Math.min(1, frame / 12)
    level *= fall
  }
  return out
}

/** Frequencies of the six oscillators of an analogue drum machine's cymbals. */
const metalHz = [205.3, 304.4, 369.6, 522.7, 540, 800]

function metal(
  { random, sampleRateHz }: Hit,
  seconds: number,
  highpassHz: number,
  scale: number,
): Float32Array {
  const out = new Float32Array(Math.round(seconds * sampleRateHz))
  const phases = metalHz.map(() => random.next())
  for (let frame = 0; frame < out.length; frame++) {
    out[frame] = 0.9 * random.between(-1, 1)
  }
  metalHz.forEach((hz, voice) => {
    const step = (hz * scale) / sampleRateHz
    let phase = phases[voice]!
    for (let frame = 0; frame < out.length; frame++) {
      phase += step
      if (phase >= 1) phase -= 1
      out[frame]! += phase < 0.5 ? 0.3 : -0.3
    }
  })
  createBiquad({ kind: 'highpass', hz: highpassHz, q: 0.8 }, sampleRateHz).run(out)
  return struck(out)
}

function mixed(...parts: readonly (readonly [Float32Array, number])[]): Float32Array {
  const out = new Float32Array(Math.max(...parts.map(([part]) => part.length)))
  for (const [part, gain] of parts) {
    for (let frame = 0; frame < part.length; frame++) out[frame]! += gain * part[frame]!
  }
  return out
}

const tom = (octaves: number) => (hit: Hit) => {
  const hz = tuned(hit.shape.tomHz * 2 ** octaves, hit.tonic)
  const body = skin(hit, { hz, seconds: 0.55, sweep: 0.4, sweepSeconds: 0.05 })
  return mixed([body, 1], [noise(hit, { seconds: 0.05, hz: 900, q: 0.8, kind: 'bandpass' }), 0.3])
}

const sounds: Record<DrumName, (hit: Hit) => Float32Array> = {
  kick(hit) {
    const { kickHz, kickSeconds, kickSweep } = hit.shape
    const hz = tuned(kickHz, hit.tonic)
    const body = skin(hit, { hz, seconds: kickSeconds, sweep: kickSweep, sweepSeconds: 0.028 })
    return mixed([body, 1], [noise(hit, { seconds: 0.012, hz: 2600, q: 0.8, kind: 'bandpass' }), 0.35])
  },
  snare(hit) {
    const { snareHz, snareSeconds, snareNoise } = hit.shape
    const body = skin(hit, { hz: snareHz, seconds: 0.14, sweep: 0.35, sweepSeconds: 0.02 })
    const wires = noise(hit, { seconds: snareSeconds * 1.4, hz: 1600, q: 0.7, kind: 'highpass' })
    return mixed([body, 0.7], [wires, snareNoise * 0.55])
  },
  rim: (hit) =>
    mixed(
      [skin(hit, { hz: 1700, seconds: 0.03, sweep: 0, sweepSeconds: 1 }), 0.7],
      [noise(hit, { seconds: 0.03, hz: 2500, q: 1.5, kind: 'bandpass' }), 0.6],
    ),
  clap(hit) {
    const out = new Float32Array(Math.round(0.26 * hit.sampleRateHz))
    for (const [at, gain, seconds] of [
      [0, 0.7, 0.02],
      [0.011, 0.6, 0.02],
      [0.023, 1, 0.22],
    ] as const) {
      // prettier-ignore
      const burst = noise(hit, { seconds, hz: 1300, q: 1.2, kind: 'bandpass' })
      const start = Math.round(at * hit.sampleRateHz)
      burst.forEach((sample, frame) => (out[start + frame]! += gain * sample))
    }
    return out
  },
  hat: (hit) => metal(hit, hit.shape.hatSeconds * 1.6, 7000, 1.6),
  openHat: (hit) => metal(hit, 0.32, 6500, 1.6),
  crash: (hit) => metal(hit, 1.8, 3200, 1.3),
  ride: (hit) =>
    mixed(
      [metal(hit, 0.7, 5200, 1.9), 0.7],
      [skin(hit, { hz: 3300, seconds: 0.25, sweep: 0, sweepSeconds: 1 }), 0.12],
    ),
  tambourine: (hit) => noise(hit, { seconds: 0.14, hz: 8200, q: 1.2, kind: 'bandpass' }),
  shaker: (hit) => noise(hit, { seconds: 0.08, hz: 6400, q: 0.9, kind: 'bandpass' }),
  lowTom: tom(0),
  midTom: tom(0.5),
  highTom: tom(0.9),
  conga: (hit) => skin(hit, { hz: tuned(330, hit.tonic), seconds: 0.22, sweep: 0.15, sweepSeconds: 0.02 }),
  congaLow: (hit) => skin(hit, { hz: tuned(220, hit.tonic), seconds: 0.3, sweep: 0.15, sweepSeconds: 0.02 }),
  clave: (hit) => skin(hit, { hz: 2400, seconds: 0.06, sweep: 0, sweepSeconds: 1 }),
}
