import { addModes, modeRatios, type Mode } from '../../../../../audio/synthesis/modal'
import type { Random } from '../../../../../audio/synthesis/noise'
import { sampleRateHz, type Effect, type EffectSettings, words } from '../effect'
import { heardIn, levelOf, mixAt, noiseHit, pitchOf, shaped, silence } from '../sounds'

export interface Struck {
  hz: number
  ratios: readonly number[]
  /** Of the lowest mode. */
  decay: number
  /** How fast higher modes die and weaken: exponents of their ratio. */
  damp: number
  tilt: number
  /** Doublets of every mode beat by so many Hz, as imperfect rings do. */
  beat?: number
}

/** A struck body: modes with doublets, and the touch of what struck it. */
export function struck(random: Random, { hz, ratios, decay, damp, tilt, beat = 0 }: Struck): Float32Array {
  const sound = silence(decay * 1.25 + 0.05)
  const lowest = ratios[0]!
  const modes: Mode[] = []
  for (const ratio of ratios) {
    const relative = ratio / lowest
    const mode = {
      hz: hz * ratio * (1 + 0.002 * random.gaussian()),
      decaySeconds: decay / Math.pow(relative, damp),
      gain: random.between(0.7, 1) / Math.pow(relative, tilt),
    }
    modes.push(mode)
    if (beat > 0) {
      modes.push({ ...mode, hz: mode.hz + beat * random.between(0.5, 1.5), gain: mode.gain * 0.5 })
    }
  }
  addModes(sound, modes, sampleRateHz)
  mixAt(sound, noiseHit(random, { hz: Math.min(9000, hz * 6), q: 0.7, decay: 0.008 }), 0, 0.3)
  return shaped(sound, [
    [0, 1],
    [decay, 1],
    [decay * 1.25 + 0.04, 0],
  ])
}

function bell({ random, size, variant }: EffectSettings): Float32Array {
  const pitch = pitchOf(size)
  if (variant === 'bicycle') {
    const sound = silence(1.6)
    for (let stroke = 0; stroke < 7; stroke++) {
      const one = struck(random, {
        hz: 2300 * pitch,
        ratios: modeRatios.bell.slice(1),
        decay: 1.1,
        damp: 0.5,
        tilt: 0.4,
        beat: 6,
      })
      mixAt(sound, one, stroke * 0.052, stroke % 3 === 0 ? 0.4 : 0.25)
    }
    return shaped(sound, [
      [0, 1],
      [1.2, 1],
      [1.6, 0],
    ])
  }
  if (variant === 'cow') {
    return struck(random, {
      hz: 540 * pitch,
      ratios: [1, 1.48, 2.1, 2.7, 3.4, 4.6, 5.9],
      decay: 0.5,
      damp: 0.5,
      tilt: 0.3,
      beat: 3,
    })
  }
  return struck(random, {
    hz: 1150 * pitch,
    ratios: modeRatios.bell.slice(1),
    decay: 2.4,
    damp: 0.6,
    tilt: 0.5,
    beat: 2,
  })
}

/** Minor-third bell with its hum an octave below (Fletcher and Rossing, ch. 21). */
function churchBell({ random, size, intensity }: EffectSettings): Float32Array {
  const strike = struck(random, {
    ...{ hz: 330 * pitchOf(size), ratios: modeRatios.bell, decay: 6.5, damp: 0.6, tilt: 0.15, beat: 0.8 },
  })
  mixAt(strike, noiseHit(random, { hz: 1800, q: 0.6, decay: 0.05 }), 0, 1.2 * levelOf(intensity, 6))
  return strike
}

function windChime({ random, size }: EffectSettings): Float32Array {
  const scale = [0, 2, 4, 7, 9, 12, 14, 16]
  const hz = 1700 * Math.sqrt(pitchOf(size)) * 2 ** (random.pick(scale) / 12)
  return struck(random, {
    hz,
    ratios: modeRatios.bar.slice(0, 3),
    decay: 3.5,
    damp: 0.5,
    tilt: 0.9,
    beat: 1.5,
  })
}

function doorbell({ random, size, rate }: EffectSettings): Float32Array {
  const sound = silence(2.6)
  const pitch = Math.sqrt(pitchOf(size))
  ;[659.3, 523.3].forEach((hz, index) => {
    const one = struck(random, {
      hz: hz * pitch,
      ratios: modeRatios.bar.slice(0, 4),
      decay: 2,
      damp: 1,
      tilt: 1.5,
      beat: 0.7,
    })
    mixAt(sound, one, (index * 0.62) / rate, 0.7)
  })
  shaped(sound, [
    [0, 1],
    [2.2, 1],
    [2.6, 0],
  ])
  return heardIn('room', sound)
}

/** A plate whose high modes come up after the low ones have given them their energy. */
function gong({ random, size, intensity }: EffectSettings): Float32Array {
  const seconds = 6
  const sound = silence(seconds)
  const modes: Mode[] = []
  for (let index = 0; index < 30; index++) {
    const ratio = Math.pow(random.between(1, 5.5), 1.5)
    const mode = {
      hz: 95 * pitchOf(size) * ratio,
      decaySeconds: 5.5 / Math.sqrt(ratio),
      gain: 0.45 / Math.sqrt(ratio),
    }
    modes.push(mode)
    const bloom = Math.min(0.5, 0.05 * ratio * (1.2 - intensity * 0.6))
    // What the mode still lacks while it comes up.
    const lack = shaped(addModes(silence(bloom), [mode], sampleRateHz), [
      [0, 0.95],
      [bloom, 0],
    ])
    mixAt(sound, lack, 0, -1)
  }
  addModes(sound, modes, sampleRateHz)
  mixAt(sound, noiseHit(random, { hz: 220, q: 0.6, decay: 0.12 }), 0, 0.8)
  shaped(sound, [
    [0, 1],
    [seconds - 1, 1],
    [seconds, 0],
  ])
  return heardIn('hall', sound)
}

export const bellEffects: readonly Effect[] = [
  {
    ...{ id: 'bell', title: 'Bell', family: 'bells', kind: 'events', ring: bell },
    timing: { pattern: 'regular', everySeconds: 1.4, usually: 1 },
    names: words(
      'bell, hand bell, desk bell, service bell, reception bell, school bell, bicycle bell, cowbell, ding, bell rings, bike bell, ship bell, boxing bell, bell ringing, shop bell, cow bell, dinner bell',
    ),
    related: words('triangle, xylophone, glockenspiel, vibraphone, marimba, piano, music box'),
    variants: { bicycle: words('bicycle, bike, cycle'), cow: words('cow, cowbell, goat, sheep, alpine') },
  },
  {
    ...{ id: 'church-bell', title: 'Church bell', family: 'bells', kind: 'events', ring: churchBell },
    timing: { pattern: 'regular', everySeconds: 2.2, usually: 3 },
    names: words(
      'church bell, church bells, cathedral bell, tower bell, bell tower, tolling, bell tolling, wedding bells, monastery bell, big ben, clock tower, bell toll, temple bell, carillon',
    ),
    related: words('cathedral, monastery, village'),
  },
  {
    ...{ id: 'wind-chime', title: 'Wind chime', family: 'bells', kind: 'events', ring: windChime },
    timing: { pattern: 'poisson', everySeconds: 0.14, usually: 'endless' },
    names: words(
      'wind chime, wind chimes, chime, chimes, windchime, tubular bells, tinkling, tinkle, magic, magical, fairy dust, sparkle, twinkle, sparkles',
    ),
    related: words('harp, crystal, fairy, wizard, spell, dream'),
  },
  {
    ...{ id: 'doorbell', title: 'Doorbell', family: 'bells', kind: 'events', ring: doorbell },
    timing: { pattern: 'regular', everySeconds: 3, usually: 1 },
    names: words('doorbell, door bell, ding dong, ding-dong, door chime, announcement chime, airport chime'),
    related: words('visitor'),
  },
  {
    ...{ id: 'gong', title: 'Gong', family: 'bells', kind: 'events', ring: gong },
    timing: { pattern: 'regular', everySeconds: 6, usually: 1 },
    names: words(
      'gong, tam-tam, tam tam, cymbal crash, singing bowl, meditation bowl, cymbal, meditation bell, tibetan bowl',
    ),
    related: words('meditation, temple, zen'),
  },
]
