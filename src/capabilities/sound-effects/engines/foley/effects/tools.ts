import { createBiquad, createStateVariable } from '../../../../../audio/synthesis/filters'
import {
  createBrownNoise,
  createPinkNoise,
  createWander,
  createWhiteNoise,
} from '../../../../../audio/synthesis/noise'
import type { Random } from '../../../../../audio/synthesis/noise'
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
import { addTo, levelOf, pitchOf, scale, toBoth, waveAt } from '../sounds'
import { createEngine } from '../engine-sound'

const office = 'office and home'
const tools = 'tools and machines'

interface MotorShape {
  /** Of the whine. */
  hz: number
  air: number
  airHz: number
  whine: number
  /** Commutator buzz below the whine. */
  buzz: number
}

/** A fast motor: rotor whine with its harmonics, and the air or grit that it moves. */
function createMotor(random: Random, { hz, air, airHz, whine, buzz }: MotorShape) {
  const noise = [0, 1].map(() => createPinkNoise(random.fork()))
  const bands = [0, 1].map(() => createBiquad({ kind: 'bandpass', hz: airHz, q: 0.45 }, sampleRateHz))
  const body = createBiquad({ kind: 'peak', hz: hz * 2.2, q: 1.5, gainDb: 9 }, sampleRateHz)
  const wander = createWander(1.6, random.fork())
  const scratch = new Float32Array(pieceFrames)
  const mono = new Float32Array(pieceFrames)
  let phase = 0
  let slow = 0
  return ({ channels }: Stereo, speed: number, load: number): void => {
    const now = hz * speed * (0.99 + 0.02 * wander.after(pieceSeconds))
    const step = now / sampleRateHz
    for (let index = 0; index < pieceFrames; index++) {
      phase += step * (1 + 0.03 * (random.next() - 0.5))
      slow += step / 4
      phase -= Math.floor(phase)
      slow -= Math.floor(slow)
      mono[index] = whine * waveAt('saw', phase, step) + buzz * waveAt('square', slow, step / 4)
    }
    body.run(mono)
    toBoth({ channels }, mono, speed * 0.3)
    channels.forEach((out, side) => {
      noise[side]!(scratch)
      bands[side]!.run(scratch)
      addTo(out, scratch, air * speed * load)
    })
  }
}

function vacuum({ random, size, intensity, rate, variant }: EffectSettings) {
  const dryer = variant === 'dryer'
  const hz = (dryer ? 380 : 560) * Math.sqrt(pitchOf(size)) * rate ** 0.3
  const motor = createMotor(random.fork(), {
    hz,
    air: dryer ? 1 : 0.9,
    airHz: dryer ? 2200 : 800,
    whine: dryer ? 0.3 : 0.2,
    buzz: 0.1,
  })
  const strokes = createWander(0.8 * rate, random.fork())
  return (block: Stereo) => motor(block, 1 + 0.05 * strokes.after(pieceSeconds), 0.7 + 0.6 * intensity)
}

function drill({ random, size, intensity, rate, variant }: EffectSettings) {
  if (variant === 'jackhammer') return jackhammer(random, size, rate)
  const hz = (variant === 'dentist' ? 1150 : 230) * Math.sqrt(pitchOf(size))
  const motor = createMotor(random.fork(), {
    hz,
    air: 0.6 + 0.6 * intensity,
    airHz: 2600,
    whine: 0.9,
    buzz: variant === 'dentist' ? 0.05 : 0.5,
  })
  let clock = 0
  return (block: Stereo) => {
    clock += pieceSeconds * rate
    const cycle = clock % 3.4
    const speed =
      cycle < 0.3
        ? 0.3 + (cycle / 0.3) * 0.7
        : cycle < 2.6
          ? 1 - 0.14 * Math.min(1, cycle - 0.3)
          : Math.max(0.02, 0.86 - (cycle - 2.6) * 1.6)
    motor(block, Math.max(0.02, speed), cycle > 0.5 && cycle < 2.6 ? 1 : 0.3)
  }
}

function jackhammer(random: Random, size: number, rate: number) {
  const noise = createWhiteNoise(random.fork())
  const filters = [
    createBiquad({ kind: 'bandpass', hz: 700 * Math.sqrt(pitchOf(size)), q: 0.5 }, sampleRateHz),
  ]
  const ring = createBiquad({ kind: 'bandpass', hz: 2100, q: 5 }, sampleRateHz)
  const mono = new Float32Array(pieceFrames)
  const high = new Float32Array(pieceFrames)
  let phase = 0
  return (block: Stereo) => {
    noise(mono)
    for (let index = 0; index < pieceFrames; index++) {
      phase += (19 * rate * (1 + 0.1 * (random.next() - 0.5))) / sampleRateHz
      phase -= Math.floor(phase)
      mono[index]! *= Math.exp(-9 * phase) + 0.03
    }
    high.set(mono)
    ring.run(high)
    for (const filter of filters) filter.run(mono)
    toBoth(block, mono, 1.6)
    toBoth(block, high, 0.9)
  }
}

/** Strokes of teeth over wood: noise whose band rises as the blade speeds up. */
function saw({ random, size, intensity, rate, variant }: EffectSettings) {
  if (variant === 'chain') return chainsaw(random, size, intensity, rate)
  const noise = createWhiteNoise(random.fork())
  const filter = createStateVariable('bandpass', sampleRateHz)
  const body = createBiquad({ kind: 'bandpass', hz: 380 * Math.sqrt(pitchOf(size)), q: 1 }, sampleRateHz)
  const mono = new Float32Array(pieceFrames)
  const low = new Float32Array(pieceFrames)
  let stroke = 0
  let teeth = 0
  let cutoff = 1500
  return (block: Stereo) => {
    noise(mono)
    stroke += pieceSeconds * 1.5 * rate
    const within = stroke % 1
    const forward = within < 0.5
    const speed = Math.abs(Math.sin(2 * Math.PI * within))
    for (let index = 0; index < pieceFrames; index++) {
      teeth += (40 + 130 * speed) / sampleRateHz
      mono[index]! *= (forward ? 1 : 0.55) * speed * (0.35 + 0.65 * (1 - (teeth % 1)))
    }
    low.set(mono)
    const next = (1100 + 2600 * speed) * (forward ? 1 : 1.25)
    filter.run(mono, cutoff, next, 0.8)
    cutoff = next
    body.run(low)
    toBoth(block, mono, 1.2 * levelOf(intensity))
    toBoth(block, low, 1.2)
  }
}

function chainsaw(random: Random, size: number, intensity: number, rate: number) {
  const pitch = Math.sqrt(pitchOf(size))
  const engine = createEngine(random.fork(), {
    ...{
      firingHz: 105 * pitch,
      cylinders: 1,
      uneven: 0.3,
      hiss: 0.5,
      duty: 0.25,
      drive: 2,
      dullHz: 4000,
      pipesMetres: [0.35, 0.14],
    },
    resonances: [
      { hz: 310, q: 2, gain: 1.2 },
      { hz: 900, q: 2, gain: 1.4 },
      { hz: 2400, q: 1.5, gain: 1 },
      { hz: 4600, q: 1.5, gain: 0.6 },
    ],
  })
  const mono = new Float32Array(pieceFrames)
  const wander = createWander(1.1, random.fork())
  let clock = 0
  return (block: Stereo) => {
    clock += pieceSeconds * rate
    const cycle = clock % 4
    const rev = cycle < 0.4 ? cycle / 0.4 : cycle < 3 ? 1 : Math.exp(-4 * (cycle - 3))
    mono.fill(0)
    engine(
      mono,
      0.55 + (0.5 + 0.5 * intensity) * rev * (0.92 + 0.16 * wander.after(pieceSeconds)),
      0.4 + 0.3 * rev,
    )
    toBoth(block, mono)
  }
}

function mower({ random, size, intensity, rate }: EffectSettings) {
  const engine = createEngine(random.fork(), {
    ...{
      firingHz: 27 * pitchOf(size) * rate,
      cylinders: 1,
      uneven: 0.25,
      hiss: 1.4,
      duty: 0.3,
      drive: 1.2,
      dullHz: 1500,
      pipesMetres: [0.35, 0.14],
    },
    resonances: [
      { hz: 150, q: 2, gain: 1.8 },
      { hz: 480, q: 2, gain: 1.1 },
      { hz: 1500, q: 1.4, gain: 0.7 },
    ],
  })
  const motor = createMotor(random.fork(), {
    hz: 108,
    air: 0.8 + 0.8 * intensity,
    airHz: 1800,
    whine: 0.05,
    buzz: 0,
  })
  const mono = new Float32Array(pieceFrames)
  return (block: Stereo) => {
    mono.fill(0)
    engine(mono, 1.4, 0.6)
    toBoth(block, mono)
    motor(block, 1, 0.5)
  }
}

/** Blades that modulate their own wind. */
function fan({ random, size, intensity, rate }: EffectSettings) {
  const noise = [0, 1].map(() => createPinkNoise(random.fork()))
  const bands = [0, 1].map(() => createBiquad({ kind: 'lowpass', hz: 900 + 1800 * intensity }, sampleRateHz))
  const blade = 21 * rate * Math.sqrt(pitchOf(size))
  const chop = new Float32Array(pieceFrames)
  const hum = new Float32Array(pieceFrames)
  let phase = 0
  return ({ channels }: Stereo) => {
    for (let index = 0; index < pieceFrames; index++) {
      const turn = phase + (index * blade) / sampleRateHz
      const pass = sineOfTurns(4 * turn)
      chop[index] = 0.8 + 0.12 * pass + 0.08 * sineOfTurns(turn)
      let sum = 0.05 * pass + 0.05 * sineOfTurns((120 / blade) * turn)
      for (let order = 8; order <= 20; order += 4) sum += (0.2 / order) * sineOfTurns(turn * order)
      hum[index] = sum
    }
    channels.forEach((out, side) => {
      noise[side]!(out)
      bands[side]!.run(out)
      for (let index = 0; index < pieceFrames; index++) out[index] = out[index]! * chop[index]! + hum[index]!
    })
    phase = (phase + (pieceFrames * blade) / sampleRateHz) % 1
  }
}

/** Hiss between stations, crackle, a whistle that drifts. */
function radioStatic({ random, size, intensity, variant }: EffectSettings) {
  if (variant === 'hum') return mainsHum(random, size, intensity)
  const noise = createWhiteNoise(random.fork())
  const vinyl = variant === 'vinyl'
  const band = [
    createBiquad({ kind: 'highpass', hz: vinyl ? 500 : 900 }, sampleRateHz),
    createBiquad({ kind: 'lowpass', hz: (vinyl ? 7000 : 13_000) * Math.sqrt(pitchOf(size)) }, sampleRateHz),
  ]
  const level = createWander(3, random.fork())
  const mono = new Float32Array(pieceFrames)
  let crackle = 0
  return (block: Stereo) => {
    noise(mono)
    const gain = vinyl ? 0.04 : 0.35 + 0.3 * level.after(pieceSeconds)
    for (let index = 0; index < pieceFrames; index++) {
      if (random.next() < (vinyl ? 0.0006 : 0.001) * (0.4 + intensity))
        crackle = random.between(-1, 1) * (vinyl ? 0.8 : 1.2)
      crackle *= vinyl ? 0.72 : 0.86
      mono[index] = gain * mono[index]! + crackle
    }
    for (const filter of band) filter.run(mono)
    toBoth(block, mono)
  }
}

function mainsHum(random: Random, size: number, intensity: number) {
  const brown = createBrownNoise(random.fork())
  const mono = new Float32Array(pieceFrames)
  const parts = [1, 2, 3, 4, 5, 6, 8, 10].map((order) => ({
    ...{ step: (50 * Math.sqrt(pitchOf(size)) * order) / sampleRateHz, phase: random.next() },
    gain: (order % 2 ? 0.3 : 0.5) / Math.pow(order, 1.3 - 0.6 * intensity),
  }))
  return (block: Stereo) => {
    brown(mono)
    scale(mono, 0.02, 0.02)
    for (const part of parts) {
      const { step, gain, phase } = part
      for (let index = 0; index < pieceFrames; index++) {
        mono[index]! += gain * sineOfTurns(phase + (index + 1) * step)
      }
      part.phase = (phase + pieceFrames * step) % 1
    }
    toBoth(block, mono)
  }
}

/** Feed motor, head and rollers, in step. */
function printer({ random, size, rate }: EffectSettings) {
  const motor = createMotor(random.fork(), {
    hz: 310 * Math.sqrt(pitchOf(size)),
    air: 0.5,
    airHz: 3000,
    whine: 0.5,
    buzz: 0.3,
  })
  let clock = 0
  return (block: Stereo) => {
    clock += pieceSeconds * rate
    const line = clock % 0.9
    motor(block, line < 0.6 ? 1 : line < 0.7 ? 0.1 : 0.55, 1)
  }
}

export const toolEffects: readonly Effect[] = [
  {
    ...{ id: 'vacuum-cleaner', title: 'Vacuum cleaner', family: tools, kind: 'texture', open: vacuum },
    names: words(
      'vacuum cleaner, vacuum, hoover, hoovering, vacuuming, hair dryer, hairdryer, blow dryer, leaf blower, hand dryer, blow drying, hair drier',
    ),
    related: words('blender, mixer, food processor, coffee grinder, dishwasher, shaver'),
    variants: { dryer: words('hair, dryer, drier, blow, hairdryer, hand') },
  },
  {
    ...{ id: 'drill', title: 'Drill', family: tools, kind: 'texture', open: drill },
    names: words(
      'drill, drilling, power drill, electric drill, power tool, electric screwdriver, dentist drill, jackhammer, pneumatic drill, dentist, power drilling, hammer drill',
    ),
    related: words('grinder, sander, angle grinder, sewing machine, toothbrush, tattoo machine'),
    variants: { dentist: words('dentist, dental'), jackhammer: words('jackhammer, pneumatic, hammer') },
  },
  {
    ...{ id: 'saw', title: 'Saw', family: tools, kind: 'texture', open: saw },
    names: words(
      'saw, sawing, handsaw, sawing wood, wood saw, cutting wood, hacksaw, chainsaw, chain saw, sandpaper, sanding, saw wood, filing, scraping',
    ),
    related: words('scratching, lumberjack, cutting, carpentry, scrape, brush, sweeping, broom'),
    variants: { chain: words('chainsaw, chain, lumberjack') },
  },
  {
    ...{ id: 'lawn-mower', title: 'Lawn mower', family: tools, kind: 'texture', open: mower },
    names: words(
      'lawn mower, lawnmower, mower, mowing, mowing the lawn, strimmer, weed whacker, hedge trimmer',
    ),
    related: words('garden, gardening, combine harvester'),
  },
  {
    ...{ id: 'fan', title: 'Fan', family: tools, kind: 'texture', open: fan },
    names: words(
      'fan, ventilation, air conditioning, air conditioner, ventilator, computer fan, ceiling fan, hvac, server room, room tone, exhaust fan, cooler, air con, extractor',
    ),
    related: words(
      'spaceship interior, washing machine, dryer, microwave, machine, factory, ambience, heater',
    ),
  },
  {
    ...{ id: 'static', title: 'Static', family: tools, kind: 'texture', open: radioStatic },
    names: words(
      'static, radio static, white noise, tv static, radio noise, interference, walkie talkie, vinyl crackle, vinyl, record crackle, electric hum, mains hum, electrical hum, hum, humming transformer, fridge, refrigerator, transformer, television noise, fridge hum, radio tuning, electricity',
    ),
    related: words('radio, television, broadcast, glitch, electrical, spark, tesla coil, geiger counter'),
    variants: {
      vinyl: words('vinyl, record, turntable, gramophone'),
      hum: words('hum, humming, mains, transformer, fridge, refrigerator, electrical, electricity'),
    },
  },
  {
    ...{ id: 'printer', title: 'Printer', family: office, kind: 'texture', open: printer },
    names: words(
      'printer, printing, photocopier, copier, scanner, dot matrix, servo, robot arm, robot moving, print',
    ),
    related: words('copy machine, conveyor, machinery, 3d printer, motor whirr'),
  },
]
