import { sampleRateHz, type Effect, type EffectSettings, words } from '../effect'
import { pitchOf, throat, toPeak, type Points } from '../sounds'

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

export const farmAnimalEffects: readonly Effect[] = [
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
]
