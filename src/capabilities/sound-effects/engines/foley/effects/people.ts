import type { Random } from '../../../../../audio/synthesis/noise'
import { type Effect, type EffectSettings, words } from '../effect'
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
  tone,
  whiteNoise,
} from '../sounds'

function heartbeat({ random, size, intensity, rate }: EffectSettings): Float32Array {
  const sound = silence(0.62)
  const pitch = Math.sqrt(pitchOf(size))
  for (const [at, hz, gain] of [
    [0, 52, 1],
    [0.3 / Math.sqrt(rate), 66, 0.72],
  ] as const) {
    const beat = tone(
      'sine',
      [
        [0, hz * 1.5 * pitch],
        [0.05, hz * pitch],
        [0.2, hz * 0.8 * pitch],
      ],
      0.22,
    )
    mixAt(
      sound,
      shaped(beat, [
        [0, 0],
        [0.012, 1],
        [0.07, 0.55],
        [0.2, 0],
      ]),
      at,
      gain,
    )
    mixAt(
      sound,
      filtered(noiseHit(random, { hz: 95 * pitch, q: 0.8, decay: 0.1, attack: 0.008 }), 'lowpass', 220),
      at,
      1.5 * gain * levelOf(intensity, 6),
    )
  }
  return sound
}

export function clap(random: Random, ring = 1): Float32Array {
  const hz = random.ratio(850, 2400)
  const sound = noiseHit(random, {
    hz,
    q: random.between(0.8, 1.6),
    decay: ring * random.between(0.02, 0.05),
  })
  return mixAt(sound, noiseHit(random, { hz: hz * 2.3, q: 0.7, decay: 0.012 }), 0, 0.7)
}

function singleClap({ random, size, intensity }: EffectSettings): Float32Array {
  const sound = silence(0.3)
  mixAt(sound, clap(random), 0, 1)
  mixAt(
    sound,
    noiseHit(random, { hz: 900 * Math.sqrt(pitchOf(size)), q: 0.7, decay: 0.06 }),
    0,
    0.6 * levelOf(intensity),
  )
  return mixAt(sound, noiseHit(random, { hz: 1500, q: 0.4, decay: 0.14 }), 0.006, 0.12)
}

function fingerSnap({ random, size }: EffectSettings): Float32Array {
  const sound = silence(0.25)
  const hz = 2400 * Math.sqrt(pitchOf(size)) * random.between(0.92, 1.08)
  mixAt(sound, noiseHit(random, { hz: 1200, q: 0.8, decay: 0.03 }), 0, 0.25)
  mixAt(sound, noiseHit(random, { hz, q: 5, decay: 0.022 }), 0.018, 1.4)
  mixAt(sound, noiseHit(random, { hz: hz * 2, q: 0.7, decay: 0.006 }), 0.018, 1)
  return heardIn('room', sound, 0.5)
}

function whistling({ random, size }: EffectSettings): Float32Array {
  const hz = random.ratio(1100, 1900) * Math.sqrt(pitchOf(size))
  const to = hz * random.between(0.75, 1.5)
  const seconds = random.between(0.5, 1)
  const sound = tone(
    'sine',
    [
      [0, hz * 0.9],
      [0.1, hz],
      [seconds * 0.6, to],
      [seconds, to * 0.95],
    ],
    seconds,
    (time) => 1 + 0.006 * Math.sin(2 * Math.PI * 5.5 * time),
  )
  const breath = filtered(whiteNoise(random, seconds), 'bandpass', hz, 2)
  mixAt(sound, breath, 0, 0.08)
  return shaped(sound, [
    [0, 0],
    [0.06, 1],
    [seconds - 0.1, 0.9],
    [seconds, 0],
  ])
}

function breathing({ random, size, rate, variant }: EffectSettings): Float32Array {
  const snore = variant === 'snoring'
  const seconds = 3.4 / rate
  const sound = silence(seconds)
  const pitch = Math.sqrt(pitchOf(size))
  for (const [at, length, hz, gain] of [
    [0, 1.3, 1500, 0.75],
    [1.65, 1.5, 850, 1],
  ] as const) {
    const breath = filtered(whiteNoise(random, length / rate), 'bandpass', hz * pitch, 0.8)
    mixAt(breath, filtered(whiteNoise(random, length / rate), 'bandpass', hz * 2.6 * pitch, 1.4), 0, 0.5)
    const end = length / rate
    mixAt(
      sound,
      shaped(breath, [
        [0, 0],
        [end * 0.45, 1],
        [end, 0],
      ]),
      at / rate,
      gain,
    )
  }
  if (snore) {
    const length = 1.3 / rate
    const rattle = throat(random, {
      seconds: length,
      pitch: [
        [0, 34],
        [length / 2, 48],
        [length, 30],
      ],
      formants: [
        { hz: [[0, 260 * pitch]], q: 4, gain: 1.4 },
        { hz: [[0, 900 * pitch]], q: 4, gain: 0.6 },
        { hz: [[0, 2100]], q: 4, gain: 0.3 },
      ],
      level: [
        [0, 0],
        [0.2, 1],
        [length - 0.2, 1],
        [length, 0],
      ],
      breath: 0.8,
      roughness: 0.7,
    })
    mixAt(sound, rattle, 0, 5)
  }
  return sound
}

export const peopleEffects: readonly Effect[] = [
  {
    ...{ id: 'heartbeat', title: 'Heartbeat', family: 'people', kind: 'events', ring: heartbeat },
    timing: { pattern: 'regular', everySeconds: 0.9, usually: 'endless' },
    names: words(
      'heartbeat, heart beat, heart beating, pulse, beating heart, heartbeats, heart pounding, pounding heart',
    ),
    related: words('nervous, tension, suspense'),
  },
  {
    ...{ id: 'hand-clap', title: 'Hand clap', family: 'people', kind: 'events', ring: singleClap },
    timing: { pattern: 'regular', everySeconds: 0.55, usually: 1 },
    names: words(
      'clap, hand clap, handclap, claps, slap, single clap, slow clap, clap hands, one clap, a clap',
    ),
  },
  {
    ...{ id: 'finger-snap', title: 'Finger snap', family: 'people', kind: 'events', ring: fingerSnap },
    timing: { pattern: 'regular', everySeconds: 0.6, usually: 1 },
    names: words('finger snap, snap, snapping fingers, finger snapping, snap of fingers, finger click'),
    related: words('twig snap, branch breaking'),
  },
  {
    ...{ id: 'whistling', title: 'Whistling', family: 'people', kind: 'events', ring: whistling },
    timing: { pattern: 'poisson', everySeconds: 1.3, usually: 2 },
    names: words(
      'whistle, whistling, person whistling, wolf whistle, referee whistle, whistles, tea kettle whistle, kettle whistling',
    ),
    related: words('flute, recorder, kettle, dolphin, humming'),
  },
  {
    ...{ id: 'breathing', title: 'Breathing', family: 'people', kind: 'events', ring: breathing },
    timing: { pattern: 'regular', everySeconds: 3.5, usually: 2 },
    names: words(
      'breathing, breath, breathe, heavy breathing, panting, sigh, snoring, snore, inhale, exhale, gasp, respirator',
    ),
    related: words('sleeping, sleep, yawn, cough, sneeze, astronaut'),
    variants: { snoring: words('snoring, snore, sleeping, snores') },
  },
]
