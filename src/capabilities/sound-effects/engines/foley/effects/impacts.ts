import { struck } from './bells'
import { modeRatios } from '../../../../../audio/synthesis/modal'
import { type Effect, type EffectSettings, words } from '../effect'
import {
  decaying,
  driven,
  filtered,
  heardIn,
  levelOf,
  mixAt,
  noiseHit,
  pitchOf,
  shaped,
  silence,
  tone,
  whiteNoise,
} from '../sounds'

/** A blast front, the fireball's roar, and the debris. */
function explosion({ random, size, intensity, variant }: EffectSettings): Float32Array {
  const seconds = 2.2 + 2.6 * size
  const sound = silence(seconds)
  const pitch = Math.sqrt(pitchOf(size))
  const far = variant === 'fireworks'
  const front = decaying(whiteNoise(random, 0.4), 0.16)
  mixAt(sound, filtered(front, 'lowpass', far ? 3000 : 6000), 0, 2.6)
  const thump = tone(
    'sine',
    [
      [0, 95 * pitch],
      [0.25, 34 * pitch],
      [1, 26 * pitch],
    ],
    Math.min(1.6, seconds),
  )
  mixAt(sound, decaying(thump, 1.1, 0.004), 0, 1.8)
  const roar = filtered(whiteNoise(random, seconds), 'lowpass', 420 * pitch + 500 * intensity, 0.6)
  mixAt(sound, decaying(roar, seconds * 0.7, 0.02), 0.01, 4.2)
  const mid = filtered(whiteNoise(random, seconds), 'bandpass', 900 * pitch, 0.4)
  mixAt(sound, decaying(mid, seconds * 0.32, 0.01), 0, 1.5)
  driven(sound, 1.5 + 1.2 * intensity)
  const debris = far ? 160 : 50 + 70 * intensity
  for (let piece = 0; piece < debris; piece++) {
    const at = 0.25 + random.next() * (seconds - 0.6)
    const hz = far ? random.ratio(2500, 7000) : random.ratio(300, 3500)
    mixAt(
      sound,
      noiseHit(random, { hz, q: 1.3, decay: random.between(0.01, 0.06) }),
      at,
      (far ? 0.5 : 0.35) * random.next() * (1 - at / seconds),
    )
  }
  return shaped(filtered(sound, 'highpass', 24), [
    [0, 1],
    [seconds - 0.5, 0.8],
    [seconds, 0],
  ])
}

/** A muzzle blast is an N-wave of milliseconds; what follows is the place (R. Maher, "Modeling and signal processing of acoustic gunshot recordings", 2006). */
function gunshot({ random, size, intensity }: EffectSettings): Float32Array {
  const seconds = 1.1 + 0.6 * size
  const sound = silence(seconds)
  const pitch = pitchOf(size)
  mixAt(sound, decaying(whiteNoise(random, 0.06), 0.035, 0.0001), 0, 2.6)
  mixAt(sound, noiseHit(random, { hz: 480 * pitch, q: 0.5, decay: 0.13, attack: 0.0003 }), 0, 3)
  const thump = tone(
    'sine',
    [
      [0, 180 * pitch],
      [0.1, 55 * pitch],
    ],
    0.25,
  )
  mixAt(sound, decaying(thump, 0.16), 0, 1.2)
  driven(sound, 2 + intensity * 2)
  for (let echo = 0; echo < 8; echo++) {
    const at = 0.03 + 0.06 * echo * random.between(0.7, 1.3)
    mixAt(
      sound,
      noiseHit(random, { hz: random.ratio(350, 1400), q: 0.4, decay: 0.2 }),
      at,
      0.55 * 0.7 ** echo,
    )
  }
  const tail = filtered(whiteNoise(random, seconds), 'lowpass', 1300)
  mixAt(sound, decaying(tail, seconds * 0.8, 0.01), 0.01, 0.4)
  return shaped(sound, [
    [0, 1],
    [seconds - 0.2, 1],
    [seconds, 0],
  ])
}

/** Blades: many close modes, a scrape as they slide. */
function sword({ random, size, intensity, variant }: EffectSettings): Float32Array {
  const pitch = Math.sqrt(pitchOf(size))
  const sound = silence(1.5)
  if (variant === 'draw') {
    const scrape = filtered(whiteNoise(random, 0.7), 'bandpass', 5200 * pitch, 0.9)
    mixAt(
      sound,
      shaped(scrape, [
        [0, 0],
        [0.1, 0.4],
        [0.42, 1],
        [0.5, 0.3],
        [0.7, 0],
      ]),
      0,
      0.9,
    )
  }
  const at = variant === 'draw' ? 0.42 : 0
  for (const hz of [1730, 2390]) {
    const ratios = [1, 1.34, 1.83, 2.27, 2.76, 3.31, 3.9, 4.7]
    const blade = struck(random, {
      hz: hz * pitch * random.between(0.9, 1.1),
      ratios,
      decay: 0.85,
      damp: 0.4,
      tilt: 0.25,
      beat: 5,
    })
    mixAt(sound, blade, at, (variant === 'draw' ? 0.12 : 0.3) * levelOf(intensity, 6))
  }
  mixAt(sound, noiseHit(random, { hz: 3600, q: 0.5, decay: 0.03 }), at, variant === 'draw' ? 0.1 : 1.1)
  return shaped(sound, [
    [0, 1],
    [1.2, 1],
    [1.5, 0],
  ])
}

function thud({ random, size, intensity }: EffectSettings): Float32Array {
  const pitch = pitchOf(size)
  const sound = silence(0.7)
  const body = tone(
    'sine',
    [
      [0, 110 * pitch],
      [0.08, 62 * pitch],
      [0.5, 50 * pitch],
    ],
    0.5,
  )
  mixAt(sound, decaying(body, 0.28, 0.002), 0, 1)
  mixAt(sound, noiseHit(random, { hz: 240 * pitch, q: 0.5, decay: 0.1 }), 0, 1.6 * levelOf(intensity, 6))
  mixAt(sound, noiseHit(random, { hz: 1200, q: 0.5, decay: 0.02 }), 0, 0.35)
  return heardIn('room', sound)
}

/** Everything that falls at once: wood, metal, glass. */
function crash({ random, size, intensity }: EffectSettings): Float32Array {
  const seconds = 1.8 + size
  const sound = silence(seconds)
  mixAt(sound, noiseHit(random, { hz: 700, q: 0.3, decay: 0.5 }), 0, 2.5)
  mixAt(sound, thud({ random, size, intensity, rate: 1, variant: null }), 0, 1)
  for (let piece = 0; piece < 40 + 40 * intensity; piece++) {
    const at = random.next() ** 2 * (seconds - 0.5)
    const hz = random.ratio(350, 3800) * Math.sqrt(pitchOf(size))
    const one = struck(random, {
      hz,
      ratios: modeRatios.plate.slice(0, 5),
      decay: random.between(0.05, 0.3),
      damp: 0.5,
      tilt: 0.4,
    })
    mixAt(sound, one, at, random.between(0.05, 0.4) * (1 - at / seconds))
    mixAt(
      sound,
      noiseHit(random, { hz: random.ratio(800, 5000), q: 0.6, decay: 0.05 }),
      at,
      0.5 * (1 - at / seconds),
    )
  }
  shaped(driven(sound, 1.2), [
    [0, 1],
    [seconds - 0.3, 0.8],
    [seconds, 0],
  ])
  return heardIn('room', sound)
}

function coinDrop({ random, size }: EffectSettings): Float32Array {
  const sound = silence(1.9)
  const hz = random.ratio(4200, 5600) * Math.sqrt(pitchOf(size))
  let gap = random.between(0.24, 0.32)
  for (let at = 0, bounce = 0; bounce < 16 && at < 1.5; bounce++) {
    const one = struck(random, {
      hz,
      ratios: [1, 1.52, 2.3, 2.9],
      decay: 0.2,
      damp: 0.3,
      tilt: 0.2,
      beat: 12,
    })
    mixAt(sound, one, at, 0.6 * 0.82 ** bounce * random.between(0.8, 1))
    at += gap
    gap = Math.max(0.022, gap * 0.72)
  }
  return heardIn('room', sound)
}

function hammer({ random, size, intensity, variant }: EffectSettings): Float32Array {
  const pitch = Math.sqrt(pitchOf(size))
  const anvil = variant === 'metal'
  const sound = silence(anvil ? 1.6 : 0.45)
  mixAt(sound, noiseHit(random, { hz: 2600, q: 0.5, decay: 0.02 }), 0, 1.2)
  mixAt(
    sound,
    noiseHit(random, { hz: 420 * pitch, q: 0.8, decay: 0.09 }),
    0,
    anvil ? 0.3 : 1.4 * levelOf(intensity, 6),
  )
  const ring = struck(random, {
    ...{
      hz: (anvil ? 940 : 1900) * pitch * random.between(0.98, 1.02),
      ratios: modeRatios.bar,
      damp: 0.4,
      tilt: 0.5,
      beat: 4,
    },
    decay: anvil ? 1.1 : 0.07,
  })
  return heardIn('room', mixAt(sound, ring, 0, anvil ? 0.5 : 0.3))
}

export const impactEffects: readonly Effect[] = [
  {
    ...{
      id: 'explosion',
      title: 'Explosion',
      family: 'impacts and weapons',
      kind: 'events',
      ring: explosion,
    },
    timing: { pattern: 'poisson', everySeconds: 3.5, usually: 1 },
    names: words(
      'explosion, explode, exploding, blast, bomb, boom, detonation, dynamite, grenade, cannon, fireworks, firework, artillery, kaboom, mine, blow up, tnt',
    ),
    related: words('war, battle, eruption, nuclear'),
    variants: { fireworks: words('fireworks, firework, firecracker') },
  },
  {
    ...{ id: 'gunshot', title: 'Gunshot', family: 'impacts and weapons', kind: 'events', ring: gunshot },
    timing: { pattern: 'poisson', everySeconds: 1.2, usually: 1 },
    names: words(
      'gunshot, gun shot, gun, shot, pistol, rifle, shotgun, bang, gunfire, shooting, revolver, machine gun, firecracker, starting pistol, shots, weapon firing, sniper',
    ),
    related: words('weapon, whip, cork'),
  },
  {
    ...{ id: 'sword', title: 'Sword clash', family: 'impacts and weapons', kind: 'events', ring: sword },
    timing: { pattern: 'poisson', everySeconds: 0.7, usually: 1 },
    names: words(
      'sword, sword clash, swords clashing, sword fight, blade, clang, metal clang, metal hit, swordfight, metallic hit, sword draw, unsheathe, steel on steel, knife, clash, clashing swords, duel, fencing, metal clash',
    ),
    related: words('armour, armor, knight, axe, shield, metal'),
    variants: { draw: words('draw, drawn, unsheathe, unsheathed, unsheathing, knife, drawing') },
  },
  {
    ...{ id: 'thud', title: 'Thud', family: 'impacts and weapons', kind: 'events', ring: thud },
    timing: { pattern: 'poisson', everySeconds: 1.4, usually: 1 },
    names: words(
      'thud, thump, punch, body fall, impact, hit, drop on the floor, heavy object falling, kick, fall, falling body, something falls, smack, bass drum, kick drum, drum, drums, stomp, box drop',
    ),
    related: words('fight, boxing, timpani, ball, tree falling, basketball, bounce'),
  },
  {
    ...{ id: 'crash', title: 'Crash', family: 'impacts and weapons', kind: 'events', ring: crash },
    timing: { pattern: 'poisson', everySeconds: 4, usually: 1 },
    names: words(
      'crash, car crash, collision, smash, wreck, falling dishes, crashing, collapse, car accident, metal crash, demolition, pots falling, pots and pans',
    ),
    related: words('accident, building collapsing, rubble, destruction, trash can'),
  },
  {
    ...{
      id: 'coin-drop',
      title: 'Coin dropping',
      family: 'impacts and weapons',
      kind: 'events',
      ring: coinDrop,
    },
    timing: { pattern: 'poisson', everySeconds: 2.2, usually: 1 },
    names: words(
      'coin drop, coin dropping, coins falling, dropping a coin, coin falling, coin spinning, money, coins, coin toss, coin drops, loose change',
    ),
    related: words('cash, cash register, treasure, ring dropped, slot machine'),
  },
  {
    ...{ id: 'hammer', title: 'Hammer', family: 'impacts and weapons', kind: 'events', ring: hammer },
    timing: { pattern: 'regular', everySeconds: 0.55, usually: 4 },
    names: words(
      'hammer, hammering, nail, nailing, anvil, blacksmith, hammer blows, mallet, forge, hammer and nail',
    ),
    related: words('construction, carpenter, building site, workshop, chopping, axe chopping'),
    variants: { metal: words('anvil, metal, blacksmith, forge, iron, steel') },
  },
]
