import type { Random } from '../../../../../audio/synthesis/noise'
import { type Effect, type EffectSettings, words } from '../effect'
import { decaying, filtered, mixAt, pitchOf, shaped, silence, throat, tone, whiteNoise } from '../sounds'

/** Notes of one bird: chirps that glide, in phrases (Farnell, ch. 51). */
function birdsong({ random, size, rate, variant }: EffectSettings): Float32Array {
  const pitch = Math.sqrt(pitchOf(size))
  if (variant === 'crow') return caw(random, pitch)
  if (variant === 'gull') return gull(random, pitch)
  const kind = random.pick(['trill', 'whistle', 'chirp'] as const)
  const base = random.ratio(2600, 5200) * pitch
  const notes = kind === 'trill' ? 8 + Math.floor(8 * random.next()) : 2 + Math.floor(4 * random.next())
  const gap = (kind === 'trill' ? 0.07 : kind === 'chirp' ? 0.14 : 0.24) / rate
  const sound = silence(notes * gap + 0.4)
  const bend = random.between(0.75, 1.35)
  for (let note = 0; note < notes; note++) {
    const length = gap * random.between(0.5, 0.8)
    const hz = base * (kind === 'trill' ? 1 : random.ratio(0.8, 1.25))
    const one = tone(
      'sine',
      [
        [0, hz * bend],
        [length * 0.5, hz],
        [length, hz * random.between(0.8, 1.2)],
      ],
      length,
      (time) => 1 + 0.012 * Math.sin(2 * Math.PI * 55 * time),
    )
    mixAt(
      sound,
      shaped(one, [
        [0, 0],
        [length * 0.25, 1],
        [length * 0.7, 0.7],
        [length, 0],
      ]),
      note * gap,
      random.between(0.6, 1),
    )
  }
  return sound
}

function caw(random: Random, pitch: number): Float32Array {
  const seconds = random.between(0.34, 0.45)
  const p = pitch * random.between(0.95, 1.05)
  return throat(random, {
    seconds,
    pitch: [
      [0, 420 * p],
      [0.08, 560 * p],
      [seconds, 430 * p],
    ],
    formants: [
      {
        hz: [
          [0, 1250 * p],
          [seconds, 1050 * p],
        ],
        q: 4,
        gain: 1,
      },
      { hz: [[0, 1900 * p]], q: 5, gain: 0.9 },
      { hz: [[0, 3300]], q: 4, gain: 0.4 },
    ],
    level: [
      [0, 0],
      [0.04, 1],
      [seconds - 0.08, 0.8],
      [seconds, 0],
    ],
    breath: 0.5,
    roughness: 0.8,
  })
}

function gull(random: Random, pitch: number): Float32Array {
  const seconds = random.between(0.55, 0.8)
  const hz = random.between(850, 1100) * pitch
  return throat(random, {
    seconds,
    pitch: [
      [0, hz * 0.7],
      [0.12, hz * 1.3],
      [seconds * 0.5, hz * 1.1],
      [seconds, hz * 0.7],
    ],
    formants: [
      {
        hz: [
          [0, 1500],
          [0.15, 2300],
          [seconds, 1500],
        ],
        q: 4,
        gain: 1,
      },
      { hz: [[0, 3600]], q: 5, gain: 0.6 },
    ],
    level: [
      [0, 0],
      [0.08, 1],
      [seconds * 0.6, 0.7],
      [seconds, 0],
    ],
    breath: 0.15,
    roughness: 0.2,
  })
}

function owl({ random, size }: EffectSettings): Float32Array {
  const pitch = Math.sqrt(pitchOf(size)) * random.between(0.96, 1.04)
  const sound = silence(3.3)
  const hoots = [
    [0, 0.3],
    [0.75, 0.16],
    [0.98, 0.16],
    [1.35, 0.7],
  ] as const
  for (const [at, length] of hoots) {
    const hz = 365 * pitch
    const one = tone(
      'sine',
      [
        [0, hz * 0.94],
        [length * 0.3, hz * 1.03],
        [length, hz * 0.93],
      ],
      length,
      (time) => 1 + 0.008 * Math.sin(2 * Math.PI * 11 * time),
    )
    mixAt(
      one,
      tone(
        'sine',
        [
          [0, hz * 1.9],
          [length * 0.3, hz * 2.06],
          [length, hz * 1.86],
        ],
        length,
      ),
      0,
      0.14,
    )
    mixAt(one, filtered(whiteNoise(random, length), 'bandpass', hz * 1.5, 2), 0, 0.1)
    mixAt(
      sound,
      shaped(one, [
        [0, 0],
        [length * 0.25, 1],
        [length * 0.75, 0.8],
        [length, 0],
      ]),
      at,
      0.8,
    )
  }
  return sound
}

function wings({ random, size, rate }: EffectSettings): Float32Array {
  const sound = silence(1.2)
  const hz = 900 * Math.sqrt(pitchOf(size))
  for (let beat = 0; beat < 9; beat++) {
    const one = decaying(
      filtered(whiteNoise(random, 0.09), 'bandpass', hz * random.between(0.8, 1.2), 0.6),
      0.08,
      0.02,
    )
    mixAt(sound, one, (beat * 0.11) / rate, 1 - 0.08 * beat)
  }
  return sound
}

export const birdEffects: readonly Effect[] = [
  {
    ...{ id: 'birds', title: 'Birds', family: 'animals', kind: 'events', ring: birdsong },
    timing: { pattern: 'poisson', everySeconds: 0.9, usually: 'endless' },
    names: words(
      'birds, bird, birdsong, bird song, chirping, tweeting, chirp, songbird, dawn chorus, sparrow, birds singing, tweet, canary, crow, crows, raven, caw, cawing, seagull, seagulls, gull, nightingale, birds chirping, robin, blackbird, gulls, ravens',
    ),
    related: words('parrot, eagle, hawk, monkey, squirrel, mouse, bat, peacock, cuckoo, pigeon'),
    variants: {
      crow: words('crow, crows, raven, ravens, caw, cawing'),
      gull: words('seagull, seagulls, gull, gulls'),
    },
  },
  {
    ...{ id: 'wings', title: 'Wings flapping', family: 'animals', kind: 'events', ring: wings },
    timing: { pattern: 'poisson', everySeconds: 2, usually: 1 },
    names: words(
      'wings, flapping wings, wings flapping, flap, flapping, bird flying, wing flaps, pigeons taking off, flutter',
    ),
    related: words('dragon, flag, bat wings, sail'),
  },
  {
    ...{ id: 'owl', title: 'Owl', family: 'animals', kind: 'events', ring: owl },
    timing: { pattern: 'poisson', everySeconds: 5, usually: 1 },
    names: words('owl, hoot, hooting, owl hooting, owls, owl hoots, tawny owl'),
    related: words('dove, whale, ghost, spooky, halloween'),
  },
]
