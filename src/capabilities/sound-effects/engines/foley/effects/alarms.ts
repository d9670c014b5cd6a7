import { createBiquad } from '../../../../../audio/synthesis/filters'
import { addModes } from '../../../../../audio/synthesis/modal'
import { sineOfTurns, softClip } from '../../../../../audio/synthesis/waves'
import { pieceFrames, sampleRateHz, type Effect, type EffectSettings, words, type Stereo } from '../effect'
import {
  driven,
  filtered,
  heardIn,
  mixAt,
  noiseHit,
  pitchOf,
  shaped,
  silence,
  toBoth,
  tone,
  waveAt,
} from '../sounds'

/** A pure or nearly pure beep with soft edges. */
function beep(hz: number, seconds: number, shape: 'sine' | 'square' | 'triangle' = 'sine'): Float32Array {
  const sound = tone(shape, [[0, hz]], seconds)
  return shaped(sound, [
    [0, 0],
    [0.004, 1],
    [seconds - 0.006, 1],
    [seconds, 0],
  ])
}

/** Rates and heights of the sweep of each service. */
const sirens = {
  wail: { low: 560, high: 1450, period: 4.6, shape: 'wail' },
  yelp: { low: 600, high: 1500, period: 0.34, shape: 'wail' },
  twotone: { low: 440, high: 585, period: 1.3, shape: 'step' },
  raid: { low: 190, high: 440, period: 9, shape: 'wail' },
  fire: { low: 380, high: 980, period: 3.4, shape: 'wail' },
} as const

/** A swept oscillator driven hard into a horn loudspeaker (Farnell, ch. 26). */
function siren({ size, intensity, rate, variant, random }: EffectSettings) {
  const kind = sirens[(variant ?? 'wail') as keyof typeof sirens]
  const pitch = Math.sqrt(pitchOf(size)) * random.between(0.97, 1.03)
  const horn = [
    createBiquad({ kind: 'highpass', hz: 350 * (kind.low / 560) }, sampleRateHz),
    createBiquad({ kind: 'peak', hz: 1800, q: 1, gainDb: 8 }, sampleRateHz),
    createBiquad({ kind: 'lowpass', hz: 4200 }, sampleRateHz),
  ]
  const mono = new Float32Array(pieceFrames)
  const swingAt = (turn: number) =>
    kind.shape === 'step' ? Number(turn < 0.5) : 0.5 - 0.5 * Math.cos(2 * Math.PI * Math.pow(turn, 0.75))
  const hzAt = (clock: number) =>
    pitch * kind.low * Math.pow(kind.high / kind.low, swingAt(clock - Math.floor(clock)))
  let clock = random.next() * 0.2
  let phase = 0
  return (block: Stereo) => {
    let at = phase
    for (let index = 0; index < pieceFrames; index++) {
      clock += rate / sampleRateHz / kind.period
      const step = hzAt(clock) / sampleRateHz
      at += step
      at -= Math.floor(at)
      const wave = waveAt('square', at, step) * 0.6 + 0.5 * waveAt('saw', at, step)
      mono[index] = softClip((1 + intensity) * wave)
    }
    phase = at
    for (const filter of horn) filter.run(mono)
    toBoth(block, mono, 0.6)
  }
}

/** Four short beeps and a pause, as digital clocks have. */
function alarmClock({ size, rate, variant, random }: EffectSettings): Float32Array {
  if (variant === 'bell') return bellAlarm(random, 1.6, pitchOf(size))
  const hz = 2048 * Math.sqrt(pitchOf(size))
  const sound = silence(0.75 / rate)
  for (let index = 0; index < 4; index++) {
    const one = beep(hz, 0.065, 'square')
    mixAt(sound, filtered(one, 'bandpass', hz, 0.8), (index * 0.125) / rate, 0.8)
  }
  return sound
}

/** A clapper between two gongs. */
function bellAlarm(random: EffectSettings['random'], seconds: number, pitch: number): Float32Array {
  const sound = silence(seconds + 0.7)
  const gongs = [1180, 1490].map((hz) => hz * pitch)
  for (let at = 0, stroke = 0; at < seconds; at += 1 / 24, stroke++) {
    const modes = [1, 2.72, 5.2, 7.9].map((ratio, mode) => ({
      hz: gongs[stroke & 1]! * ratio * (1 + 0.0005 * random.gaussian()),
      decaySeconds: 0.9 / (1 + mode),
      gain: (0.22 / (1 + 0.6 * mode)) * random.between(0.7, 1),
    }))
    addModes(sound, modes, sampleRateHz, { start: Math.round(at * sampleRateHz) })
    mixAt(sound, noiseHit(random, { hz: 4200, decay: 0.008 }), at, 0.12)
  }
  return sound
}

/** Three half-second beeps (ISO 8201 temporal three) of a piezo horn at 3.1 kHz. */
function smokeAlarm({ size, rate, random }: EffectSettings): Float32Array {
  const hz = 3150 * Math.sqrt(pitchOf(size)) * random.between(0.98, 1.02)
  const sound = silence(3 / rate)
  for (let index = 0; index < 3; index++) {
    mixAt(sound, driven(beep(hz, 0.5 / rate, 'sine'), 2.5), index / rate, 0.8)
  }
  return sound
}

function telephone({ size, rate, variant, random }: EffectSettings): Float32Array {
  const pitch = Math.sqrt(pitchOf(size))
  if (variant === 'mobile') {
    const notes = [1319, 1175, 740, 831, 1109, 988, 587, 659, 988, 880, 554, 659, 880]
    const order = notes.map((note) => note * pitch * 2 ** (Math.round(random.between(-2, 2)) / 12))
    const sound = silence(2.2 / rate)
    order.forEach((note, index) => {
      const one = tone('triangle', [[0, note]], 0.14)
      mixAt(
        sound,
        shaped(one, [
          [0, 0],
          [0.005, 1],
          [0.14, 0],
        ]),
        (index * 0.15) / rate,
        0.7,
      )
    })
    return sound
  }
  if (variant === 'electronic') {
    const sound = silence(2 / rate)
    for (let at = 0, turn = 0; at < 1.7; at += 1 / 16, turn++) {
      mixAt(sound, beep((turn & 1 ? 1000 : 1250) * pitch, 1 / 16, 'square'), at / rate, 0.5)
    }
    return filtered(sound, 'bandpass', 1600, 0.6)
  }
  return bellAlarm(random, 1.7 / rate, 1.05 * pitch)
}

/** 350 and 440 Hz (ITU-T E.180, North America); Europe's is 425 Hz alone. */
function dialTone({ size, variant }: EffectSettings) {
  const pitch = Math.sqrt(pitchOf(size))
  const tones = (variant === 'busy' ? [480, 620] : [350, 440]).map((hz) => ({
    step: (hz * pitch) / sampleRateHz,
    phase: 0,
  }))
  const mono = new Float32Array(pieceFrames)
  let clock = 0
  let gate = 1
  return (block: Stereo) => {
    for (let index = 0; index < pieceFrames; index++) {
      clock += 1 / sampleRateHz
      const open = variant !== 'busy' || clock % 1 < 0.5 ? 1 : 0
      gate += 0.005 * (open - gate)
      let sum = 0
      for (const one of tones) sum += sineOfTurns((one.phase += one.step))
      mono[index] = 0.3 * gate * sum
    }
    toBoth(block, mono)
  }
}

/** Dual tones of ITU-T Q.23. */
function dialling({ random, rate }: EffectSettings): Float32Array {
  const low = [697, 770, 852, 941]
  const high = [1209, 1336, 1477]
  const sound = silence(0.16 / rate)
  mixAt(sound, beep(random.pick(low), 0.1 / rate), 0, 0.45)
  return mixAt(sound, beep(random.pick(high), 0.1 / rate), 0, 0.45)
}

function electronicBeep({ size, rate, random }: EffectSettings): Float32Array {
  const hz = 1000 * pitchOf(size) * random.between(0.99, 1.01)
  const sound = silence(0.35 / rate)
  return mixAt(sound, beep(hz, 0.22 / rate), 0, 0.7)
}

/** An armature that the mains pull against its stop twice a cycle: blows, and the plate that they shake. */
function buzzer({ size, rate, random }: EffectSettings): Float32Array {
  const seconds = 0.9 / rate
  const sound = silence(seconds)
  const plate = [620, 1180, 1830, 2740, 3900].map(
    (hz) => hz * Math.sqrt(pitchOf(size)) * random.between(0.95, 1.05),
  )
  for (let at = 0.003; at < seconds - 0.03; at += 1 / 120) {
    const blow = Math.round((at + 0.0001 * random.gaussian()) * sampleRateHz)
    const modes = plate.map((hz, mode) => ({
      ...{ hz, decaySeconds: 0.03, gain: (0.3 * random.between(0.7, 1)) / (1 + 0.3 * mode) },
    }))
    addModes(sound, modes, sampleRateHz, { start: blow })
    mixAt(sound, noiseHit(random, { hz: 3000, q: 0.5, decay: 0.005 }), at, 0.25)
  }
  return heardIn('room', driven(sound, 1.5))
}

/** Reversing lorry: 1.2 kHz, half on, half off. */
function reversing({ size }: EffectSettings): Float32Array {
  const hz = 1220 * Math.sqrt(pitchOf(size))
  const sound = silence(0.55)
  return mixAt(sound, filtered(beep(hz, 0.48, 'square'), 'lowpass', 3800), 0, 0.6)
}

/** One ping, and what the sea gives back: scattered from everywhere, it is noise as narrow as the ping (R. Urick, "Principles of underwater sound", 1983, ch. 8). */
function sonar({ size, random }: EffectSettings): Float32Array {
  const hz = 1500 * Math.sqrt(pitchOf(size))
  const sound = silence(3)
  mixAt(sound, beep(hz, 0.12), 0)
  mixAt(sound, noiseHit(random, { hz, q: 45, decay: 2.6, attack: 0.1 }), 0.06, 6)
  mixAt(
    sound,
    shaped(beep(hz * 1.004, 0.12), [
      [0, 0],
      [0.06, 1],
      [0.12, 0],
    ]),
    random.between(0.9, 1.3),
    0.16,
  )
  return filtered(sound, 'bandpass', hz, 3)
}

/** Two tones up and down, the speaker of a car. */
function carAlarm({ size, rate }: EffectSettings) {
  const pitch = Math.sqrt(pitchOf(size))
  const mono = new Float32Array(pieceFrames)
  const filter = createBiquad({ kind: 'bandpass', hz: 1900, q: 0.6 }, sampleRateHz)
  let clock = 0
  let phase = 0
  return (block: Stereo) => {
    for (let index = 0; index < pieceFrames; index++) {
      clock += rate / sampleRateHz
      const part = Math.floor(clock / 1.6) % 3
      const hz =
        part === 0
          ? 800 + 900 * ((clock * 3.2) % 1)
          : part === 1
            ? (clock * 4) % 1 < 0.5
              ? 1500
              : 1050
            : 1700 - 950 * ((clock * 1.25) % 1)
      const step = (pitch * hz) / sampleRateHz
      phase += step
      phase -= Math.floor(phase)
      mono[index] = waveAt('square', phase, step)
    }
    filter.run(mono)
    toBoth(block, mono, 0.7)
  }
}

export const alarmEffects: readonly Effect[] = [
  {
    ...{ id: 'siren', title: 'Siren', family: 'alarms and telephones', kind: 'texture', open: siren },
    names: words(
      'siren, police, police siren, ambulance, fire engine siren, fire truck, police car, emergency vehicle, air raid siren, civil defence siren, tornado siren, sirens, wailing siren, fire engine, cop car',
    ),
    related: words('emergency, chase, rescue'),
    variants: {
      yelp: words('yelp, urgent, fast, chase'),
      twotone: words('ambulance, european, german, british, french, two-tone, hi-lo'),
      raid: words('air raid, raid, civil, tornado, war, air-raid'),
      fire: words('fire'),
    },
  },
  {
    ...{
      id: 'alarm-clock',
      title: 'Alarm clock',
      family: 'alarms and telephones',
      kind: 'events',
      ring: alarmClock,
    },
    timing: { pattern: 'regular', everySeconds: 1, usually: 4 },
    names: words(
      'alarm clock, alarm, wake up alarm, clock alarm, digital alarm, morning alarm, alarm beeping, beeping alarm, alarm going off, kitchen timer, timer',
    ),
    related: words('wake up, warning, alert'),
    variants: { bell: words('bell, mechanical, vintage, old, ringing, analog, analogue') },
  },
  {
    ...{
      id: 'smoke-alarm',
      title: 'Smoke alarm',
      family: 'alarms and telephones',
      kind: 'events',
      ring: smokeAlarm,
    },
    timing: { pattern: 'regular', everySeconds: 4, usually: 2 },
    names: words(
      'smoke alarm, smoke detector, fire alarm, carbon monoxide alarm, fire detector, burglar alarm',
    ),
  },
  {
    ...{
      id: 'car-alarm',
      title: 'Car alarm',
      family: 'alarms and telephones',
      kind: 'texture',
      open: carAlarm,
    },
    names: words('car alarm, vehicle alarm, theft alarm'),
  },
  {
    ...{
      id: 'telephone',
      title: 'Telephone',
      family: 'alarms and telephones',
      kind: 'events',
      ring: telephone,
    },
    timing: { pattern: 'regular', everySeconds: 4, usually: 2 },
    names: words(
      'telephone, phone, phone ringing, telephone ring, phone call, ringtone, phone rings, ringing phone, cell phone, mobile phone, landline, smartphone, rotary phone, incoming call, cellphone, telephone ringing, telephone bell',
    ),
    related: words('call, fax'),
    variants: {
      mobile: words('mobile, cell, smartphone, ringtone, cellphone, nokia'),
      electronic: words('office, electronic, digital, modern, desk'),
    },
  },
  {
    ...{
      id: 'dial-tone',
      title: 'Dial tone',
      family: 'alarms and telephones',
      kind: 'texture',
      open: dialTone,
    },
    names: words(
      'dial tone, dialling tone, dialtone, busy signal, busy tone, engaged tone, off the hook, phone off hook, line tone',
    ),
    variants: { busy: words('busy, engaged') },
  },
  {
    ...{ id: 'dialling', title: 'Dialling', family: 'alarms and telephones', kind: 'events', ring: dialling },
    timing: { pattern: 'regular', everySeconds: 0.2, usually: 9 },
    names: words(
      'dialling, dialing, touch tone, touch tones, dtmf, phone dialing, dialing a number, keypad, phone keypad',
    ),
  },
  {
    ...{ id: 'beep', title: 'Beep', family: 'alarms and telephones', kind: 'events', ring: electronicBeep },
    timing: { pattern: 'regular', everySeconds: 0.8, usually: 1 },
    names: words(
      'beep, beeping, bleep, heart monitor, hospital monitor, ecg, censor beep, microwave beep, electronic beep, blip, pips, tone, test tone, scanner beep, checkout scanner, censor',
    ),
    related: words('robot, computer, machine beeping, morse, morse code'),
  },
  {
    ...{ id: 'buzzer', title: 'Buzzer', family: 'alarms and telephones', kind: 'events', ring: buzzer },
    timing: { pattern: 'regular', everySeconds: 1.6, usually: 1 },
    names: words(
      'buzzer, game show buzzer, quiz buzzer, entry buzzer, intercom, basketball buzzer, wrong answer buzzer',
    ),
  },
  {
    ...{
      id: 'reversing-beeps',
      title: 'Reversing beeps',
      family: 'alarms and telephones',
      kind: 'events',
      ring: reversing,
    },
    timing: { pattern: 'regular', everySeconds: 1, usually: 'endless' },
    names: words(
      'reversing beeps, truck reversing, reversing, backup beeper, backing up, reverse beep, truck backing up, forklift',
    ),
  },
  {
    ...{ id: 'sonar', title: 'Sonar', family: 'alarms and telephones', kind: 'events', ring: sonar },
    timing: { pattern: 'regular', everySeconds: 3.2, usually: 1 },
    names: words('sonar, ping, submarine, sonar ping, radar, submarine ping'),
    related: words('submarine interior, echo sounder'),
  },
]
