import { createBiquad } from '../../../../../audio/synthesis/filters'
import { createWander } from '../../../../../audio/synthesis/noise'
import { sineOfTurns } from '../../../../../audio/synthesis/waves'
import {
  pieceFrames,
  sampleRateHz,
  type Effect,
  type EffectSettings,
  words,
  pieceSeconds,
  type Stereo,
} from '../effect'
import { pitchOf, scale, throat, toBoth, toPeak } from '../sounds'

/** File and scraper of the wings: bursts of a nearly pure tone (Farnell, ch. 50). */
function crickets({ random, size, intensity, rate, variant }: EffectSettings) {
  const pitch = Math.sqrt(pitchOf(size))
  const cicada = variant === 'cicada'
  const pulseAt = createPulse(cicada ? 1 : 1.6)
  const animals = Array.from({ length: 5 + Math.round(8 * intensity) }, () => ({
    hz: random.ratio(cicada ? 5200 : 4000, cicada ? 7600 : 4900) * pitch,
    period: (cicada ? random.between(3, 6) : random.between(0.45, 0.95)) / rate,
    pulses: 3 + Math.floor(2 * random.next()),
    rate: cicada ? random.between(90, 140) : random.between(26, 33),
    clock: random.next() * 5,
    phase: 0,
    gain: random.ratio(0.02, 0.5),
    pan: random.between(0.1, 0.9),
  }))
  for (const one of animals) one.clock %= one.period
  const swellAt = ({ period, clock }: { period: number; clock: number }) =>
    cicada ? 0.25 + 0.75 * Math.sin((Math.PI * clock) / period) : 1
  return ({ channels }: Stereo) => {
    const [left, right] = channels as [Float32Array, Float32Array]
    for (const one of animals) {
      const { hz, period, rate: perSecond, gain, pan } = one
      const step = hz / sampleRateHz
      const singing = cicada ? period : one.pulses / perSecond
      let { clock, phase } = one
      // Wings swell over seconds: on a straight line within a piece.
      let level = gain * swellAt(one)
      one.clock = (clock + pieceSeconds) % period
      const rise = (gain * swellAt(one) - level) / pieceFrames
      for (let index = 0; index < pieceFrames; index++) {
        clock += 1 / sampleRateHz
        if (clock >= period) clock -= period
        phase += step
        level += rise
        if (clock >= singing) continue
        const pulse = pulseAt(clock * perSecond)
        const sample = level * pulse * sineOfTurns(phase)
        left[index]! += (1 - pan) * sample
        right[index]! += pan * sample
      }
      one.phase = phase - Math.floor(phase)
    }
  }
}

/** One stroke of the wings over each beat, from a table. */
function createPulse(sharpness: number): (beats: number) => number {
  const steps = 1024
  const stroke = Float64Array.from({ length: steps + 1 }, (_, at) =>
    Math.pow(Math.max(0, Math.sin((Math.PI * at) / steps)), sharpness),
  )
  return (beats) => {
    const place = (beats - Math.floor(beats)) * steps
    const whole = place | 0
    return stroke[whole]! + (place - whole) * (stroke[whole + 1]! - stroke[whole]!)
  }
}

/** Pulses of a vocal sac: rough for the big, a trill for the small. */
function frog({ random, size }: EffectSettings): Float32Array {
  const pitch = pitchOf(size) * random.between(0.94, 1.06)
  const seconds = random.between(0.28, 0.5)
  const sound = throat(random, {
    seconds,
    pitch: [
      [0, 42 * Math.sqrt(pitch)],
      [seconds * 0.6, 58 * Math.sqrt(pitch)],
      [seconds, 62 * Math.sqrt(pitch)],
    ],
    formants: [
      {
        hz: [
          [0, 620 * pitch],
          [seconds, 850 * pitch],
        ],
        q: 8,
        gain: 1,
      },
      {
        hz: [
          [0, 1500 * pitch],
          [seconds, 1750 * pitch],
        ],
        q: 8,
        gain: 0.9,
      },
      { hz: [[0, 2700 * pitch]], q: 7, gain: 0.3 },
    ],
    level: [
      [0, 0],
      [0.06, 0.6],
      [seconds * 0.8, 1],
      [seconds, 0],
    ],
    breath: 0.05,
    roughness: 0.15,
  })
  return toPeak(sound)
}

/** Wings: a tone with all its harmonics that drifts as the insect turns. */
function insect({ random, size, variant }: EffectSettings) {
  const mosquito = variant === 'mosquito'
  const hz = (mosquito ? 620 : 195) * Math.sqrt(pitchOf(size))
  const drift = createWander(2.2, random.fork())
  const near = createWander(0.6, random.fork())
  const filter = createBiquad({ kind: 'peak', hz: hz * 4, q: 0.8, gainDb: 10 }, sampleRateHz)
  const mono = new Float32Array(pieceFrames)
  let phase = 0
  let level = 0.5
  let strength = 1
  return (block: Stereo) => {
    const now = hz * (0.93 + 0.14 * drift.after(pieceSeconds))
    const step = now / sampleRateHz
    for (let index = 0; index < pieceFrames; index++) {
      phase += step * (1 + 0.02 * (random.next() - 0.5))
      if (phase >= 1) {
        phase -= 1 + 0.08 * random.gaussian()
        strength = 0.6 + 0.4 * random.next()
      }
      mono[index] = (2 * phase - 1) * strength * (0.7 + 0.6 * random.next())
    }
    filter.run(mono)
    const next = 0.15 + 0.85 * near.after(pieceSeconds) ** 2
    scale(mono, level, next)
    level = next
    toBoth(block, mono, 0.3)
  }
}

export const insectAndFrogEffects: readonly Effect[] = [
  {
    ...{ id: 'crickets', title: 'Crickets', family: 'animals', kind: 'texture', open: crickets },
    names: words(
      'crickets, cricket, grasshopper, cicada, cicadas, night insects, insects, crickets chirping, cricket chirp, summer night, insect, night ambience',
    ),
    related: words('night, bugs, bug, countryside, evening'),
    variants: { cicada: words('cicada, cicadas') },
  },
  {
    ...{ id: 'frog', title: 'Frog', family: 'animals', kind: 'events', ring: frog },
    timing: { pattern: 'poisson', everySeconds: 1, usually: 3 },
    names: words('frog, frogs, croak, croaking, toad, ribbit, bullfrog, frog croaking'),
    related: words('pond, marsh, lizard, gecko, turtle'),
  },
  {
    ...{ id: 'insect', title: 'Buzzing insect', family: 'animals', kind: 'texture', open: insect },
    names: words(
      'fly, bee, bees, mosquito, wasp, buzzing fly, buzz, buzzing, housefly, hornet, swarm, bumblebee, beehive, flies, insect buzzing, buzzing bee, swarm of bees',
    ),
    related: words('beetle, hummingbird, dragonfly'),
    variants: { mosquito: words('mosquito, gnat, midge, mosquitoes') },
  },
]
