import { addModes } from '../../../../../audio/synthesis/modal'
import type { Random } from '../../../../../audio/synthesis/noise'
import { sampleRateHz, type Effect, type EffectSettings, words } from '../effect'
import {
  filtered,
  heardIn,
  levelOf,
  mixAt,
  noiseHit,
  pitchOf,
  shaped,
  silence,
  throat,
  whiteNoise,
} from '../sounds'

/** Grains of a surface under a foot: how many, how high, how long each rings; and the blow of heel and toe. */
const surfaces = {
  concrete: {
    grains: 14,
    low: 2200,
    high: 6500,
    ring: 0.006,
    crunch: 0.14,
    heel: 480,
    knock: 1,
    decay: 0.045,
  },
  wood: { grains: 6, low: 900, high: 2600, ring: 0.008, crunch: 0.08, heel: 190, knock: 1.4, decay: 0.11 },
  gravel: {
    grains: 130,
    low: 1100,
    high: 7500,
    ring: 0.022,
    crunch: 0.7,
    heel: 150,
    knock: 0.35,
    decay: 0.05,
  },
  snow: { grains: 240, low: 600, high: 3200, ring: 0.02, crunch: 0.55, heel: 110, knock: 0.25, decay: 0.07 },
  grass: {
    grains: 120,
    low: 2200,
    high: 8500,
    ring: 0.006,
    crunch: 0.45,
    heel: 120,
    knock: 0.4,
    decay: 0.06,
  },
  leaves: { grains: 150, low: 1800, high: 9500, ring: 0.008, crunch: 1, heel: 130, knock: 0.25, decay: 0.05 },
  metal: { grains: 10, low: 1600, high: 5200, ring: 0.02, crunch: 0.2, heel: 260, knock: 1.2, decay: 0.35 },
  water: { grains: 90, low: 500, high: 3500, ring: 0.02, crunch: 0.9, heel: 200, knock: 0.4, decay: 0.06 },
} as const

type Surface = (typeof surfaces)[keyof typeof surfaces]

/** Heel and toe press at different times: pressure curves of P. Cook, "Modeling Bill's gait", 2002, grains as in PhISEM. */
function press(random: Random, surface: Surface, force: number, pitch: number): Float32Array {
  const sound = silence(0.5)
  const blow = noiseHit(random, { hz: surface.heel * pitch, q: 1.1, decay: surface.decay })
  mixAt(sound, blow, 0, surface.knock * force * 1.6)
  const ratios = surface === surfaces.metal ? [1, 2.44, 2.89, 4.53, 6.2, 8.6] : [1, 2.2, 3.6]
  const modes = ratios.map((ratio) => ({
    hz: surface.heel * pitch * ratio * random.between(0.95, 1.05),
    decaySeconds: surface.decay,
    gain: (surface.knock * force * 0.32) / ratio,
  }))
  addModes(sound, modes, sampleRateHz)
  const click = noiseHit(random, { hz: 2600 * pitch, q: 0.6, decay: 0.012 })
  mixAt(sound, click, 0, 0.45 * surface.knock * force)
  for (let grain = 0; grain < surface.grains; grain++) {
    const at = 0.16 * (0.55 * random.next() + 0.45 * random.next())
    const hz = random.ratio(surface.low, surface.high) * Math.sqrt(pitch)
    const one = noiseHit(random, { hz, q: 1.6, decay: surface.ring * random.between(0.5, 1.8) })
    mixAt(sound, one, at, surface.crunch * force * random.next() ** 2)
  }
  return sound
}

function footstep({ random, size, intensity, rate, variant }: EffectSettings): Float32Array {
  const surface = surfaces[(variant ?? 'concrete') as keyof typeof surfaces]
  const pitch = Math.sqrt(pitchOf(size)) * random.between(0.93, 1.07)
  const force = levelOf(intensity, 8) * random.between(0.8, 1)
  const sound = silence(0.75)
  mixAt(sound, press(random, surface, force, pitch), 0)
  mixAt(sound, press(random, surface, 0.5 * force, pitch * 1.25), random.between(0.09, 0.13) / rate)
  return sound
}

/** Knuckles on a panel: a short blow excites the plate's modes (Farnell, ch. 31). */
function knock({ random, size, intensity, variant }: EffectSettings): Float32Array {
  const base =
    (variant === 'metal' ? 210 : variant === 'glass' ? 520 : 150) *
    Math.sqrt(pitchOf(size)) *
    random.between(0.97, 1.03)
  const decay = variant === 'metal' ? 0.5 : 0.045
  const sound = silence(decay * 1.6 + 0.1)
  const ratios = [1, 1.58, 2.24, 2.92, 3.46, 4.35, 5.1]
  addModes(
    sound,
    ratios.map((ratio) => ({
      hz: base * ratio * random.between(0.98, 1.02),
      decaySeconds: (decay * random.between(0.8, 1.2)) / Math.sqrt(ratio),
      gain: 0.5 / Math.pow(ratio, 0.8),
    })),
    sampleRateHz,
  )
  mixAt(sound, noiseHit(random, { hz: 1500, q: 0.5, decay: 0.015 }), 0, 0.7 * levelOf(intensity, 8))
  mixAt(sound, noiseHit(random, { hz: 380, q: 0.7, decay: 0.05 }), 0, 1.4)
  return heardIn('room', sound)
}

/** Stick and slip: a train of impulses whose rate wanders, through the wood's resonances (Farnell, ch. 30). */
function creak({ random, size, rate }: EffectSettings): Float32Array {
  const seconds = random.between(1.4, 2.3) / rate
  const from = random.ratio(60, 120) * pitchOf(size)
  const to = from * random.between(1.4, 2.6)
  const turn = seconds * random.between(0.45, 0.75)
  const sound = throat(random, {
    seconds,
    pitch: [
      [0, from],
      [turn, to],
      [seconds, from * random.between(0.7, 1.4)],
    ],
    formants: [
      { hz: [[0, 620]], q: 9, gain: 0.7 },
      {
        hz: [
          [0, 1150],
          [seconds, 1350],
        ],
        q: 11,
        gain: 1,
      },
      { hz: [[0, 2050]], q: 12, gain: 0.9 },
      {
        hz: [
          [0, 3300],
          [turn, 3700],
        ],
        q: 12,
        gain: 0.7,
      },
      { hz: [[0, 5200]], q: 9, gain: 0.3 },
    ],
    level: [
      [0, 0],
      [0.08, 0.6],
      [turn, 1],
      [seconds - 0.12, 0.5],
      [seconds, 0],
    ],
    breath: 0.05,
    roughness: 0.75,
  })
  return sound
}

function slam({ random, size, intensity }: EffectSettings): Float32Array {
  const sound = silence(1.4)
  const pitch = Math.sqrt(pitchOf(size))
  mixAt(sound, noiseHit(random, { hz: 2800, q: 0.8, decay: 0.02 }), 0, 0.5)
  const at = 0.022
  mixAt(
    sound,
    noiseHit(random, { hz: 160 * pitch, q: 0.6, decay: 0.35 + 0.25 * size }),
    at,
    2.2 * levelOf(intensity, 6),
  )
  mixAt(sound, noiseHit(random, { hz: 650 * pitch, q: 0.5, decay: 0.14 }), at, 1.3)
  const modes = [82, 121, 176, 243, 331, 467].map((hz) => ({
    ...{ hz: hz * pitch * random.between(0.96, 1.04), decaySeconds: 0.3, gain: 0.22 },
  }))
  addModes(sound, modes, sampleRateHz, { start: Math.round(at * sampleRateHz) })
  for (let rattle = 1; rattle <= 4; rattle++) {
    const late = at + 0.05 * rattle + random.between(0, 0.02)
    mixAt(sound, noiseHit(random, { hz: random.ratio(900, 2800), q: 1.2, decay: 0.03 }), late, 0.5 / rattle)
  }
  return sound
}

/** Handle, latch and a short creak. */
function opening({ random, size, rate }: EffectSettings): Float32Array {
  const sound = silence(2.2)
  for (const [at, hz, gain] of [
    [0, 1900, 0.6],
    [0.09, 2600, 0.8],
    [0.16, 900, 0.7],
  ] as const) {
    mixAt(sound, noiseHit(random, { hz: hz * random.between(0.9, 1.1), q: 1.5, decay: 0.03 }), at, gain)
    addModes(sound, [{ hz: hz * 1.3, decaySeconds: 0.05, gain: 0.12 }], sampleRateHz, {
      start: Math.round(at * sampleRateHz),
    })
  }
  mixAt(sound, creak({ random, size, rate: rate * 1.6, intensity: 0.5, variant: null }), 0.3, 0.35)
  const air = filtered(whiteNoise(random, 0.8), 'bandpass', 500, 0.5)
  return mixAt(
    sound,
    shaped(air, [
      [0, 0],
      [0.3, 0.15],
      [0.8, 0],
    ]),
    0.3,
  )
}

/** Keys on a ring that is shaken: each touches its neighbours, which damps it, in clusters of blows. */
function keys({ random, size, rate }: EffectSettings): Float32Array {
  const seconds = 1.3 / rate
  const sound = silence(seconds + 0.3)
  const bunch = Array.from({ length: 6 }, () => random.ratio(2600, 6500) * Math.sqrt(pitchOf(size)))
  for (let at = 0; at < seconds; at += random.wait(120 * rate)) {
    const shake = Math.max(0.1, Math.sin(2 * Math.PI * 3.6 * rate * at))
    const one = silence(0.09)
    const hz = random.pick(bunch) * random.between(0.98, 1.02)
    const modes = [1, 1.51, 2.2, 2.76].map((ratio) => ({
      hz: hz * ratio,
      decaySeconds: random.between(0.008, 0.035),
      gain: 0.3 * random.next(),
    }))
    addModes(one, modes, sampleRateHz)
    mixAt(one, noiseHit(random, { hz: 7000, q: 0.5, decay: 0.006 }), 0, 0.6)
    mixAt(sound, one, at, shake * random.between(0.1, 0.9))
  }
  return heardIn('room', sound, 0.3)
}

export const footstepAndDoorEffects: readonly Effect[] = [
  {
    ...{ id: 'footsteps', title: 'Footsteps', family: 'footsteps and doors', kind: 'events', ring: footstep },
    timing: { pattern: 'regular', everySeconds: 0.56, usually: 'endless' },
    names: words(
      'footsteps, footstep, steps, walking, walk, running feet, someone running, person walking, running, marching, pacing, tread, high heels, boots, jogging, footfall, stomping, strolling, crunching snow',
    ),
    related: words('horse, hooves, gallop, dancing, stairs'),
    variants: {
      gravel: words('gravel, stones, pebbles, rocks, dirt, path, driveway, shingle'),
      wood: words('wood, wooden, floor, floorboards, stairs, parquet, deck, stage, boards, plank'),
      snow: words('snow, snowy, ice, crunching snow, sand'),
      concrete: words(
        'concrete, pavement, sidewalk, street, asphalt, tile, tiles, marble, stone, road, corridor',
      ),
      grass: words('grass, lawn, meadow, field, moss, carpet'),
      leaves: words('leaves, forest, woods, autumn, twigs'),
      metal: words('metal, iron, steel, grate, catwalk, ladder'),
      water: words('mud, puddles, puddle, water, wet, swamp'),
    },
  },
  {
    ...{ id: 'door-knock', title: 'Door knock', family: 'footsteps and doors', kind: 'events', ring: knock },
    timing: { pattern: 'regular', everySeconds: 0.26, usually: 3, rest: { after: 4, seconds: 1.1 } },
    names: words(
      'knock, knocking, door knock, knock on the door, knocking on a door, rap, rapping, tap on the door, knock knock, banging on door, knock at the door',
    ),
    related: words('tapping, tap, woodpecker, wood block, drumming fingers'),
    variants: {
      metal: words('metal, iron, steel'),
      glass: words('glass, window'),
      wood: words('wood, wooden, table'),
    },
  },
  {
    ...{
      id: 'door-creak',
      title: 'Creaking door',
      family: 'footsteps and doors',
      kind: 'events',
      ring: creak,
    },
    timing: { pattern: 'poisson', everySeconds: 3, usually: 1 },
    names: words(
      'creak, creaking, door creak, door creaks, door creaks open, creaky door, squeaky door, squeak, creaking door, creaky floor, floorboard creak, rusty hinge, hinge, squeaking, creaky, squeaky',
    ),
    related: words('haunted house, ship creaking, rocking chair, swing, horror'),
  },
  {
    ...{ id: 'door-slam', title: 'Door slam', family: 'footsteps and doors', kind: 'events', ring: slam },
    timing: { pattern: 'poisson', everySeconds: 3, usually: 1 },
    names: words(
      'door slam, slam, slamming, door slamming, slammed door, door closing, door closes, door shut, slams shut, close the door, door close, door shuts, door bang, car door',
    ),
    related: words('cupboard, drawer, trunk, gate, fridge'),
  },
  {
    ...{
      id: 'door-open',
      title: 'Door opening',
      family: 'footsteps and doors',
      kind: 'events',
      ring: opening,
    },
    timing: { pattern: 'poisson', everySeconds: 4, usually: 1 },
    names: words('door opening, door opens, opening door, open the door, door handle, latch, lock, unlock'),
    related: words('window opening, box opening, chest opening, elevator'),
  },
  {
    ...{ id: 'keys', title: 'Keys jangling', family: 'footsteps and doors', kind: 'events', ring: keys },
    timing: { pattern: 'poisson', everySeconds: 1.8, usually: 1 },
    names: words(
      'keys, keys jangling, bunch of keys, key ring, jangling, jingle of keys, jingling, keychain, chain, chains rattling, sleigh bells, jingle bells, tambourine',
    ),
    related: words('cutlery, silverware, spoon, fork, jewellery, bracelet, spurs'),
  },
]
