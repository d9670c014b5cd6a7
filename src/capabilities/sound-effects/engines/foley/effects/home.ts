import { addModes } from '../../../../../audio/synthesis/modal'
import type { Random } from '../../../../../audio/synthesis/noise'
import { sampleRateHz, type Effect, type EffectSettings, words } from '../effect'
import { filtered, heardIn, levelOf, mixAt, noiseHit, pitchOf, shaped, silence, whiteNoise } from '../sounds'

const office = 'office and home'

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
  mixAt(sound, tick(random, 3100 * pitch, 0.006, 0.9), random.between(0.075, 0.11), 0.6)
  return heardIn('room', sound)
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
    const speed = 150 + 300 * Math.sin((Math.PI * (0.12 + at)) / (seconds + 0.25))
    const hz = (2200 + 10 * speed) * pitch * random.between(0.92, 1.08)
    mixAt(sound, noiseHit(random, { hz, q: 2, decay: 0.006 }), at, random.between(0.5, 1))
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

export const homeEffects: readonly Effect[] = [
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
]
