import { createBiquad } from '../../../../../audio/synthesis/filters'
import {
  createBrownNoise,
  createPinkNoise,
  createWander,
  createWhiteNoise,
} from '../../../../../audio/synthesis/noise'
import type { Random } from '../../../../../audio/synthesis/noise'
import {
  pieceFrames,
  sampleRateHz,
  type Effect,
  type EffectSettings,
  words,
  pieceSeconds,
  type Stereo,
} from '../effect'
import {
  addTo,
  decaying,
  filtered,
  heardIn,
  grainCloud,
  levelOf,
  mixAt,
  noiseHit,
  pitchOf,
  scale,
  shaped,
  silence,
  store,
  tone,
  whiteNoise,
} from '../sounds'

/** A bubble: a sine that rises as it comes up to the surface, damped as its radius has it (K. van den Doel, "Physically based models for liquid sounds", ACM TAP 2(4), 2005). */
export function bubble(random: Random, low: number, high: number, rise = 0.4): Float32Array {
  const hz = random.ratio(low, high)
  const decay = Math.min(0.35, 6.9 / (0.13 * hz + 0.0072 * Math.pow(hz, 1.5)) / 1.2) * 2
  const slope = (hz * rise * random.next()) / Math.max(0.02, decay)
  const sound = tone(
    'sine',
    [
      [0, hz],
      [decay, hz + slope * decay],
    ],
    decay,
  )
  return decaying(sound, decay, 0.001)
}

/** Noise in a band, one a side. */
function bands(random: Random, low: number, high: number) {
  return [0, 1].map(() => {
    const noise = createWhiteNoise(random.fork())
    const filters = [
      createBiquad({ kind: 'highpass', hz: low }, sampleRateHz),
      createBiquad({ kind: 'lowpass', hz: high }, sampleRateHz),
    ]
    const scratch = new Float32Array(pieceFrames)
    let before = 0
    return (out: Float32Array, gain: number) => {
      noise(scratch)
      for (const filter of filters) filter.run(scratch)
      scale(scratch, before, gain)
      before = gain
      addTo(out, scratch)
    }
  })
}

function stream({ random, size, intensity, rate, variant }: EffectSettings) {
  const pitch = pitchOf(size)
  const bubbles = grainCloud(
    random.fork(),
    store(150, () => bubble(random, 380 * pitch, 3200 * pitch, 0.5)),
  )
  const deep = grainCloud(
    random.fork(),
    store(40, () => bubble(random, 180 * pitch, 500 * pitch, 0.4)),
  )
  const hiss = bands(random, 500, 5000)
  const wander = createWander(0.8, random.fork())
  const tap = variant === 'tap'
  return ({ channels }: Stereo) => {
    const flow = 0.7 + 0.6 * wander.after(pieceSeconds)
    channels.forEach((out, side) => hiss[side]!(out, (tap ? 0.35 : 0.05 + 0.16 * intensity) * flow))
    bubbles({ channels }, (tap ? 120 : 230) * flow * rate * (0.4 + 1.2 * intensity), 0.22)
    deep({ channels }, 28 * flow * rate * (0.4 + 1.2 * intensity), 0.3)
  }
}

function waterfall({ random, size, intensity }: EffectSettings) {
  const hiss = bands(random, 350 * pitchOf(size), 7000)
  const low = [0, 1].map(() => createBrownNoise(random.fork()))
  const splashes = grainCloud(
    random.fork(),
    store(60, () =>
      noiseHit(random, { hz: random.ratio(600, 4500), q: 0.8, decay: random.between(0.03, 0.12) }),
    ),
  )
  const scratch = new Float32Array(pieceFrames)
  return ({ channels }: Stereo) => {
    channels.forEach((out, side) => {
      hiss[side]!(out, 0.5)
      low[side]!(scratch)
      addTo(out, scratch, 0.18 * (0.5 + intensity))
    })
    splashes({ channels }, 200, 0.4)
  }
}

/** Each wave: a swell of low noise, the break with its foam, and the run back over the sand. */
function waves({ random, size, intensity, rate }: EffectSettings) {
  const period = (5 + 6 * size) / rate
  const low = [0, 1].map(() => createPinkNoise(random.fork()))
  const dull = [0, 1].map(() => createBiquad({ kind: 'lowpass', hz: 420 }, sampleRateHz))
  const foam = bands(random, 900, 6500)
  const body = bands(random, 200, 1800)
  const scratch = new Float32Array(pieceFrames)
  const swells = [0.15, 0.62].map((phase) => ({ phase, length: period * 1.6, force: 1 }))
  const fizz = grainCloud(
    random.fork(),
    store(40, () => noiseHit(random, { hz: random.ratio(2500, 8000), q: 2, decay: 0.012 })),
  )
  return ({ channels }: Stereo) => {
    let rise = 0
    let wash = 0
    for (const swell of swells) {
      swell.phase += pieceSeconds / swell.length
      if (swell.phase >= 1) {
        Object.assign(swell, {
          phase: swell.phase - 1,
          length: period * random.between(1.3, 2.1),
          force: random.between(0.5, 1),
        })
      }
      const { phase, force } = swell
      rise += force * (phase < 0.4 ? (phase / 0.4) ** 2 : Math.max(0, 1 - (phase - 0.4) / 0.25))
      wash += force * (phase < 0.3 ? 0 : phase < 0.42 ? (phase - 0.3) / 0.12 : ((1 - phase) / 0.58) ** 2)
    }
    channels.forEach((out, side) => {
      low[side]!(scratch)
      dull[side]!.run(scratch)
      addTo(out, scratch, (0.12 + 0.9 * rise) * levelOf(intensity))
      body[side]!(out, 0.03 + 0.35 * rise * (0.5 + intensity))
      foam[side]!(out, 0.02 + 0.3 * wash)
    })
    fizz({ channels }, 20 + 300 * wash, 0.12)
  }
}

/** A drop into water: the tick of the impact, then the bubble it leaves. */
function drip({ random, size }: EffectSettings) {
  const sound = silence(0.45)
  const hz = random.ratio(700, 1700) * Math.sqrt(pitchOf(size))
  mixAt(sound, noiseHit(random, { hz: 4500, q: 0.7, decay: 0.006 }), 0, 0.35)
  const ring = tone(
    'sine',
    [
      [0, hz],
      [0.03, hz * 1.15],
      [0.16, hz * random.between(1.4, 1.9)],
    ],
    0.2,
  )
  mixAt(sound, decaying(ring, 0.12, 0.002), 0.016, 0.9)
  if (random.next() < 0.5) mixAt(sound, bubble(random, 1500, 3000, 0.5), 0.07, 0.2)
  return sound
}

function bubbles({ random, size, intensity, rate, variant }: EffectSettings) {
  const pitch = pitchOf(size)
  const boiling = variant === 'boiling'
  const low = boiling ? 130 : 220
  const cloud = grainCloud(
    random.fork(),
    store(80, () => bubble(random, low * pitch, (boiling ? 750 : 1500) * pitch, 0.7)),
  )
  const steam = bands(random, boiling ? 900 : 2000, 6000)
  const rumble = bands(random, 90, 420)
  return ({ channels }: Stereo) => {
    if (boiling) channels.forEach((out, side) => steam[side]!(out, 0.2))
    if (boiling) channels.forEach((out, side) => rumble[side]!(out, 0.4))
    cloud({ channels }, (boiling ? 95 : 22) * rate * (0.4 + 1.2 * intensity), 0.5)
  }
}

function splash({ random, size, intensity }: EffectSettings) {
  const seconds = 1.1 + 0.9 * size
  const sound = silence(seconds)
  const pitch = Math.sqrt(pitchOf(size))
  mixAt(sound, noiseHit(random, { hz: 700 * pitch, q: 0.4, decay: 0.25 + 0.3 * size, attack: 0.004 }), 0, 1.4)
  const spray = filtered(whiteNoise(random, seconds), 'highpass', 1600 * pitch)
  mixAt(
    sound,
    shaped(spray, [
      [0, 0],
      [0.05, 0.5],
      [0.22, 0.28],
      [seconds, 0],
    ]),
    0.01,
    0.6 + 0.4 * intensity,
  )
  const count = 60 + 90 * intensity
  for (let index = 0; index < count; index++) {
    const late = random.next() ** 2
    mixAt(sound, bubble(random, 350 * pitch, 2600 * pitch), 0.06 + late * (seconds - 0.4), 0.25 * (1 - late))
    mixAt(
      sound,
      noiseHit(random, { hz: random.ratio(1500, 6000), decay: 0.012 }),
      0.08 + late * (seconds - 0.3),
      0.3 * (1 - late),
    )
  }
  shaped(sound, [
    [0, 1],
    [seconds - 0.2, 1],
    [seconds, 0],
  ])
  return heardIn('outdoors', sound, 2)
}

/** Pouring: bubbles whose pitch rises with the level in the vessel. */
function pour({ random, size, rate }: EffectSettings) {
  const seconds = 3.2 / rate
  const sound = silence(seconds)
  const pitch = pitchOf(size)
  for (let at = 0.05; at < seconds - 0.35; at += random.wait(70)) {
    const fill = 1 + (1.1 * at) / seconds
    mixAt(sound, bubble(random, 350 * pitch * fill, 1500 * pitch * fill, 0.3), at, random.between(0.08, 0.5))
  }
  const hiss = filtered(filtered(whiteNoise(random, seconds), 'lowpass', 3500), 'highpass', 500)
  mixAt(
    sound,
    shaped(hiss, [
      [0, 0],
      [0.15, 1],
      [seconds - 0.5, 0.9],
      [seconds - 0.15, 0],
    ]),
    0,
    0.1,
  )
  return sound
}

/** Lapping of flames, hiss of gases, crackle of wood that bursts (Farnell, ch. 34). */
function fire({ random, size, intensity, rate, variant }: EffectSettings) {
  const frying = variant === 'frying'
  const crackles = grainCloud(
    random.fork(),
    store(60, () => {
      const hz = random.ratio(900, 7500)
      return noiseHit(random, { hz, q: 1.5, decay: random.between(0.004, 0.03) })
    }),
  )
  const pops = grainCloud(
    random.fork(),
    store(12, () =>
      noiseHit(random, { hz: random.ratio(500, 1800), q: 0.7, decay: random.between(0.02, 0.06) }),
    ),
  )
  const lapping = createWander(3.5, random.fork())
  const low = [0, 1].map(() => createBrownNoise(random.fork()))
  const hiss = bands(random, frying ? 2500 : 1200, frying ? 12000 : 7000)
  const scratch = new Float32Array(pieceFrames)
  const bursts = createWander(1.2, random.fork())
  return ({ channels }: Stereo) => {
    const flame = 0.35 + 0.65 * lapping.after(pieceSeconds)
    const burst = bursts.after(pieceSeconds) ** 3
    channels.forEach((out, side) => {
      if (!frying) {
        low[side]!(scratch)
        addTo(out, scratch, (0.05 + 0.22 * size * (0.5 + intensity)) * flame)
      }
      hiss[side]!(out, (frying ? 0.16 : 0.014 + 0.03 * intensity) * (0.6 + 0.4 * flame))
    })
    crackles(
      { channels },
      (frying ? 260 : 14 + 60 * burst) * rate * (0.4 + 1.2 * intensity),
      frying ? 0.3 : 0.75,
    )
    pops({ channels }, (frying ? 4 : 2.2) * rate * (0.4 + 1.2 * intensity), frying ? 0.2 : 0.8)
  }
}

/** White noise from a vent. */
function steam({ random, size }: EffectSettings) {
  const hiss = bands(random, 2200 * Math.sqrt(pitchOf(size)), 14000)
  const wander = createWander(4, random.fork())
  return ({ channels }: Stereo) => {
    const gain = 0.4 + 0.1 * wander.after(pieceSeconds)
    channels.forEach((out, side) => hiss[side]!(out, gain))
  }
}

export const waterAndFireEffects: readonly Effect[] = [
  {
    ...{ id: 'stream', title: 'Stream', family: 'water and fire', kind: 'texture', open: stream },
    names: words(
      'stream, brook, river, creek, babbling brook, running water, flowing water, water flowing, water running, trickle, fountain, tap running, faucet, rapids, bath filling, tap water, rivulet',
    ),
    related: words('aquarium, canal, gutter, hose, sprinkler'),
    variants: { tap: words('tap, faucet, sink, bath, hose, basin, shower') },
  },
  {
    ...{ id: 'waterfall', title: 'Waterfall', family: 'water and fire', kind: 'texture', open: waterfall },
    names: words('waterfall, cascade, cataract, water falling, shower, dam, torrent'),
    related: words('flood, toilet flush, toilet'),
  },
  {
    ...{ id: 'waves', title: 'Waves', family: 'water and fire', kind: 'texture', open: waves },
    names: words(
      'waves, wave, ocean, sea, surf, shore, seashore, tide, ocean waves, sea waves, breakers, coast, waves crashing',
    ),
    related: words('lake, sailing, island'),
  },
  {
    ...{ id: 'drip', title: 'Dripping water', family: 'water and fire', kind: 'events', ring: drip },
    timing: { pattern: 'poisson', everySeconds: 0.9, usually: 'endless' },
    names: words(
      'drip, dripping, water drop, water droplet, leaking tap, leaky faucet, water drip, leak, drop of water, dripping tap, dripping faucet, droplet, water drops, drops of water',
    ),
    related: words('stalactite, plumbing'),
  },
  {
    ...{ id: 'bubbles', title: 'Bubbles', family: 'water and fire', kind: 'texture', open: bubbles },
    names: words(
      'bubbles, bubbling, bubble, boiling, boiling water, gurgle, gurgling, simmering, cauldron, underwater bubbles, diver, scuba, boil, kettle boiling, blub, potion',
    ),
    related: words('soda, fizz, cooking, soup, lava, underwater, coffee machine'),
    variants: { boiling: words('boiling, boil, simmering, kettle, pot, cauldron, cooking, soup') },
  },
  {
    ...{ id: 'splash', title: 'Splash', family: 'water and fire', kind: 'events', ring: splash },
    timing: { pattern: 'poisson', everySeconds: 2.5, usually: 1 },
    names: words(
      'splash, splashing, jump into water, dive into water, stone into water, fall into water, splash of water, plop, puddle',
    ),
    related: words('swimming, swimmer, paddle, fish, pool'),
  },
  {
    ...{ id: 'pour', title: 'Pouring', family: 'water and fire', kind: 'events', ring: pour },
    timing: { pattern: 'regular', everySeconds: 4.5, usually: 1 },
    names: words(
      'pour, pouring, pouring a drink, pouring water, filling a glass, pour a glass, pouring coffee, pouring tea',
    ),
    related: words('drink, drinking, wine, beer, juice, milk'),
  },
  {
    ...{ id: 'fire', title: 'Fire', family: 'water and fire', kind: 'texture', open: fire },
    names: words(
      'fire, campfire, bonfire, fireplace, flames, flame, burning, crackling, crackling fire, hearth, blaze, inferno, torch, log fire, sizzle, sizzling, frying, fry, frying pan, bacon, wildfire, barbecue',
    ),
    related: words('candle, stove, grill, match, smoke, burn'),
    variants: { frying: words('frying, sizzle, sizzling, bacon, pan, oil, fry, steak') },
  },
  {
    ...{ id: 'steam', title: 'Steam', family: 'water and fire', kind: 'texture', open: steam },
    names: words(
      'steam, hiss, hissing, gas leak, air leak, pressure release, spray, steam vent, spray can, snake hiss',
    ),
    related: words('snake, valve, balloon deflating, iron, aerosol'),
  },
]
