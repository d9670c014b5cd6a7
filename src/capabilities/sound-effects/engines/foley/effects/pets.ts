import type { Random } from '../../../../../audio/synthesis/noise'
import { type Effect, type EffectSettings, words } from '../effect'
import { heardIn, mixAt, noiseHit, pitchOf, silence, throat, toPeak } from '../sounds'

/** One bark: a rough throat that opens and shuts at once. */
function bark({ random, size, intensity, variant }: EffectSettings): Float32Array {
  const pitch = pitchOf(size) * random.between(0.93, 1.07)
  if (variant === 'howl') {
    return throat(random, {
      seconds: 2.6,
      pitch: [
        [0, 260 * pitch],
        [0.5, 520 * pitch],
        [1.7, 540 * pitch],
        [2.6, 300 * pitch],
      ],
      formants: [
        {
          hz: [
            [0, 560],
            [0.6, 720],
            [2.6, 520],
          ],
          q: 5,
          gain: 1,
        },
        { hz: [[0, 1150]], q: 6, gain: 0.35 },
      ],
      level: [
        [0, 0],
        [0.3, 0.9],
        [1.9, 1],
        [2.6, 0],
      ],
      breath: 0.03,
    })
  }
  if (variant === 'growl') {
    return throat(random, {
      seconds: 1.8,
      pitch: [
        [0, 62 * pitch],
        [1, 74 * pitch],
        [1.8, 58 * pitch],
      ],
      formants: [
        { hz: [[0, 450]], q: 4, gain: 1 },
        { hz: [[0, 1100]], q: 5, gain: 0.5 },
        { hz: [[0, 2400]], q: 4, gain: 0.25 },
      ],
      level: [
        [0, 0],
        [0.3, 1],
        [1.4, 1],
        [1.8, 0],
      ],
      ...{ breath: 0.4, roughness: 0.9 },
    })
  }
  const seconds = random.between(0.17, 0.24)
  const mouth = Math.sqrt(pitch)
  const sound = throat(random, {
    seconds,
    pitch: [
      [0, 330 * pitch],
      [0.04, 560 * pitch],
      [seconds * 0.6, 470 * pitch],
      [seconds, 250 * pitch],
    ],
    formants: [
      {
        hz: [
          [0, 500 * mouth],
          [0.06, 1050 * mouth],
          [seconds, 600 * mouth],
        ],
        q: 4,
        gain: 1,
      },
      {
        hz: [
          [0, 1300 * mouth],
          [0.06, 1750 * mouth],
          [seconds, 1250 * mouth],
        ],
        q: 5,
        gain: 0.9,
      },
      { hz: [[0, 3000 * mouth]], q: 5, gain: 0.4 },
    ],
    level: [
      [0, 0],
      [0.018, 1],
      [seconds * 0.55, 0.75],
      [seconds, 0],
    ],
    breath: 0.35,
    roughness: 0.35 + 0.3 * intensity,
  })
  const out = silence(0.42)
  mixAt(out, toPeak(sound), 0)
  mixAt(out, noiseHit(random, { hz: 900 * mouth, q: 0.6, decay: 0.2, attack: 0.03 }), 0.06, 0.12)
  return heardIn('outdoors', out, 2)
}

/** m–i–a–o–u in one breath. */
function meow({ random, size, variant }: EffectSettings): Float32Array {
  const pitch = Math.sqrt(pitchOf(size)) * random.between(0.94, 1.06)
  if (variant === 'purr') return purr(random, pitch)
  const seconds = random.between(0.75, 1.1)
  const at = (share: number) => share * seconds
  return throat(random, {
    seconds,
    pitch: [
      [0, 480 * pitch],
      [at(0.25), 700 * pitch],
      [at(0.55), 660 * pitch],
      [seconds, 430 * pitch],
    ],
    formants: [
      {
        hz: [
          [0, 420],
          [at(0.2), 700],
          [at(0.45), 1250],
          [at(0.8), 850],
          [seconds, 500],
        ],
        q: 5,
        gain: 1,
      },
      {
        hz: [
          [0, 2200],
          [at(0.2), 2900],
          [at(0.45), 2300],
          [at(0.8), 1500],
          [seconds, 1000],
        ],
        q: 7,
        gain: 0.8,
      },
      {
        hz: [
          [0, 3800],
          [at(0.4), 4100],
          [seconds, 3400],
        ],
        q: 8,
        gain: 0.45,
      },
    ],
    level: [
      [0, 0],
      [at(0.08), 0.35],
      [at(0.3), 1],
      [at(0.65), 0.85],
      [seconds, 0],
    ],
    breath: 0.06,
    roughness: 0.06,
  })
}

function purr(random: Random, pitch: number): Float32Array {
  const seconds = 3
  return throat(random, {
    seconds,
    pitch: [
      [0, 26 * pitch],
      [1.4, 27 * pitch],
      [1.6, 23 * pitch],
      [seconds, 24 * pitch],
    ],
    formants: [
      { hz: [[0, 240]], q: 2, gain: 1 },
      { hz: [[0, 700]], q: 2, gain: 0.35 },
      { hz: [[0, 2600]], q: 2, gain: 0.1 },
    ],
    level: [
      [0, 0],
      [0.3, 1],
      [1.35, 0.9],
      [1.5, 0.25],
      [1.65, 0.8],
      [2.7, 0.8],
      [seconds, 0],
    ],
    breath: 0.5,
    roughness: 0.3,
  })
}

export const petEffects: readonly Effect[] = [
  {
    ...{ id: 'dog', title: 'Dog', family: 'animals', kind: 'events', ring: bark },
    timing: { pattern: 'poisson', everySeconds: 0.65, usually: 3 },
    names: words(
      'dog, bark, barking, dog bark, dog barking, puppy, woof, hound, dogs, dog barks, barks, wolf, wolf howl, howling wolf, dog howling, growl, growling, dog growling, wolves, yap',
    ),
    related: words(
      'fox, coyote, seal, bear, lion, tiger, monster, roar, werewolf, animal, pet, dinosaur, zombie',
    ),
    variants: {
      howl: words('wolf, howl, howling, howls, wolves, coyote'),
      growl: words('growl, growling, snarl, growls, bear, lion, tiger, monster, roar, zombie, dinosaur'),
    },
  },
  {
    ...{ id: 'cat', title: 'Cat', family: 'animals', kind: 'events', ring: meow },
    timing: { pattern: 'poisson', everySeconds: 1.9, usually: 1 },
    names: words(
      'cat, meow, kitten, cat meowing, miaow, cats, meowing, purr, purring, cat purring, mew, kitty, feline',
    ),
    related: words('panther, baby crying, baby, infant, peacock call'),
    variants: { purr: words('purr, purring, purrs') },
  },
]
