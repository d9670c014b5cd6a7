import { createBiquad } from '../../../../../audio/synthesis/filters'
import { createWander } from '../../../../../audio/synthesis/noise'
import type { Random } from '../../../../../audio/synthesis/noise'
import { pieceFrames, sampleRateHz, type Effect, type EffectSettings, words } from '../effect'
import {
  decaying,
  filtered,
  mixAt,
  noiseHit,
  pitchOf,
  scale,
  shaped,
  silence,
  throat,
  toBoth,
  toPeak,
  tone,
  whiteNoise,
  type Points,
} from '../sounds'

const pieceSeconds = pieceFrames / sampleRateHz
type Stereo = { channels: Float32Array[] }

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
  return mixAt(out, noiseHit(random, { hz: 900 * mouth, q: 0.6, decay: 0.2, attack: 0.03 }), 0.06, 0.12)
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

/** File and scraper of the wings: bursts of a nearly pure tone (Farnell, ch. 50). */
function crickets({ random, size, intensity, rate, variant }: EffectSettings) {
  const pitch = Math.sqrt(pitchOf(size))
  const cicada = variant === 'cicada'
  const animals = Array.from({ length: 5 + Math.round(8 * intensity) }, () => ({
    hz: random.ratio(cicada ? 5200 : 4000, cicada ? 7600 : 4900) * pitch,
    period: (cicada ? random.between(3, 6) : random.between(0.45, 0.95)) / rate,
    pulses: 3 + Math.floor(2 * random.next()),
    rate: cicada ? random.between(90, 140) : random.between(26, 33),
    clock: random.next() * 5,
    phase: 0,
    gain: random.ratio(0.15, 0.4),
    pan: random.between(0.1, 0.9),
  }))
  return ({ channels }: Stereo) => {
    for (const one of animals) {
      for (let index = 0; index < pieceFrames; index++) {
        one.clock += 1 / sampleRateHz
        const within = one.clock % one.period
        one.phase += one.hz / sampleRateHz
        const beat = within * one.rate
        if (!cicada && beat >= one.pulses) continue
        const pulse = Math.sin(Math.PI * (beat % 1)) ** (cicada ? 1 : 1.6)
        const swell = cicada ? 0.25 + 0.75 * Math.sin((Math.PI * within) / one.period) : 1
        const sample = one.gain * pulse * swell * Math.sin(2 * Math.PI * one.phase)
        channels[0]![index]! += (1 - one.pan) * sample
        channels[1]![index]! += one.pan * sample
      }
      one.phase -= Math.floor(one.phase)
    }
  }
}

/** Pulses of a vocal sac: rough for the big, a trill for the small. */
function frog({ random, size }: EffectSettings): Float32Array {
  const pitch = pitchOf(size) * random.between(0.94, 1.06)
  const seconds = random.between(0.28, 0.5)
  const sound = throat(random, {
    seconds,
    pitch: [
      [0, 42 * Math.sqrt(pitch)],
      [seconds * 0.6, 58 * Math.sqrt(pitch)],
      [seconds, 62 * Math.sqrt(pitch)],
    ],
    formants: [
      {
        hz: [
          [0, 620 * pitch],
          [seconds, 850 * pitch],
        ],
        q: 8,
        gain: 1,
      },
      {
        hz: [
          [0, 1500 * pitch],
          [seconds, 1750 * pitch],
        ],
        q: 8,
        gain: 0.9,
      },
      { hz: [[0, 2700 * pitch]], q: 7, gain: 0.3 },
    ],
    level: [
      [0, 0],
      [0.06, 0.6],
      [seconds * 0.8, 1],
      [seconds, 0],
    ],
    breath: 0.05,
    roughness: 0.15,
  })
  return toPeak(sound)
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

interface Call {
  seconds: number
  pitch: Points
  f1: Points
  f2: Points
  rough: number
  breath: number
}

/** Calls of the yard, as throats. */
const calls: Record<'cow' | 'sheep' | 'duck' | 'pig' | 'rooster' | 'horse', Call> = {
  cow: {
    seconds: 1.9,
    pitch: [
      [0, 105],
      [0.4, 165],
      [1.3, 170],
      [1.9, 120],
    ],
    f1: [
      [0, 260],
      [0.4, 620],
      [1.6, 560],
      [1.9, 350],
    ],
    f2: [
      [0, 700],
      [0.4, 1100],
      [1.9, 850],
    ],
    rough: 0.12,
    breath: 0.05,
  },
  sheep: {
    seconds: 1,
    pitch: [
      [0, 240],
      [0.2, 290],
      [1, 240],
    ],
    f1: [
      [0, 600],
      [1, 850],
    ],
    f2: [
      [0, 1600],
      [1, 1750],
    ],
    rough: 0.3,
    breath: 0.1,
  },
  duck: {
    seconds: 0.22,
    pitch: [
      [0, 210],
      [0.05, 260],
      [0.22, 190],
    ],
    f1: [
      [0, 900],
      [0.22, 1250],
    ],
    f2: [
      [0, 1900],
      [0.22, 2250],
    ],
    rough: 0.25,
    breath: 0.1,
  },
  pig: {
    seconds: 0.4,
    pitch: [
      [0, 95],
      [0.2, 120],
      [0.4, 80],
    ],
    f1: [
      [0, 500],
      [0.4, 700],
    ],
    f2: [
      [0, 1500],
      [0.4, 1300],
    ],
    rough: 1,
    breath: 1.5,
  },
  rooster: {
    seconds: 2,
    pitch: [
      [0, 480],
      [0.2, 640],
      [0.3, 520],
      [0.5, 820],
      [0.6, 780],
      [0.8, 1000],
      [1.3, 950],
      [2, 560],
    ],
    f1: [
      [0, 900],
      [0.8, 1500],
      [2, 1000],
    ],
    f2: [
      [0, 2200],
      [0.8, 2900],
      [2, 2300],
    ],
    rough: 0.15,
    breath: 0.08,
  },
  horse: {
    seconds: 1.5,
    pitch: [
      [0, 650],
      [0.2, 1150],
      [0.7, 950],
      [1.5, 420],
    ],
    f1: [
      [0, 1100],
      [1.5, 800],
    ],
    f2: [
      [0, 2300],
      [1.5, 1700],
    ],
    rough: 0.35,
    breath: 0.3,
  },
}

function farmAnimal({ random, size, variant }: EffectSettings): Float32Array {
  const kind = (variant ?? 'cow') as keyof typeof calls
  const call = calls[kind]
  const pitch = Math.sqrt(pitchOf(size)) * random.between(0.94, 1.06)
  const { seconds } = call
  const sound = throat(random, {
    seconds,
    pitch: call.pitch.map(([at, hz]) => [at, hz * pitch] as const),
    formants: [
      { hz: call.f1, q: 5, gain: 1 },
      { hz: call.f2, q: 7, gain: 0.65 },
      { hz: call.f2.map(([at, hz]) => [at, hz * 1.7] as const), q: 7, gain: 0.3 },
    ],
    level:
      kind === 'rooster'
        ? [
            [0, 0],
            [0.05, 0.8],
            [0.24, 0.8],
            [0.28, 0.1],
            [0.34, 0.9],
            [0.52, 0.9],
            [0.56, 0.15],
            [0.64, 1],
            [1.6, 0.9],
            [2, 0],
          ]
        : [
            [0, 0],
            [seconds * 0.15, 1],
            [seconds * 0.7, 0.9],
            [seconds, 0],
          ],
    breath: call.breath,
    roughness: call.rough,
  })
  const tremor = kind === 'sheep' ? 9 : kind === 'horse' ? 12 : 0
  if (tremor > 0) {
    for (let index = 0; index < sound.length; index++) {
      sound[index]! *= 0.6 + 0.4 * Math.sin((2 * Math.PI * tremor * index) / sampleRateHz)
    }
  }
  return toPeak(sound)
}

/** Wings: a tone with all its harmonics that drifts as the insect turns. */
function insect({ random, size, variant }: EffectSettings) {
  const mosquito = variant === 'mosquito'
  const hz = (mosquito ? 620 : 195) * Math.sqrt(pitchOf(size))
  const drift = createWander(2.2, random.fork())
  const near = createWander(0.6, random.fork())
  const filter = createBiquad({ kind: 'peak', hz: hz * 4, q: 0.8, gainDb: 10 }, sampleRateHz)
  const mono = new Float32Array(pieceFrames)
  let phase = 0
  let level = 0.5
  let strength = 1
  return (block: Stereo) => {
    const now = hz * (0.93 + 0.14 * drift.after(pieceSeconds))
    const step = now / sampleRateHz
    for (let index = 0; index < pieceFrames; index++) {
      phase += step * (1 + 0.02 * (random.next() - 0.5))
      if (phase >= 1) {
        phase -= 1 + 0.08 * random.gaussian()
        strength = 0.6 + 0.4 * random.next()
      }
      mono[index] = (2 * phase - 1) * strength * (0.7 + 0.6 * random.next())
    }
    filter.run(mono)
    const next = 0.15 + 0.85 * near.after(pieceSeconds) ** 2
    scale(mono, level, next)
    level = next
    toBoth(block, mono, 0.3)
  }
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

export const animalEffects: readonly Effect[] = [
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
    ...{ id: 'crickets', title: 'Crickets', family: 'animals', kind: 'texture', open: crickets },
    names: words(
      'crickets, cricket, grasshopper, cicada, cicadas, night insects, insects, crickets chirping, cricket chirp, summer night, insect, night ambience',
    ),
    related: words('night, bugs, bug, countryside, evening'),
    variants: { cicada: words('cicada, cicadas') },
  },
  {
    ...{ id: 'frog', title: 'Frog', family: 'animals', kind: 'events', ring: frog },
    timing: { pattern: 'poisson', everySeconds: 1, usually: 3 },
    names: words('frog, frogs, croak, croaking, toad, ribbit, bullfrog, frog croaking'),
    related: words('pond, marsh, lizard, gecko, turtle'),
  },
  {
    ...{ id: 'owl', title: 'Owl', family: 'animals', kind: 'events', ring: owl },
    timing: { pattern: 'poisson', everySeconds: 5, usually: 1 },
    names: words('owl, hoot, hooting, owl hooting, owls, owl hoots, tawny owl'),
    related: words('dove, whale, ghost, spooky, halloween'),
  },
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
  {
    ...{ id: 'farm-animal', title: 'Farm animal', family: 'animals', kind: 'events', ring: farmAnimal },
    timing: { pattern: 'poisson', everySeconds: 1.6, usually: 2 },
    names: words(
      'rooster crowing, cow, moo, mooing, cattle, sheep, baa, bleat, goat, lamb, duck, quack, quacking, ducks, pig, oink, grunt, rooster, cockerel, cock-a-doodle-doo, crowing, chicken, hen, horse neigh, neigh, whinny, goose, cows, bull, bleating, horse whinny, donkey',
    ),
    related: words('buffalo, camel, deer, elephant, turkey, llama'),
    variants: {
      cow: words('cow, moo, cattle, bull'),
      sheep: words('sheep, baa, bleat, goat, lamb, bleating'),
      duck: words('duck, quack, ducks, goose, quacking'),
      pig: words('pig, oink, grunt'),
      rooster: words('rooster, cockerel, cock-a-doodle-doo, crowing, chicken, hen'),
      horse: words('horse, neigh, whinny, donkey'),
    },
  },
  {
    ...{ id: 'insect', title: 'Buzzing insect', family: 'animals', kind: 'texture', open: insect },
    names: words(
      'fly, bee, bees, mosquito, wasp, buzzing fly, buzz, buzzing, housefly, hornet, swarm, bumblebee, beehive, flies, insect buzzing, buzzing bee, swarm of bees',
    ),
    related: words('beetle, hummingbird, dragonfly'),
    variants: { mosquito: words('mosquito, gnat, midge, mosquitoes') },
  },
]
