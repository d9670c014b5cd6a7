import { createBiquad, createStateVariable } from '../../../../../audio/synthesis/filters'
import { addModes } from '../../../../../audio/synthesis/modal'
import {
  createBrownNoise,
  createPinkNoise,
  createWander,
  createWhiteNoise,
} from '../../../../../audio/synthesis/noise'
import type { Random } from '../../../../../audio/synthesis/noise'
import { pieceFrames, sampleRateHz, type Effect, type EffectSettings, words } from '../effect'
import {
  filtered,
  levelOf,
  mixAt,
  noiseHit,
  pitchOf,
  shaped,
  silence,
  toBoth,
  waveAt,
  whiteNoise,
} from '../sounds'
import { createEngine } from './vehicles'

const pieceSeconds = pieceFrames / sampleRateHz
type Stereo = { channels: Float32Array[] }

/** A small part that hits another: a click with the modes of its case. */
function tick(random: Random, hz: number, decay: number, noise = 0.5): Float32Array {
  const sound = silence(decay * 2 + 0.02)
  const modes = [1, 1.63, 2.44, 3.9].map((ratio) => ({
    ...{
      hz: hz * ratio * random.between(0.97, 1.03),
      decaySeconds: decay / Math.sqrt(ratio),
      gain: 0.35 / ratio,
    },
  }))
  addModes(sound, modes, sampleRateHz)
  return mixAt(sound, noiseHit(random, { hz: hz * 2, q: 0.7, decay: Math.max(0.004, decay * 0.4) }), 0, noise)
}

/** Down and up of one key: the cap on the plate, the spring's return. */
function keystroke({ random, size, intensity, variant }: EffectSettings): Float32Array {
  const old = variant === 'typewriter'
  const pitch = Math.sqrt(pitchOf(size)) * random.between(0.88, 1.12)
  const sound = silence(old ? 0.32 : 0.2)
  mixAt(sound, tick(random, (old ? 1700 : 3000) * pitch, old ? 0.02 : 0.007, 1), 0, levelOf(intensity, 8))
  mixAt(sound, noiseHit(random, { hz: 420 * pitch, q: 0.8, decay: 0.03 }), 0.002, old ? 0.8 : 0.22)
  mixAt(sound, tick(random, 2700 * pitch, 0.01, 0.6), random.between(0.06, 0.1), 0.4)
  return sound
}

function mouseClick({ random, size }: EffectSettings): Float32Array {
  const pitch = Math.sqrt(pitchOf(size))
  const sound = silence(0.2)
  mixAt(sound, tick(random, 2400 * pitch, 0.008, 1), 0, 0.9)
  return mixAt(sound, tick(random, 3100 * pitch, 0.006, 0.9), random.between(0.075, 0.11), 0.6)
}

/** Escapement: tick and tock differ a little. */
function clockTick({ random, size, rate }: EffectSettings): Float32Array {
  const pitch = pitchOf(size)
  const sound = silence(1 / rate)
  mixAt(sound, tick(random, 2500 * pitch, 0.022, 0.7), 0, 0.8)
  mixAt(sound, tick(random, 4300 * pitch, 0.008, 0.5), 0.018, 0.3)
  mixAt(sound, tick(random, 2050 * pitch, 0.026, 0.7), 0.5 / rate, 0.7)
  return mixAt(sound, tick(random, 3700 * pitch, 0.008, 0.5), 0.5 / rate + 0.02, 0.25)
}

/** Mirror up, curtain, mirror down. */
function shutter({ random, size }: EffectSettings): Float32Array {
  const pitch = Math.sqrt(pitchOf(size))
  const sound = silence(0.42)
  mixAt(sound, tick(random, 1700 * pitch, 0.018, 1), 0, 0.9)
  mixAt(sound, noiseHit(random, { hz: 3600 * pitch, q: 0.8, decay: 0.05 }), 0.012, 0.7)
  mixAt(sound, tick(random, 2200 * pitch, 0.014, 1), 0.088, 0.9)
  mixAt(sound, noiseHit(random, { hz: 2800 * pitch, q: 0.7, decay: 0.06 }), 0.1, 0.6)
  const whirr = filtered(whiteNoise(random, 0.14), 'bandpass', 2600 * pitch, 3)
  return mixAt(
    sound,
    shaped(whirr, [
      [0, 0],
      [0.02, 0.3],
      [0.1, 0.25],
      [0.14, 0],
    ]),
    0.15,
    0.6,
  )
}

/** Teeth that pass one by one, faster and slower. */
function zipper({ random, size, rate }: EffectSettings): Float32Array {
  const seconds = random.between(0.5, 0.9) / rate
  const sound = silence(seconds + 0.08)
  const pitch = Math.sqrt(pitchOf(size))
  for (let at = 0; at < seconds;) {
    const speed = 70 + 190 * Math.sin((Math.PI * (0.12 + at)) / (seconds + 0.25))
    const hz = (2200 + 3.6 * speed * 6) * pitch * random.between(0.92, 1.08)
    mixAt(sound, noiseHit(random, { hz, q: 2, decay: 0.009 }), at, random.between(0.5, 1))
    at += (1 / speed) * random.between(0.85, 1.15)
  }
  return sound
}

/** Sheets that buckle: bursts of crackle whose energy follows a power law (J. Sethna, K. Dahmen and C. Myers, "Crackling noise", 2001). */
function paper({ random, size, intensity, rate, variant }: EffectSettings): Float32Array {
  const tear = variant === 'tear'
  const seconds = (tear ? 0.9 : variant === 'page' ? 0.8 : 1.5) / rate
  const sound = silence(seconds)
  const pitch = Math.sqrt(pitchOf(size))
  const perSecond = tear ? 700 : 260 * (0.4 + 1.2 * intensity)
  for (let at = 0; at < seconds - 0.03; at += random.wait(perSecond)) {
    const force = tear ? random.between(0.3, 0.8) : Math.min(1, 0.06 * Math.pow(1 - random.next(), -0.75))
    const hz = random.ratio(1500, 7500) * pitch
    mixAt(sound, noiseHit(random, { hz, q: 1, decay: random.between(0.004, 0.018) }), at, force)
  }
  const rustle = filtered(filtered(whiteNoise(random, seconds), 'highpass', 1500), 'lowpass', 8000)
  mixAt(sound, rustle, 0, variant === 'page' ? 0.3 : 0.08)
  const middle = variant === 'page' ? 0.35 : 0.15
  return shaped(sound, [
    [0, 0],
    [seconds * middle, 1],
    [seconds * 0.7, 0.8],
    [seconds, 0],
  ])
}

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
      for (let index = 0; index < out.length; index++) out[index]! += air * speed * load * scratch[index]!
    })
  }
}

function vacuum({ random, size, intensity, rate, variant }: EffectSettings) {
  const dryer = variant === 'dryer'
  const hz = (dryer ? 380 : 215) * Math.sqrt(pitchOf(size)) * rate ** 0.3
  const motor = createMotor(random.fork(), {
    hz,
    air: dryer ? 1.2 : 0.8,
    airHz: dryer ? 2200 : 1500,
    whine: 0.8,
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
    toBoth(block, low, 0.8)
  }
}

function chainsaw(random: Random, size: number, intensity: number, rate: number) {
  const pitch = Math.sqrt(pitchOf(size))
  const engine = createEngine(random.fork(), {
    ...{ firingHz: 105 * pitch, cylinders: 1, uneven: 0.5, hiss: 1.2, duty: 0.5, drive: 3 },
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
    ...{ firingHz: 27 * pitchOf(size) * rate, cylinders: 1, uneven: 0.25, hiss: 0.9, duty: 0.4, drive: 2.2 },
    resonances: [
      { hz: 150, q: 2, gain: 1.8 },
      { hz: 480, q: 2, gain: 1.1 },
      { hz: 1500, q: 1.4, gain: 0.7 },
    ],
  })
  const motor = createMotor(random.fork(), {
    hz: 108,
    air: 1.2 + intensity,
    airHz: 1800,
    whine: 0.3,
    buzz: 0,
  })
  const mono = new Float32Array(pieceFrames)
  return (block: Stereo) => {
    mono.fill(0)
    engine(mono, 1.9, 0.6)
    toBoth(block, mono)
    motor(block, 1, 0.5)
  }
}

/** Blades that modulate their own wind. */
function fan({ random, size, intensity, rate }: EffectSettings) {
  const noise = [0, 1].map(() => createPinkNoise(random.fork()))
  const bands = [0, 1].map(() => createBiquad({ kind: 'lowpass', hz: 900 + 1800 * intensity }, sampleRateHz))
  const blade = 21 * rate * Math.sqrt(pitchOf(size))
  let phase = 0
  return ({ channels }: Stereo) => {
    const start = phase
    channels.forEach((out, side) => {
      noise[side]!(out)
      bands[side]!.run(out)
      for (let index = 0; index < out.length; index++) {
        const turn = start + (index * blade) / sampleRateHz
        out[index]! *= 0.94 + 0.06 * Math.sin(2 * Math.PI * turn)
        out[index]! += 0.03 * Math.sin(2 * Math.PI * turn * 6) + 0.02 * Math.sin(2 * Math.PI * turn * 12)
      }
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
    createBiquad({ kind: 'highpass', hz: vinyl ? 500 : 300 }, sampleRateHz),
    createBiquad({ kind: 'lowpass', hz: (vinyl ? 7000 : 5200) * Math.sqrt(pitchOf(size)) }, sampleRateHz),
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
    for (let index = 0; index < pieceFrames; index++) {
      mono[index]! *= 0.02
      for (const part of parts) {
        part.phase += part.step
        mono[index]! += part.gain * Math.sin(2 * Math.PI * part.phase)
      }
    }
    for (const part of parts) part.phase -= Math.floor(part.phase)
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

const office = 'office and home'
const tools = 'tools and machines'

export const homeAndToolEffects: readonly Effect[] = [
  {
    ...{ id: 'keyboard', title: 'Keyboard typing', family: office, kind: 'events', ring: keystroke },
    timing: { pattern: 'poisson', everySeconds: 0.14, usually: 'endless' },
    names: words(
      'typing, keyboard, keyboard typing, typing on a keyboard, computer keyboard, keystrokes, typewriter, mechanical keyboard, type, typist, key presses, keyboard clicks, laptop typing',
    ),
    related: words('office, writing, hacker, programmer, texting'),
    variants: { typewriter: words('typewriter, vintage, old') },
  },
  {
    ...{ id: 'mouse-click', title: 'Mouse click', family: office, kind: 'events', ring: mouseClick },
    timing: { pattern: 'poisson', everySeconds: 0.8, usually: 1 },
    names: words(
      'mouse click, click, clicking, computer mouse, switch, light switch, pen click, double click, clicks, button press, toggle, mouse clicks, button, ballpoint pen',
    ),
    related: words('stapler, lighter, tick, remote control, trigger'),
  },
  {
    ...{ id: 'clock', title: 'Ticking clock', family: office, kind: 'events', ring: clockTick },
    timing: { pattern: 'regular', everySeconds: 1, usually: 'endless' },
    names: words(
      'clock, ticking clock, clock ticking, tick tock, ticking, wall clock, grandfather clock, watch ticking, stopwatch, tick-tock, pocket watch, metronome, time bomb, wristwatch, pendulum',
    ),
    related: words('countdown, time, waiting'),
  },
  {
    ...{ id: 'camera', title: 'Camera shutter', family: office, kind: 'events', ring: shutter },
    timing: { pattern: 'poisson', everySeconds: 1.1, usually: 1 },
    names: words(
      'camera, camera shutter, shutter, photo, taking a photo, camera click, photograph, paparazzi, snapshot, taking a picture, picture taken, dslr',
    ),
    related: words('photographer, selfie, flash'),
  },
  {
    ...{ id: 'zipper', title: 'Zipper', family: office, kind: 'events', ring: zipper },
    timing: { pattern: 'poisson', everySeconds: 1.6, usually: 1 },
    names: words('zipper, zip, unzip, zipping, unzipping, zip up, jacket zipper, tent zipper, bag zipper'),
    related: words('velcro, clothes, backpack, luggage'),
  },
  {
    ...{ id: 'paper', title: 'Paper', family: office, kind: 'events', ring: paper },
    timing: { pattern: 'poisson', everySeconds: 1.7, usually: 1 },
    names: words(
      'paper, paper rustling, crumpling paper, page turn, turning pages, page turning, paper crumple, tearing paper, ripping paper, book pages, newspaper, rustling, rustle, crumple, plastic bag, paper tear, turning a page, tear, rip, crinkle, wrapper, flipping pages',
    ),
    related: words('book, letter, envelope, gift wrap, cardboard, cards, chips bag, fabric, cloth'),
    variants: {
      tear: words('tear, tearing, rip, ripping'),
      page: words('page, pages, turning, book, flipping'),
    },
  },
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
