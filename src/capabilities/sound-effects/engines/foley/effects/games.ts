import type { Effect, EffectSettings } from '../effect'
import {
  decaying,
  driven,
  filtered,
  mixAt,
  noiseHit,
  pitchOf,
  shaped,
  silence,
  tone,
  whiteNoise,
} from '../sounds'
import { createStateVariable } from '../../../../../audio/synthesis/filters'
import { pieceFrames, sampleRateHz, words } from '../effect'

/** A note of a chip: a square wave that dies away. */
function note(hz: number, seconds: number, shape: 'square' | 'triangle' | 'sine' = 'square'): Float32Array {
  const sound = tone(shape, [[0, hz]], seconds)
  return shaped(sound, [
    [0, 0],
    [0.003, 1],
    [seconds * 0.5, 0.6],
    [seconds, 0],
  ])
}

/** Semitones above a base, one after another. */
function melody(
  base: number,
  steps: readonly number[],
  gap: number,
  ring: number,
  shape: 'square' | 'triangle' | 'sine',
) {
  const sound = silence(steps.length * gap + ring)
  steps.forEach((step, index) => mixAt(sound, note(base * 2 ** (step / 12), ring, shape), index * gap, 0.5))
  return sound
}

/** A tone that falls faster than it can be followed (Farnell, ch. 58). */
function laser({ random, size, rate, intensity }: EffectSettings): Float32Array {
  const seconds = random.between(0.25, 0.45) / rate
  const from = random.ratio(2600, 4800) * pitchOf(size)
  const to = random.ratio(120, 260) * pitchOf(size)
  const fall = [0, 0.1, 0.2, 0.35, 0.55, 0.8, 1].map(
    (at) => [at * seconds, to + (from - to) * Math.exp(-4.5 * at)] as const,
  )
  const sound = tone('saw', fall, seconds)
  mixAt(
    sound,
    tone(
      'sine',
      fall.map(([at, hz]) => [at, hz * 1.503] as const),
      seconds,
    ),
    0,
    0.6,
  )
  driven(sound, 1 + 2 * intensity)
  mixAt(sound, noiseHit(random, { hz: 5000, decay: 0.03 }), 0, 0.3)
  return decaying(sound, seconds * 1.3, 0.002)
}

/** Noise through a band that passes by: up, and down again as it leaves. */
function whoosh({ random, size, rate, intensity }: EffectSettings): Float32Array {
  const seconds = (random.between(0.6, 0.95) * (0.6 + 0.8 * size)) / rate
  const sound = whiteNoise(random, seconds)
  const filter = createStateVariable('bandpass', sampleRateHz)
  const pitch = Math.sqrt(pitchOf(size))
  const peak = (1300 + 2200 * intensity) * pitch
  const at = (time: number) => 280 * pitch + peak * Math.exp(-(((time / seconds - 0.52) / 0.2) ** 2))
  for (let start = 0; start < sound.length; start += pieceFrames) {
    filter.run(
      sound.subarray(start, start + pieceFrames),
      at(start / sampleRateHz),
      at((start + pieceFrames) / sampleRateHz),
      1.1,
    )
  }
  return shaped(sound, [
    [0, 0],
    [seconds * 0.25, 0.16],
    [seconds * 0.5, 1],
    [seconds * 0.62, 0.75],
    [seconds, 0],
  ])
}

/** Rises to a point, for cuts. */
function riser({ random, size, rate }: EffectSettings): Float32Array {
  const seconds = 3 / rate
  const noise = whiteNoise(random, seconds)
  const filter = createStateVariable('bandpass', sampleRateHz)
  const at = (time: number) => 300 * 2 ** ((time / seconds) * 4.6)
  for (let start = 0; start < noise.length; start += pieceFrames) {
    filter.run(
      noise.subarray(start, start + pieceFrames),
      at(start / sampleRateHz),
      at((start + pieceFrames) / sampleRateHz),
      1.3,
    )
  }
  const base = 110 * pitchOf(size)
  const rise = [0, 0.25, 0.5, 0.75, 1].map((share) => [share * seconds, base * 2 ** (share * 2.5)] as const)
  mixAt(noise, tone('saw', rise, seconds), 0, 0.14)
  mixAt(
    noise,
    tone(
      'saw',
      rise.map(([time, hz]) => [time, hz * 1.007] as const),
      seconds,
    ),
    0,
    0.14,
  )
  return shaped(noise, [
    [0, 0],
    [seconds * 0.5, 0.25],
    [seconds - 0.02, 1],
    [seconds, 0],
  ])
}

function success({ size, rate, random }: EffectSettings): Float32Array {
  const base = 659 * Math.sqrt(pitchOf(size))
  const steps = random.pick([
    [0, 4, 7],
    [0, 5],
    [0, 4, 7, 12],
    [0, 7],
  ] as const)
  return melody(base, steps, 0.09 / rate, 0.5, random.pick(['sine', 'triangle'] as const))
}

function failure({ size, rate, random }: EffectSettings): Float32Array {
  const base = 233 * Math.sqrt(pitchOf(size))
  const sound = melody(
    base,
    random.pick([
      [0, -5],
      [0, -1, -6],
      [0, 0],
    ] as const),
    0.16 / rate,
    0.3,
    'square',
  )
  return filtered(sound, 'lowpass', 1800)
}

function notification({ size, random }: EffectSettings): Float32Array {
  const base = 880 * Math.sqrt(pitchOf(size))
  const steps = random.pick([
    [0, 5],
    [7, 12],
    [12, 7],
    [0, 4],
  ] as const)
  const sound = melody(base, steps, 0.13, 0.7, 'sine')
  return mixAt(sound, melody(base * 3.01, steps, 0.13, 0.25, 'sine'), 0, 0.15)
}

/** B5, then E6. */
function arcadeCoin({ size, rate, random }: EffectSettings): Float32Array {
  const base = 988 * Math.sqrt(pitchOf(size)) * random.between(0.98, 1.02)
  const sound = silence(0.75 / rate)
  mixAt(sound, note(base, 0.08 / rate), 0, 0.5)
  return mixAt(sound, note(base * 2 ** (5 / 12), 0.6 / rate), 0.08 / rate, 0.5)
}

function jump({ size, rate, random }: EffectSettings): Float32Array {
  const seconds = 0.32 / rate
  const hz = random.ratio(190, 260) * pitchOf(size)
  const sound = tone(
    'square',
    [
      [0, hz],
      [seconds, hz * random.between(2.6, 3.6)],
    ],
    seconds,
  )
  return shaped(sound, [
    [0, 0],
    [0.005, 0.7],
    [seconds * 0.7, 0.5],
    [seconds, 0],
  ])
}

function powerUp({ size, rate, random }: EffectSettings): Float32Array {
  const scale = random.pick([
    [0, 4, 7, 12, 16, 19, 24],
    [0, 2, 4, 7, 9, 12, 14, 16],
    [0, 5, 9, 12, 17, 21],
  ] as const)
  return melody(330 * Math.sqrt(pitchOf(size)), scale, 0.065 / rate, 0.16, 'square')
}

function gameOver({ size, rate, random }: EffectSettings): Float32Array {
  const falling = random.pick([
    [12, 9, 7, 4, 0],
    [7, 5, 3, 2, 0],
    [12, 11, 10, 9, 3],
  ] as const)
  return melody(262 * Math.sqrt(pitchOf(size)), falling, 0.2 / rate, 0.35, 'square')
}

/** A film that bursts: a sine that falls into nothing. */
function pop({ size, random }: EffectSettings): Float32Array {
  const hz = random.ratio(500, 900) * pitchOf(size)
  const sound = silence(0.16)
  mixAt(
    sound,
    decaying(
      tone(
        'sine',
        [
          [0, hz * 0.6],
          [0.02, hz * 1.6],
          [0.1, hz * 2.2],
        ],
        0.12,
      ),
      0.09,
      0.001,
    ),
    0,
    1,
  )
  return mixAt(sound, noiseHit(random, { hz: 2200, q: 0.6, decay: 0.015 }), 0, 0.4)
}

/** A spring: a tone whose wobble slows as it comes to rest. */
function boing({ size, rate, random }: EffectSettings): Float32Array {
  const seconds = 1.2 / rate
  const hz = random.ratio(150, 240) * pitchOf(size)
  let turn = 0
  const sound = tone(
    'triangle',
    [
      [0, hz * 1.4],
      [0.15, hz],
      [seconds, hz * 1.1],
    ],
    seconds,
    (time) => {
      turn = 24 * time - (7 * time * time) / seconds
      return 1 + 0.28 * Math.exp(-2.2 * time) * Math.sin(2 * Math.PI * turn)
    },
  )
  return decaying(sound, seconds * 1.2, 0.003)
}

/** A machine that comes up, as the cinema has it. */
function teleport({ size, rate, random }: EffectSettings): Float32Array {
  const seconds = 1.6 / rate
  const hz = random.ratio(240, 400) * pitchOf(size)
  const sound = silence(seconds)
  for (let voice = 0; voice < 6; voice++) {
    const start = hz * random.between(0.8, 1.3) * (1 + voice * 0.5)
    const wobble = random.between(9, 22)
    const one = tone(
      'sine',
      [
        [0, start],
        [seconds * 0.6, start * 3],
        [seconds, start * 5],
      ],
      seconds,
      (time) => 1 + 0.12 * Math.sin(2 * Math.PI * wobble * time),
    )
    mixAt(sound, one, 0, 0.2)
  }
  return shaped(sound, [
    [0, 0],
    [0.15, 0.8],
    [seconds * 0.7, 1],
    [seconds, 0],
  ])
}

const family = 'games and interfaces'

export const gameEffects: readonly Effect[] = [
  {
    ...{ id: 'laser', title: 'Laser', family, kind: 'events', ring: laser },
    timing: { pattern: 'poisson', everySeconds: 0.6, usually: 1 },
    names: words(
      'laser, lasers, laser gun, blaster, ray gun, sci-fi gun, phaser, pew pew, pew, space gun, laser beam, laser blast, laser blasts, plasma gun, zap, laser shot',
    ),
    related: words('sci-fi, space, alien, ufo, lightsaber, space battle'),
  },
  {
    ...{ id: 'whoosh', title: 'Whoosh', family, kind: 'events', ring: whoosh },
    timing: { pattern: 'poisson', everySeconds: 1.1, usually: 1 },
    names: words(
      'whoosh, swoosh, swish, whip whoosh, transition, fly by, flyby, fast movement, air swoosh, sword swing, swing, arrow, throw, passing by fast',
    ),
    related: words('fast, speed, ninja, baseball bat, golf swing, spin'),
  },
  {
    ...{ id: 'riser', title: 'Riser', family, kind: 'events', ring: riser },
    timing: { pattern: 'regular', everySeconds: 4, usually: 1 },
    names: words(
      'riser, build up, tension riser, rise, uplifter, cinematic riser, buildup, sweep up, trailer riser',
    ),
    related: words('cinematic, trailer, drop'),
  },
  {
    ...{ id: 'success', title: 'Success sound', family, kind: 'events', ring: success },
    timing: { pattern: 'regular', everySeconds: 1.5, usually: 1 },
    names: words(
      'success, ui success, correct, correct answer, achievement, success sound, confirmation, right answer, completed, win, victory, task complete, positive, quiz correct',
    ),
    related: words('fanfare, applause jingle, happy, well done, reward'),
  },
  {
    ...{ id: 'error', title: 'Error sound', family, kind: 'events', ring: failure },
    timing: { pattern: 'regular', everySeconds: 1.4, usually: 1 },
    names: words(
      'error, ui error, wrong, wrong answer, error sound, failure, fail, denied, access denied, invalid, negative, mistake, incorrect',
    ),
    related: words('sad trombone, refused, crash of computer'),
  },
  {
    ...{ id: 'notification', title: 'Notification', family, kind: 'events', ring: notification },
    timing: { pattern: 'regular', everySeconds: 1.8, usually: 1 },
    names: words(
      'notification, message, text message, email, message received, incoming message, ui notification, notify, app notification, message tone, new mail, alert tone, reminder',
    ),
    related: words('app, chat, social media, popup'),
  },
  {
    ...{ id: 'arcade-coin', title: 'Arcade coin', family, kind: 'events', ring: arcadeCoin },
    timing: { pattern: 'regular', everySeconds: 0.9, usually: 1 },
    names: words(
      'coin, arcade coin, coin collect, game coin, collect coin, arcade, pick up coin, pickup, video game coin, collecting coins, 8-bit coin, retro coin, collect item',
    ),
    related: words('video game, 8-bit, retro game, chiptune, mario'),
  },
  {
    ...{ id: 'jump', title: 'Game jump', family, kind: 'events', ring: jump },
    timing: { pattern: 'regular', everySeconds: 0.8, usually: 1 },
    names: words('jump, game jump, video game jump, retro jump, character jump, hop, 8-bit jump, jumping'),
  },
  {
    ...{ id: 'power-up', title: 'Power-up', family, kind: 'events', ring: powerUp },
    timing: { pattern: 'regular', everySeconds: 1.5, usually: 1 },
    names: words(
      'power up, power-up, powerup, level up, game power up, bonus, extra life, 1up, upgrade, unlocked, level complete',
    ),
    related: words('health, potion drink, item'),
  },
  {
    ...{ id: 'game-over', title: 'Game over', family, kind: 'events', ring: gameOver },
    timing: { pattern: 'regular', everySeconds: 2.5, usually: 1 },
    names: words(
      'game over, lose, losing, lost life, death sound, player dies, you lose, defeat, lose a life',
    ),
    related: words('sad, death'),
  },
  {
    ...{ id: 'pop', title: 'Pop', family, kind: 'events', ring: pop },
    timing: { pattern: 'poisson', everySeconds: 0.5, usually: 1 },
    names: words(
      'pop, popping, bubble pop, cork pop, balloon pop, ui pop, champagne, popcorn, plop sound, cork, mouth pop, bubble wrap, champagne cork',
    ),
    related: words('balloon, kiss, bottle opening, lid'),
  },
  {
    ...{ id: 'boing', title: 'Boing', family, kind: 'events', ring: boing },
    timing: { pattern: 'poisson', everySeconds: 1.6, usually: 1 },
    names: words(
      'boing, spring, cartoon spring, cartoon jump, bounce, trampoline, cartoon, bouncing, jaw harp, sproing, bouncy',
    ),
    related: words('funny, comedy, comic, clown, rubber'),
  },
  {
    ...{ id: 'teleport', title: 'Teleport', family, kind: 'events', ring: teleport },
    timing: { pattern: 'regular', everySeconds: 2.2, usually: 1 },
    names: words(
      'teleport, teleportation, portal, warp, force field, ufo, spell casting, materialize, beam up, time travel, alien ship',
    ),
    related: words('hologram, futuristic, robot voice, energy, superpower, invisible'),
  },
]
