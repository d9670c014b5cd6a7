import { createBiquad, createStateVariable } from '../../../../../audio/synthesis/filters'
import { createBrownNoise, createPinkNoise, createWander } from '../../../../../audio/synthesis/noise'
import {
  pieceFrames,
  sampleRateHz,
  type Effect,
  type EffectSettings,
  words,
  pieceSeconds,
  type Stereo,
} from '../effect'
import { createEngine, type EngineShape } from '../engine-sound'
import {
  addTo,
  driven,
  filtered,
  levelOf,
  mixAt,
  noiseHit,
  pitchOf,
  scale,
  shaped,
  silence,
  store,
  toBoth,
  tone,
  whiteNoise,
} from '../sounds'

/** Four cylinders. */
function engineOf(pitch: number): EngineShape {
  return {
    ...{
      firingHz: 34 * pitch,
      cylinders: 4,
      uneven: 0.55,
      hiss: 1.6,
      duty: 0.3,
      drive: 1.3,
      dullHz: 1200,
      pipesMetres: [2.6, 0.9, 0.35],
    },
    resonances: [
      { hz: 92 * Math.sqrt(pitch), q: 3, gain: 1.2 },
      { hz: 240 * Math.sqrt(pitch), q: 2, gain: 2.5 },
      { hz: 610, q: 1.5, gain: 2 },
      { hz: 1700, q: 1, gain: 1.2 },
    ],
  }
}

function carEngine({ random, size, intensity, rate, variant }: EffectSettings) {
  const pitch = pitchOf(size)
  const revving = variant === 'revving'
  const engine = createEngine(random.fork(), engineOf(pitch))
  const rattle = createPinkNoise(random.fork())
  const wander = createWander(revving ? 0.5 : 0.25, random.fork())
  const mono = new Float32Array(pieceFrames)
  const noise = new Float32Array(pieceFrames)
  let clock = 0
  return (block: Stereo) => {
    clock += pieceSeconds * rate
    const cycle = (clock % 2.6) / 2.6
    const rev = cycle < 0.35 ? (cycle / 0.35) ** 1.5 : Math.exp(-4.5 * (cycle - 0.35))
    const speed = revving
      ? 0.9 + 2.6 * rev
      : (0.75 + intensity * 1.4) * (1 + 0.04 * wander.after(pieceSeconds))
    mono.fill(0)
    engine(mono, speed * (revving ? 1 : Math.sqrt(rate)), 0.6)
    rattle(noise)
    addTo(mono, noise, 0.05 + 0.05 * intensity)
    toBoth(block, mono, revving ? 0.5 + 0.5 * rev : 1)
  }
}

function motorcycle({ random, size, intensity, rate, variant }: EffectSettings) {
  const pitch = pitchOf(size)
  const scooter = variant === 'scooter'
  const engine = createEngine(random.fork(), {
    ...{
      firingHz: (scooter ? 90 : 65) * pitch,
      cylinders: 2,
      uneven: 0.5,
      hiss: 0.7,
      duty: 0.3,
      drive: 2.6,
      dullHz: 2200,
      pipesMetres: [1.4, 0.35, 0.14],
    },
    resonances: [
      { hz: 130 * Math.sqrt(pitch), q: 2.5, gain: 1.8 },
      { hz: 420, q: 2, gain: 1.4 },
      { hz: 1100, q: 2, gain: 0.9 },
      { hz: 2800, q: 1.2, gain: 0.5 },
    ],
  })
  const mono = new Float32Array(pieceFrames)
  let clock = random.next()
  return (block: Stereo) => {
    clock += pieceSeconds * rate
    const cycle = (clock % 3) / 3
    const rev = cycle < 0.55 ? cycle / 0.55 : Math.exp(-7 * (cycle - 0.55))
    mono.fill(0)
    engine(mono, 0.8 + (0.6 + 2.4 * intensity) * rev, 0.5 + 0.4 * rev)
    toBoth(block, mono)
  }
}

/** A car goes by: tyres and engine swell, and the pitch falls (C. Doppler, 1842). */
function carPass({ random, size, intensity, rate }: EffectSettings) {
  const seconds = 5 / rate
  const sound = silence(seconds)
  const swell = (time: number) => 1 / (1 + ((time - seconds / 2) / (0.34 / rate)) ** 2) ** 0.75
  const noise = whiteNoise(random, seconds)
  const filter = createStateVariable('bandpass', sampleRateHz)
  const rumble = filtered(whiteNoise(random, seconds), 'lowpass', 190, 0.8)
  const engine = createEngine(random.fork(), engineOf(pitchOf(size)))
  const motor = new Float32Array(pieceFrames)
  for (let start = 0; start < sound.length; start += pieceFrames) {
    const time = start / sampleRateHz
    const side = (time - seconds / 2) / 0.4
    const doppler = 1 - (0.05 + 0.04 * intensity) * (side / Math.sqrt(1 + side * side))
    const near = swell(time)
    filter.run(
      noise.subarray(start, start + pieceFrames),
      (700 + 400 * near) * doppler,
      (700 + 400 * near) * doppler,
      0.9,
    )
    motor.fill(0)
    engine(motor, 1.6 * doppler, 0.8)
    const end = Math.min(sound.length, start + pieceFrames)
    for (let index = start; index < end; index++) {
      sound[index] = near * (1.2 * noise[index]! + 0.7 * rumble[index]! + motor[index - start]!)
    }
  }
  return shaped(filtered(sound, 'lowpass', 5000), [
    [0, 0],
    [0.2, 1],
    [seconds - 0.2, 1],
    [seconds, 0],
  ])
}

/** Many far engines and tyres, and one that passes now and then. */
function traffic({ random, size, intensity, rate }: EffectSettings) {
  const low = [0, 1].map(() => createBrownNoise(random.fork()))
  const tyres = [0, 1].map(() => createPinkNoise(random.fork()))
  const bands = [0, 1].map(() => createBiquad({ kind: 'bandpass', hz: 750, q: 0.5 }, sampleRateHz))
  const scratch = new Float32Array(pieceFrames)
  const settings = { random, size, intensity, rate: 1, variant: null }
  const passes = store(5, () => carPass({ ...settings, size: random.between(0.2, 0.8) }))
  let waiting = 0.3
  let passing: { sound: Float32Array; at: number; left: number; right: number }[] = []
  return (block: Stereo) => {
    block.channels.forEach((out, side) => {
      low[side]!(scratch)
      addTo(out, scratch, 0.16)
      tyres[side]!(scratch)
      bands[side]!.run(scratch)
      addTo(out, scratch, 0.1)
    })
    waiting -= pieceSeconds
    if (waiting <= 0) {
      const left = random.between(0.15, 0.5)
      passing.push({
        sound: random.pick(passes),
        at: 0,
        left,
        right: 0.65 - left,
      })
      waiting = random.wait((0.25 + 0.6 * intensity) * rate)
    }
    for (const one of passing) {
      const part = one.sound.subarray(one.at, one.at + pieceFrames)
      addTo(block.channels[0]!, part, one.left)
      addTo(block.channels[1]!, part, one.right)
      one.at += pieceFrames
    }
    passing = passing.filter(({ at, sound }) => at < sound.length)
  }
}

/** Two horns a third apart, as cars have. */
function horn({ random, size, intensity, variant }: EffectSettings): Float32Array {
  const shape = {
    car: { hz: [405, 505], seconds: random.between(0.35, 0.9), low: 3200, attack: 0.02 },
    train: { hz: [277, 330, 392, 494], seconds: 2.6, low: 2600, attack: 0.15 },
    ship: { hz: [73, 110], seconds: 3.6, low: 900, attack: 0.3 },
    truck: { hz: [196, 247, 294], seconds: 1.4, low: 2600, attack: 0.05 },
    bicycle: { hz: [370, 372], seconds: 0.3, low: 3500, attack: 0.03 },
  }[(variant ?? 'car') as 'car' | 'train' | 'ship' | 'truck' | 'bicycle']
  const pitch = Math.sqrt(pitchOf(size)) * random.between(0.985, 1.015)
  const sound = silence(shape.seconds + 0.25)
  for (const hz of shape.hz) {
    const note = hz * pitch * random.between(0.995, 1.005)
    const one = tone(
      'saw',
      [
        [0, note * 0.96],
        [shape.attack, note],
        [shape.seconds, note],
        [shape.seconds + 0.2, note * 0.94],
      ],
      shape.seconds + 0.2,
    )
    mixAt(sound, one, 0, 1 / shape.hz.length)
  }
  driven(sound, 2 + 2 * intensity)
  filtered(filtered(sound, 'lowpass', shape.low), 'highpass', shape.hz[0]! * 0.7)
  const breath = filtered(whiteNoise(random, shape.seconds), 'bandpass', shape.hz[0]! * 4, 0.6)
  mixAt(sound, breath, 0, 0.05)
  return shaped(sound, [
    [0, 0],
    [shape.attack, 1],
    [shape.seconds, 0.95],
    [shape.seconds + 0.2, 0],
  ])
}

function skid({ random, size, intensity }: EffectSettings): Float32Array {
  const seconds = random.between(1.2, 2)
  const sound = silence(seconds)
  for (const hz of [860, 1130, 1720]) {
    const at = hz * Math.sqrt(pitchOf(size)) * random.between(0.95, 1.05)
    const one = tone(
      'saw',
      [
        [0, at * 1.06],
        [seconds * 0.5, at],
        [seconds, at * 0.8],
      ],
      seconds,
      () => 1 + 0.035 * random.gaussian(),
    )
    mixAt(sound, filtered(one, 'bandpass', at, 6), 0, 0.6)
  }
  mixAt(sound, filtered(whiteNoise(random, seconds), 'bandpass', 1500, 0.7), 0, 0.35 * levelOf(intensity))
  return shaped(sound, [
    [0, 0],
    [0.05, 1],
    [seconds - 0.3, 0.7],
    [seconds, 0],
  ])
}

/** The starter turns the engine over; the engine catches. */
function engineStart({ random, size, intensity }: EffectSettings): Float32Array {
  const seconds = 4
  const sound = silence(seconds)
  const cranks = 5 + Math.floor(3 * random.next())
  for (let crank = 0; crank < cranks; crank++) {
    const at = 0.05 + crank * 0.15
    const whirr = tone(
      'saw',
      [
        [0, 190],
        [0.07, 250],
        [0.15, 180],
      ],
      0.15,
    )
    mixAt(sound, filtered(whirr, 'bandpass', 900, 0.6), at, 0.5)
    mixAt(sound, noiseHit(random, { hz: 220, q: 0.8, decay: 0.1 }), at, 0.6)
  }
  const engine = carEngine({ random, size, intensity: 0.4 + 0.3 * intensity, rate: 1, variant: null })
  const caught = Math.round((0.05 + cranks * 0.15) * sampleRateHz)
  for (let start = caught; start + pieceFrames <= sound.length; start += pieceFrames) {
    const block = { channels: [new Float32Array(pieceFrames)] }
    engine(block)
    scale(block.channels[0]!, 1, 1)
    sound.set(block.channels[0]!, start)
  }
  return shaped(sound, [
    [0, 1],
    [caught / sampleRateHz, 1],
    [caught / sampleRateHz + 0.3, 1.2],
    [seconds - 0.6, 0.8],
    [seconds, 0],
  ])
}

export const carEffects: readonly Effect[] = [
  {
    ...{ id: 'car-engine', title: 'Car engine', family: 'vehicles', kind: 'texture', open: carEngine },
    names: words(
      'engine, car engine, engine idling, motor, idling, truck engine, truck, lorry, revving, rev, engine revving, race car, tractor, bus, van, automobile, diesel, accelerating car, driving, vroom, sports car, racing car',
    ),
    related: words('vehicle, boat, motorboat, tank, generator, ship engine, bulldozer'),
    variants: {
      revving: words('revving, rev, race, accelerating, vroom, racing, speeding, sports'),
    },
  },
  {
    ...{
      id: 'engine-start',
      title: 'Engine starting',
      family: 'vehicles',
      kind: 'events',
      ring: engineStart,
    },
    timing: { pattern: 'poisson', everySeconds: 6, usually: 1 },
    names: words(
      'engine start, engine starting, car starting, car start, ignition, starting a car, starting the engine, car starts, engine starts, start engine',
    ),
  },
  {
    ...{ id: 'car-pass', title: 'Car passing', family: 'vehicles', kind: 'events', ring: carPass },
    timing: { pattern: 'poisson', everySeconds: 4, usually: 1 },
    names: words(
      'car passing, passing car, car passing by, car driving by, drive by, car drives past, car pass by, car goes by, passing vehicle',
    ),
  },
  {
    ...{ id: 'traffic', title: 'Traffic', family: 'vehicles', kind: 'texture', open: traffic },
    names: words(
      'traffic, highway, motorway, busy road, street traffic, city traffic, road noise, cars, freeway, rush hour, street noise, city',
    ),
    related: words('urban, town, street, road'),
  },
  {
    ...{ id: 'motorcycle', title: 'Motorcycle', family: 'vehicles', kind: 'texture', open: motorcycle },
    names: words(
      'motorcycle, motorbike, harley, chopper bike, dirt bike, moped, scooter, biker, motocross, quad bike',
    ),
    related: words('go-kart, jet ski, snowmobile'),
    variants: { scooter: words('scooter, moped, vespa, small') },
  },
  {
    ...{ id: 'horn', title: 'Horn', family: 'vehicles', kind: 'events', ring: horn },
    timing: { pattern: 'poisson', everySeconds: 1.8, usually: 1 },
    names: words(
      'horn, car horn, honk, honking, hoot a horn, beeping horn, train horn, ship horn, foghorn, truck horn, air horn, klaxon, train whistle, bicycle horn, horns, boat horn, toot, ferry horn, vuvuzela',
    ),
    related: words('trumpet, tuba, brass, trombone, bugle, saxophone'),
    variants: {
      train: words('train, locomotive, railway'),
      ship: words('ship, fog, foghorn, boat, ferry, harbour, harbor'),
      truck: words('truck, lorry, air, bus'),
      bicycle: words('bicycle, bike, clown, toy'),
      car: words('car, taxi'),
    },
  },
  {
    ...{ id: 'tyre-skid', title: 'Tyre screech', family: 'vehicles', kind: 'events', ring: skid },
    timing: { pattern: 'poisson', everySeconds: 3.5, usually: 1 },
    names: words(
      'skid, skidding, tyre screech, tire screech, screeching tires, screeching tyres, tire squeal, screech, brakes, braking, squealing tires, burnout, drift',
    ),
    related: words('squeal, chalkboard, train brakes'),
  },
]
