import { createBiquad } from '../../../../../audio/synthesis/filters'
import { createPinkNoise, createWhiteNoise } from '../../../../../audio/synthesis/noise'
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
  filtered,
  grainCloud,
  mixAt,
  scale,
  shaped,
  store,
  throat,
  toPeak,
  tone,
  whiteNoise,
} from '../sounds'
import { clap } from './people'

/** First three formants of vowels (G. Peterson and H. Barney, 1952). */
const vowels = [
  [730, 1090, 2440],
  [530, 1840, 2480],
  [390, 1990, 2550],
  [570, 840, 2410],
  [440, 1020, 2240],
  [660, 1720, 2410],
] as const

/** A spoken syllable of nobody: a vowel, sometimes after a hiss. */
function syllable(random: Random, low: number, high: number): Float32Array {
  const seconds = random.between(0.1, 0.28)
  const hz = random.ratio(low, high)
  const [f1, f2, f3] = random.pick(vowels)
  const [g1, g2] = random.pick(vowels)
  const stretch = random.between(0.95, 1.2)
  const sound = throat(random, {
    seconds,
    pitch: [
      [0, hz],
      [seconds * 0.4, hz * random.between(0.95, 1.15)],
      [seconds, hz * random.between(0.8, 1.05)],
    ],
    formants: [
      {
        hz: [
          [0, f1 * stretch],
          [seconds, g1 * stretch],
        ],
        q: 7,
        gain: 1,
      },
      {
        hz: [
          [0, f2 * stretch],
          [seconds, g2 * stretch],
        ],
        q: 10,
        gain: 0.55,
      },
      { hz: [[0, f3 * stretch]], q: 11, gain: 0.3 },
    ],
    level: [
      [0, 0],
      [0.03, 1],
      [seconds - 0.05, 0.8],
      [seconds, 0],
    ],
    roughness: 0.12,
  })
  if (random.next() < 0.35)
    mixAt(
      sound,
      shaped(filtered(whiteNoise(random, 0.07), 'highpass', 3500), [
        [0, 0],
        [0.02, 0.3],
        [0.07, 0],
      ]),
      0,
      0.6,
    )
  return toPeak(sound)
}

/** Talkers who each say syllable after syllable, with pauses: many of them are a crowd. */
function crowd({ random, size, intensity, rate }: EffectSettings) {
  const syllables = store(48, (index) => (index % 2 ? syllable(random, 95, 150) : syllable(random, 170, 260)))
  const talkers = Array.from({ length: Math.round(16 + 48 * size) }, (_, index) => ({
    parity: index % 2,
    waiting: random.next() * 3,
    gain: random.ratio(0.12, 1),
    pan: random.between(0.1, 0.9),
    sound: null as Float32Array | null,
    at: 0,
  }))
  const dull = [0, 1].map(() => createBiquad({ kind: 'lowpass', hz: 3400, q: 0.5 }, sampleRateHz))
  const room = [0, 1].map(() => createPinkNoise(random.fork()))
  const scratch = new Float32Array(pieceFrames)
  return ({ channels }: Stereo) => {
    for (const talker of talkers) {
      if (!talker.sound) {
        talker.waiting -= pieceSeconds
        if (talker.waiting > 0) continue
        talker.sound = syllables[2 * Math.floor(random.next() * 24) + talker.parity]!
        talker.at = 0
      }
      const part = talker.sound.subarray(talker.at, talker.at + pieceFrames)
      addTo(channels[0]!, part, talker.gain * (1 - talker.pan))
      addTo(channels[1]!, part, talker.gain * talker.pan)
      talker.at += pieceFrames
      if (talker.at >= talker.sound.length) {
        talker.sound = null
        talker.waiting =
          (random.next() < 0.14 ? random.between(0.5, 2.5) : random.between(0, 0.06)) /
          (rate * (0.5 + intensity))
      }
    }
    channels.forEach((out, side) => {
      dull[side]!.run(out)
      room[side]!(scratch)
      addTo(out, scratch, 0.035)
    })
  }
}

/** Hands of L. Peltola, C. Erkut, P. Cook and V. Välimäki, "Synthesis of hand clapping sounds", 2007: each keeps a loose beat of its own. */
function applause({ random, size, intensity, rate }: EffectSettings) {
  const claps = store(48, () => clap(random, 3))
  const people = 6 + 50 * size * (0.4 + intensity)
  const cloud = grainCloud(random.fork(), claps)
  const hiss = [0, 1].map(() => createWhiteNoise(random.fork()))
  const band = [0, 1].map(() => createBiquad({ kind: 'bandpass', hz: 1700, q: 0.5 }, sampleRateHz))
  const scratch = new Float32Array(pieceFrames)
  return ({ channels }: Stereo) => {
    channels.forEach((out, side) => {
      hiss[side]!(scratch)
      band[side]!.run(scratch)
      addTo(out, scratch, 0.12 * size)
    })
    cloud({ channels }, people * 25 * rate, 0.18)
  }
}

/** Voices that call without words, and hands. */
function cheering({ random, size, intensity, rate }: EffectSettings) {
  const shouts = store(24, () => {
    const seconds = random.between(0.5, 1.6)
    const hz = random.ratio(190, 520)
    const [f1, f2, f3] = random.pick(vowels)
    return toPeak(
      throat(random, {
        seconds,
        pitch: [
          [0, hz],
          [seconds * 0.3, hz * random.between(1.1, 1.7)],
          [seconds, hz * random.between(0.75, 1.1)],
        ],
        formants: [
          { hz: [[0, f1 * 1.15]], q: 6, gain: 1 },
          { hz: [[0, f2 * 1.1]], q: 8, gain: 0.8 },
          { hz: [[0, f3 * 1.1]], q: 8, gain: 0.55 },
        ],
        level: [
          [0, 0],
          [0.12, 1],
          [seconds - 0.25, 0.8],
          [seconds, 0],
        ],
        breath: 0.2,
        roughness: 0.3,
      }),
    )
  })
  const voices = grainCloud(random.fork(), shouts)
  const clapping = applause({ random, size: 0.5 * size, intensity, rate, variant: null })
  const whistles = grainCloud(
    random.fork(),
    store(6, () => whistleCall(random)),
  )
  return (block: Stereo) => {
    clapping(block)
    for (const channel of block.channels) scale(channel, 0.35, 0.35)
    voices(block, (10 + 50 * size) * (0.4 + intensity), 0.16)
    whistles(block, 0.5 * intensity, 0.18)
  }
}

function whistleCall(random: Random): Float32Array {
  const hz = random.ratio(1500, 2600)
  const sound = tone(
    'sine',
    [
      [0, hz * 0.7],
      [0.12, hz],
      [0.3, hz * 0.85],
      [0.55, hz * 1.2],
    ],
    0.6,
  )
  return shaped(sound, [
    [0, 0],
    [0.04, 1],
    [0.5, 0.8],
    [0.6, 0],
  ])
}

export const crowdEffects: readonly Effect[] = [
  {
    ...{ id: 'crowd', title: 'Crowd', family: 'people', kind: 'texture', open: crowd },
    names: words(
      'crowd, people talking, murmur, crowd murmur, chatter, babble, restaurant, cafe, café, bar, pub, party, hubbub, audience, people chatting, conversation, market, walla, busy restaurant, coffee shop, canteen, cafeteria, lobby',
    ),
    related: words(
      'talking, speech, speaking, children playing, school, whispering, meeting, human, man, woman, person',
    ),
  },
  {
    ...{ id: 'applause', title: 'Applause', family: 'people', kind: 'texture', open: applause },
    names: words(
      'applause, clapping, audience clapping, crowd clapping, ovation, standing ovation, people clapping, round of applause, applauding',
    ),
    related: words('theatre, theater, concert, show'),
  },
  {
    ...{ id: 'cheering', title: 'Cheering', family: 'people', kind: 'texture', open: cheering },
    names: words(
      'cheering, cheer, crowd cheering, stadium, hooray, fans, cheers, football crowd, crowd cheers, sports crowd, screaming crowd, celebration, stadium crowd',
    ),
    related: words(
      'scream, screaming, shout, shouting, yell, protest, laughter, laugh, laughing, singing, choir',
    ),
  },
]
