import { createBiquad, createChain } from '../../../../../audio/synthesis/filters'
import {
  createBrownNoise,
  createPinkNoise,
  createWander,
  createWhiteNoise,
  type Random,
} from '../../../../../audio/synthesis/noise'
import {
  pieceFrames,
  sampleRateHz,
  type Effect,
  type EffectSettings,
  words,
  pieceSeconds,
  type Stereo,
} from '../effect'
import { sineOfTurns } from '../../../../../audio/synthesis/waves'
import { createEngine } from '../engine-sound'
import { addTo, mixAt, noiseHit, pitchOf, silence, toBoth } from '../sounds'

/** Wheels over joints, four blows a carriage, over the rumble of the bed. */
function train({ random, size, intensity, rate }: EffectSettings) {
  const low = [0, 1].map(() => createBrownNoise(random.fork()))
  const rolling = [0, 1].map(() => createWhiteNoise(random.fork()))
  const bands = [0, 1].map(() =>
    createChain(createBiquad({ kind: 'bandpass', hz: 420, q: 0.5 }, sampleRateHz)),
  )
  const scratch = new Float32Array(pieceFrames)
  const period = (1.05 * (0.7 + 0.6 * size)) / rate
  const blows = [0, 0.14, 0.5, 0.64].map((at) => at * period)
  let clock = 0
  let ringing: { sound: Float32Array; at: number; gain: number }[] = []
  const clack = () => {
    const sound = silence(0.22)
    mixAt(sound, noiseHit(random, { hz: random.between(200, 280), q: 1, decay: 0.12 }), 0, 1.6)
    mixAt(sound, noiseHit(random, { hz: random.between(1200, 1700), q: 1, decay: 0.05 }), 0, 0.9)
    return mixAt(sound, noiseHit(random, { hz: 3400, q: 1, decay: 0.02 }), 0, 0.35)
  }
  return (block: Stereo) => {
    block.channels.forEach((out, side) => {
      low[side]!(scratch)
      addTo(out, scratch, 0.22 + 0.25 * intensity)
      rolling[side]!(scratch)
      bands[side]!.run(scratch)
      addTo(out, scratch, 0.05 + 0.05 * intensity)
    })
    const before = clock
    clock += pieceSeconds
    for (const at of blows) {
      const turn = Math.floor((clock - at) / period)
      if (turn !== Math.floor((before - at) / period))
        ringing.push({ sound: clack(), at: 0, gain: random.between(0.5, 0.9) })
    }
    for (const one of ringing) {
      toBoth(block, one.sound.subarray(one.at, one.at + pieceFrames), one.gain)
      one.at += pieceFrames
    }
    ringing = ringing.filter(({ at, sound }) => at < sound.length)
  }
}

/** Roar of the jet, whine of the fan; a propeller instead of it for small ones. */
function aeroplane({ random, size, intensity, variant }: EffectSettings) {
  const propeller = variant === 'propeller'
  const pitch = pitchOf(size)
  const low = [0, 1].map(() => createBrownNoise(random.fork()))
  const roar = [0, 1].map(() => createPinkNoise(random.fork()))
  const bands = [0, 1].map(() => createBiquad({ kind: 'lowpass', hz: 650 + 900 * intensity }, sampleRateHz))
  const engine = createEngine(random.fork(), {
    ...{
      firingHz: 88 * pitch,
      cylinders: 6,
      uneven: 0.25,
      hiss: 1,
      duty: 0.55,
      drive: 1.6,
      dullHz: 1000,
      pipesMetres: [2.6, 1.1, 0.4],
    },
    resonances: [
      { hz: 180, q: 2, gain: 1.5 },
      { hz: 700, q: 1.5, gain: 0.8 },
    ],
  })
  const wander = createWander(0.4, random.fork())
  const scratch = new Float32Array(pieceFrames)
  const mono = new Float32Array(pieceFrames)
  const ground = [0, 1].map(() => createGround(random.fork()))
  const whines = [2850, 4270, 5710].map((hz) => ({
    hz: hz * Math.sqrt(pitch) * random.between(0.97, 1.03),
    phase: 0,
  }))
  return (block: Stereo) => {
    const drift = 1 + 0.03 * (wander.after(pieceSeconds) - 0.5)
    mono.fill(0)
    if (propeller) engine(mono, drift * (0.8 + 0.5 * intensity), 0.55)
    else {
      for (const whine of whines) {
        const step = (whine.hz * drift) / sampleRateHz
        for (let index = 0; index < pieceFrames; index++) {
          mono[index]! += 0.01 * sineOfTurns(whine.phase + (index + 1) * step)
        }
        whine.phase = (whine.phase + pieceFrames * step) % 1
      }
    }
    toBoth(block, mono)
    block.channels.forEach((out, side) => {
      low[side]!(scratch)
      addTo(out, scratch, propeller ? 0.1 : 0.32)
      roar[side]!(scratch)
      bands[side]!.run(scratch)
      addTo(out, scratch, propeller ? 0.1 : 0.6)
      if (!propeller) ground[side]!(out)
    })
  }
}

/** The ground gives the sound of what flies back once more, later or sooner as it goes by: a comb that slides (Farnell, ch. 46). */
function createGround(random: Random): (out: Float32Array) => void {
  const line = new Float32Array(2048)
  const path = createWander(0.25, random)
  let at = 0
  let delay = 200
  return (out) => {
    const step = (40 + 600 * path.after(pieceSeconds) - delay) / out.length
    for (let index = 0; index < out.length; index++) {
      const place = at + index
      line[place & 2047] = out[index]!
      const behind = delay + (index + 1) * step
      const whole = Math.floor(behind)
      const share = behind - whole
      const back = (1 - share) * line[(place - whole) & 2047]! + share * line[(place - whole - 1) & 2047]!
      out[index]! += 0.8 * back
    }
    at = (at + out.length) & 2047
    delay += out.length * step
  }
}

/** Blades that chop noise and slap, over a turbine. */
function helicopter({ random, size, intensity, rate }: EffectSettings) {
  const chop = 11.5 * rate * Math.sqrt(pitchOf(size))
  const noise = [0, 1].map(() => createPinkNoise(random.fork()))
  const bands = [0, 1].map(() => createBiquad({ kind: 'lowpass', hz: 1300 }, sampleRateHz))
  const slap = createBiquad({ kind: 'lowpass', hz: 170, q: 1.6 }, sampleRateHz)
  const scratch = new Float32Array(pieceFrames)
  const mono = new Float32Array(pieceFrames)
  let phase = 0
  return (block: Stereo) => {
    const start = phase
    for (let index = 0; index < pieceFrames; index++) {
      const at = start + ((index + 1) * chop) / sampleRateHz
      const within = at - Math.floor(at)
      mono[index] = within < 0.16 ? sineOfTurns(within / 0.32) * (1 + 0.3 * intensity) - 0.1 : -0.1
    }
    phase = (start + (pieceFrames * chop) / sampleRateHz) % 1
    slap.run(mono)
    toBoth(block, mono, 0.22)
    block.channels.forEach((out, side) => {
      noise[side]!(scratch)
      bands[side]!.run(scratch)
      for (let index = 0; index < pieceFrames; index++) {
        const lift = 0.5 - 0.5 * sineOfTurns(0.25 + start + (index * chop) / sampleRateHz)
        out[index]! += (0.9 + 0.5 * intensity) * (0.35 + 0.65 * lift * lift) * scratch[index]!
      }
    })
  }
}

export const transportEffects: readonly Effect[] = [
  {
    ...{ id: 'train', title: 'Train', family: 'vehicles', kind: 'texture', open: train },
    names: words(
      'train, railway, railroad, train wheels, train tracks, subway, underground train, metro, tram, locomotive, clickety clack, freight train, streetcar',
    ),
    related: words('rail, wagon, roller coaster, cart'),
  },
  {
    ...{ id: 'aeroplane', title: 'Aeroplane', family: 'vehicles', kind: 'texture', open: aeroplane },
    names: words(
      'aeroplane, airplane, plane, jet, jet engine, aircraft, airliner, flight, turbine, propeller plane, takeoff, cabin noise, rocket, rocket launch, fighter jet, biplane, spaceship engine',
    ),
    related: words('drone, spaceship, airport, flying, missile'),
    variants: { propeller: words('propeller, biplane, small, cessna, old, vintage, drone') },
  },
  {
    ...{ id: 'helicopter', title: 'Helicopter', family: 'vehicles', kind: 'texture', open: helicopter },
    names: words('helicopter, chopper, rotor, rotor blades, copter'),
    related: words('windmill, quadcopter'),
  },
]
