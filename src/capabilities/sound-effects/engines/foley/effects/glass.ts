import { struck } from './bells'
import { addModes, modeRatios } from '../../../../../audio/synthesis/modal'
import { sampleRateHz, type Effect, type EffectSettings, words } from '../effect'
import { mixAt, noiseHit, pitchOf, shaped, silence } from '../sounds'

/** The pane bursts, then shards of all sizes ring as they fall (P. Cook, "Real sound synthesis", 2002). */
function glassBreak({ random, size, intensity }: EffectSettings): Float32Array {
  const seconds = 1.5 + 1.1 * size
  const sound = silence(seconds + 0.4)
  const pitch = Math.sqrt(pitchOf(size))
  mixAt(sound, noiseHit(random, { hz: 5200 * pitch, q: 0.4, decay: 0.16 }), 0, 1.5)
  mixAt(sound, noiseHit(random, { hz: 900 * pitch, q: 0.5, decay: 0.07 }), 0, 0.9)
  const shards = Math.round(60 + 90 * intensity)
  for (let shard = 0; shard < shards; shard++) {
    const at = 0.004 + random.next() ** 2.2 * seconds
    const hz = random.ratio(2100, 9500) * pitch
    const one = silence(0.3)
    const decay = random.between(0.03, 0.22)
    const modes = modeRatios.glass.slice(0, 3).map((ratio) => ({
      ...{ hz: hz * (1 + (ratio - 1) * 0.35), decaySeconds: decay / Math.sqrt(ratio), gain: 0.3 / ratio },
    }))
    addModes(one, modes, sampleRateHz)
    mixAt(one, noiseHit(random, { hz: 7500, q: 0.6, decay: 0.006 }), 0, 0.5)
    mixAt(sound, one, at, random.between(0.1, 0.75) * (1 - (0.7 * at) / seconds))
  }
  return sound
}

function clink({ random, size }: EffectSettings): Float32Array {
  const sound = silence(1.1)
  const hz = random.ratio(1900, 2600) * Math.sqrt(pitchOf(size))
  for (const detune of [1, 1.13]) {
    mixAt(
      sound,
      struck(random, {
        hz: hz * detune,
        ratios: modeRatios.glass,
        decay: 0.75,
        damp: 0.5,
        tilt: 0.6,
        beat: 4,
      }),
      0,
      0.5,
    )
  }
  return shaped(sound, [
    [0, 1],
    [0.8, 1],
    [1.1, 0],
  ])
}

export const glassEffects: readonly Effect[] = [
  {
    ...{
      id: 'glass-break',
      title: 'Glass breaking',
      family: 'impacts and weapons',
      kind: 'events',
      ring: glassBreak,
    },
    timing: { pattern: 'poisson', everySeconds: 3, usually: 1 },
    names: words(
      'glass breaking, breaking glass, glass break, glass shattering, shatter, smashing glass, window breaking, broken glass, window smash, glass smash, shattering, bottle breaking, plate breaking, smashed window, glass shatters, window shatters',
    ),
    related: words('plate, crystal shattering, ice breaking, mirror, vase'),
  },
  {
    ...{
      id: 'glass-clink',
      title: 'Glasses clinking',
      family: 'impacts and weapons',
      kind: 'events',
      ring: clink,
    },
    timing: { pattern: 'poisson', everySeconds: 1.6, usually: 1 },
    names: words(
      'clink, clinking, glasses clinking, cheers toast, toast, clinking glasses, wine glasses, dishes, crockery, glass clink, cutlery on plate, cups',
    ),
    related: words('restaurant, dinner, cup, saucer, ceramic'),
  },
]
