import { createBiquad, createStateVariable } from '../../../../../audio/synthesis/filters'
import { addModes } from '../../../../../audio/synthesis/modal'
import {
  createBrownNoise,
  createPinkNoise,
  createWander,
  createWhiteNoise,
} from '../../../../../audio/synthesis/noise'
import type { Random } from '../../../../../audio/synthesis/noise'
import { pieceFrames, sampleRateHz, type Effect, type EffectSettings, words, pieceSeconds } from '../effect'
import {
  addTo,
  decaying,
  filtered,
  grainCloud,
  levelOf,
  mixAt,
  noiseHit,
  pitchOf,
  scale,
  shaped,
  silence,
  store,
  whiteNoise,
} from '../sounds'

/** What drops fall on: band of the hiss, and what one near drop sounds like. */
const rainSurfaces = {
  open: { hiss: 0.26, low: 900, high: 8000, drop: [1500, 6000], ring: 0.013, drops: 170, knock: 0 },
  tin: { hiss: 0.24, low: 700, high: 7000, drop: [600, 3200], ring: 0.028, drops: 150, knock: 0.5 },
  window: { hiss: 0.22, low: 500, high: 5000, drop: [1200, 3800], ring: 0.018, drops: 110, knock: 0.25 },
  leaves: { hiss: 0.35, low: 1800, high: 8000, drop: [1400, 4200], ring: 0.01, drops: 170, knock: 0 },
  umbrella: { hiss: 0.15, low: 700, high: 6000, drop: [350, 1300], ring: 0.022, drops: 120, knock: 0.6 },
  roof: { hiss: 0.25, low: 500, high: 6000, drop: [450, 1900], ring: 0.02, drops: 150, knock: 0.5 },
  water: { hiss: 0.35, low: 1200, high: 11000, drop: [2500, 9000], ring: 0.02, drops: 120, knock: 0 },
} as const

function drop(random: Random, surface: (typeof rainSurfaces)[keyof typeof rainSurfaces], size: number) {
  const [low, high] = surface.drop
  const hz = random.ratio(low, high) * Math.sqrt(pitchOf(size))
  const sound = noiseHit(random, { hz, q: 1.2, decay: surface.ring * random.between(0.6, 1.5) })
  if (surface.knock === 0) return sound
  const ringing = silence(surface.ring * 2)
  mixAt(ringing, sound, 0)
  const modes = [1, 1.7, 2.6].map((ratio) => ({
    ...{ hz: hz * ratio * random.between(0.9, 1.1), decaySeconds: surface.ring, gain: surface.knock * 0.25 },
  }))
  return addModes(ringing, modes, sampleRateHz)
}

/** A hiss of far drops and single near ones by the hundred (A. Farnell, "Designing Sound", 2010, ch. 41). */
function rain({ random, size, intensity, rate, variant }: EffectSettings) {
  const surface = rainSurfaces[(variant ?? 'open') as keyof typeof rainSurfaces]
  const drops = grainCloud(
    random.fork(),
    store(60, () => drop(random, surface, size)),
  )
  const sides = [0, 1].map(() => {
    const noise = createWhiteNoise(random.fork())
    const cut = createBiquad({ kind: 'highpass', hz: surface.low }, sampleRateHz)
    const dull = createBiquad({ kind: 'lowpass', hz: surface.high, q: 0.5 }, sampleRateHz)
    return (out: Float32Array, gain: number) => {
      noise(out)
      cut.run(out)
      dull.run(out)
      for (let index = 0; index < out.length; index++) out[index]! *= gain
    }
  })
  const gusts = createWander(0.3, random.fork())
  const level = levelOf(intensity)
  return ({ channels }: { channels: Float32Array[] }) => {
    const gust = 0.85 + 0.3 * gusts.after(pieceSeconds)
    channels.forEach((channel, side) =>
      sides[side]!(channel, surface.hiss * gust * level * (0.3 + intensity)),
    )
    drops({ channels }, surface.drops * rate * (0.25 + 1.5 * intensity), 0.55 * level)
  }
}

/** Noise through resonances that gusts move: what flows past edges whistles (Farnell, ch. 42). */
function wind({ random, size, intensity, rate, variant }: EffectSettings) {
  const howling = variant === 'howling'
  const gust = createWander(0.22 * rate, random.fork())
  const flutter = createWander(1.7 * rate, random.fork())
  const pitch = Math.sqrt(pitchOf(size))
  const sides = [0, 1].map(() => ({
    low: createBrownNoise(random.fork()),
    body: createPinkNoise(random.fork()),
    air: createStateVariable('bandpass', sampleRateHz),
    whistle: createStateVariable('bandpass', sampleRateHz),
    scratch: new Float32Array(pieceFrames),
    cutoff: 300,
    gain: 0,
  }))
  const leaves = createBiquad({ kind: 'highpass', hz: 3000 }, sampleRateHz)
  const rustle = createWhiteNoise(random.fork())
  const scratch = new Float32Array(pieceFrames)
  return ({ channels }: { channels: Float32Array[] }) => {
    const force = Math.min(
      1,
      gust.after(pieceSeconds) * 0.75 + 0.2 * flutter.after(pieceSeconds) + 0.25 * (intensity - 0.3),
    )
    const strength = Math.max(0.05, force)
    channels.forEach((out, side) => {
      const state = sides[side]!
      const cutoff = pitch * (150 + 700 * strength * (0.5 + intensity)) * (side ? 1.06 : 1)
      const gain = 0.15 + 0.85 * strength * strength
      state.low(out)
      scale(out, 0.16 * state.gain, 0.16 * gain)
      state.body(state.scratch)
      const source = state.scratch.slice()
      state.air.run(state.scratch, state.cutoff, cutoff, 2.2)
      scale(state.scratch, 2.2 * state.gain, 2.2 * gain)
      addTo(out, state.scratch)
      const whistling = howling ? 1 : 0.25 * intensity
      state.whistle.run(source, state.cutoff * 1.9, cutoff * 1.9, howling ? 22 : 9)
      scale(source, 6 * whistling * state.gain ** 2, 6 * whistling * gain ** 2)
      addTo(out, source)
      Object.assign(state, { cutoff, gain })
    })
    if (variant !== 'trees') return
    rustle(scratch)
    leaves.run(scratch)
    for (const out of channels) addTo(out, scratch, 0.5 * strength * strength)
  }
}

/** A crack of torn air, then a channel of many lengths whose rumbles arrive one after another (Farnell, ch. 43; H. Ribner and D. Roy, 1982). */
function thunder({ random, size, intensity, variant }: EffectSettings) {
  const near = variant === 'far' ? 0 : 0.35 + 0.65 * intensity
  const seconds = 5 + 5 * size
  const out = silence(seconds)
  if (near > 0.75) {
    for (let strike = 0; strike < 5; strike++) {
      const crack = noiseHit(random, {
        hz: random.ratio(900, 3200),
        q: 0.4,
        decay: random.between(0.12, 0.5),
      })
      mixAt(out, crack, random.between(0, 0.28), 0.5 * near * random.between(0.4, 1))
    }
  }
  const rolls = 14 + Math.round(10 * size)
  for (let roll = 0; roll < rolls; roll++) {
    const late = Math.pow(random.next(), 1.15)
    const length = random.between(0.5, 1.6)
    const rumble = filtered(
      whiteNoise(random, length),
      'lowpass',
      random.ratio(70, 260 + 500 * near * (1 - late)),
      0.8,
    )
    const swell = random.between(0.1, 0.5)
    shaped(rumble, [
      [0, 0],
      [swell, 1],
      [length * 0.6, 0.35],
      [length, 0],
    ])
    mixAt(
      out,
      rumble,
      late * (seconds - 2),
      (variant === 'far' ? 2.4 : 2.6) * (1 - 0.5 * late) * random.between(0.5, 1),
    )
  }
  const grit = filtered(filtered(whiteNoise(random, seconds), 'lowpass', 1500), 'highpass', 120)
  mixAt(out, decaying(grit, seconds * 0.8, 0.7), 0, 0.14 + 0.4 * near)
  return shaped(out, [
    [0, 1],
    [seconds - 1, 0.6],
    [seconds, 0],
  ])
}

function hail({ random, size, intensity, rate }: EffectSettings) {
  const stones = grainCloud(
    random.fork(),
    store(50, () => {
      const hz = random.ratio(700, 3000) * Math.sqrt(pitchOf(size))
      const sound = silence(0.09)
      mixAt(sound, noiseHit(random, { hz: hz * 1.6, q: 0.8, decay: 0.012 }), 0, 1.2)
      const modes = [1, 1.62, 2.41, 3.3].map((ratio) => ({ hz: hz * ratio, decaySeconds: 0.05, gain: 0.22 }))
      return addModes(sound, modes, sampleRateHz)
    }),
  )
  const noise = createWhiteNoise(random.fork())
  const cut = createBiquad({ kind: 'bandpass', hz: 3500, q: 0.4 }, sampleRateHz)
  const bed = new Float32Array(pieceFrames)
  return ({ channels }: { channels: Float32Array[] }) => {
    noise(bed)
    cut.run(bed)
    for (const out of channels) addTo(out, bed, 0.05)
    stones({ channels }, 120 * rate * (0.3 + 1.4 * intensity), 0.6)
  }
}

export const weatherEffects: readonly Effect[] = [
  {
    ...{ id: 'rain', title: 'Rain', family: 'weather', kind: 'texture', open: rain },
    names: words(
      'rain, raining, rainfall, rainy, raindrops, drizzle, downpour, shower of rain, cloudburst, monsoon, rainstorm',
    ),
    related: words('sleet, precipitation, wet weather'),
    variants: {
      tin: words('tin, metal, corrugated, iron, zinc, car roof, metal roof, tin roof, steel'),
      window: words('window, glass, pane, windowpane, windshield, windscreen, skylight'),
      leaves: words('leaves, leaf, foliage, trees, forest, jungle, grass, bushes'),
      umbrella: words('umbrella, tent, canvas, tarp, parasol, canopy'),
      roof: words('roof, rooftop, shingles, tiles, attic, wood, wooden'),
      water: words('lake, puddle, pond, sea, pool, river'),
    },
  },
  {
    ...{ id: 'wind', title: 'Wind', family: 'weather', kind: 'texture', open: wind },
    names: words(
      'wind, windy, breeze, breezy, gust, gale, blizzard, snowstorm, hurricane, tornado, draught, sandstorm, cyclone, typhoon',
    ),
    related: words('snow falling, air, desert, mountain top, arctic'),
    variants: {
      howling: words('howling, howl, whistling, blizzard, eerie, moaning, haunted'),
      trees: words('trees, leaves, forest, rustling, grass, branches'),
    },
  },
  {
    ...{ id: 'thunder', title: 'Thunder', family: 'weather', kind: 'events', ring: thunder },
    timing: { pattern: 'poisson', everySeconds: 9, usually: 1 },
    names: words(
      'thunder, thunderclap, lightning, lightning strike, thunder rumble, rolling thunder, thunderbolt',
    ),
    related: words('earthquake, avalanche, rumble, rumbling, volcano, landslide'),
    variants: { far: words('distant, far, faraway, rolling, rumbling, afar, remote') },
  },
  {
    ...{ id: 'hail', title: 'Hail', family: 'weather', kind: 'texture', open: hail },
    names: words('hail, hailstorm, hailstones, hailing'),
    related: words('pebbles falling, beans poured'),
  },
]
