/** One way in which a struck thing swings. */
export interface Mode {
  hz: number
  /** Until it has fallen by 60 dB. */
  decaySeconds: number
  gain: number
}

/**
 * Adds the ringing of modes to a block: a bank of decaying sines that one strike at frame 0 sets off (K. van den Doel and
 * D. Pai, "The sounds of physical shapes", Presence 7(4), 1998). Each sine is a two-term recurrence.
 *
 * @param start First frame of the strike.
 */
export function addModes(
  out: Float32Array,
  modes: readonly Mode[],
  sampleRateHz: number,
  { start = 0, phase = 0 }: { start?: number; phase?: number } = {},
): Float32Array {
  const rings = modes
    .filter(({ hz }) => hz < 0.45 * sampleRateHz)
    .map((mode) => ringOf(mode, sampleRateHz, phase))
    .sort((a, b) => b.frames - a.frames)
  // Two at a time: one's multiplications fill the time in which the other's wait for each other.
  for (let index = 0; index < rings.length; index += 2) {
    const longer = rings[index]!
    const shorter = rings[index + 1]
    const end = Math.min(out.length, start + longer.frames)
    const together = shorter ? Math.min(end, start + shorter.frames) : start
    if (shorter) addPair(out, longer, shorter, start, together)
    addRing(out, longer, together, end)
  }
  return out
}

/** A recurrence on its way. */
interface Ring {
  c1: number
  c2: number
  y1: number
  y2: number
  frames: number
}

function ringOf({ hz, decaySeconds, gain }: Mode, sampleRateHz: number, phase: number): Ring {
  const radius = Math.pow(10, -3 / (decaySeconds * sampleRateHz))
  const w = (2 * Math.PI * hz) / sampleRateHz
  return {
    c1: 2 * radius * Math.cos(w),
    c2: -radius * radius,
    y1: gain * Math.sin(phase),
    y2: (gain * Math.sin(phase - w)) / radius,
    frames: Math.ceil(1.7 * decaySeconds * sampleRateHz),
  }
}

function addRing(out: Float32Array, ring: Ring, start: number, end: number): void {
  const { c1, c2 } = ring
  let { y1, y2 } = ring
  for (let index = start; index < end; index++) {
    out[index]! += y1
    const next = c1 * y1 + c2 * y2
    y2 = y1
    y1 = next
  }
}

/** Leaves the first where it has come to. */
function addPair(out: Float32Array, first: Ring, second: Ring, start: number, end: number): void {
  const { c1, c2 } = first
  const { c1: d1, c2: d2 } = second
  let { y1, y2 } = first
  let { y1: z1, y2: z2 } = second
  for (let index = start; index < end; index++) {
    out[index]! += y1 + z1
    const next = c1 * y1 + c2 * y2
    const other = d1 * z1 + d2 * z2
    y2 = y1
    y1 = next
    z2 = z1
    z1 = other
  }
  first.y1 = y1
  first.y2 = y2
}

/** Resonators that a signal drives, summed: a block in place. */
export interface ModalBank {
  run(samples: Float32Array): void
}

/** The same modes as band-passes of constant peak gain (J. O. Smith and J. Angell, 1982), for things that are rubbed or rolled. */
export function createModalBank(modes: readonly Mode[], sampleRateHz: number): ModalBank {
  const sections = modes
    .filter(({ hz }) => hz < 0.45 * sampleRateHz)
    .map(({ hz, decaySeconds, gain }) => {
      const radius = Math.pow(10, -3 / (decaySeconds * sampleRateHz))
      const c1 = 2 * radius * Math.cos((2 * Math.PI * hz) / sampleRateHz)
      return {
        c1,
        c2: -radius * radius,
        gain: (gain * (1 - radius * radius)) / 2,
        y1: 0,
        y2: 0,
        x1: 0,
        x2: 0,
      }
    })
  let scratch = new Float32Array(0)
  return {
    run(samples) {
      if (scratch.length < samples.length) scratch = new Float32Array(samples.length)
      scratch.set(samples)
      samples.fill(0)
      for (const section of sections) {
        const { c1, c2, gain } = section
        let { y1, y2, x1, x2 } = section
        for (let index = 0; index < samples.length; index++) {
          const x = scratch[index]!
          const y = gain * (x - x2) + c1 * y1 + c2 * y2
          x2 = x1
          x1 = x
          y2 = y1
          y1 = y
          samples[index]! += y
        }
        Object.assign(section, { y1: y1 + 1e-20, y2, x1, x2 })
      }
    },
  }
}

/** Ratios of the modes of an ideal thing to its lowest. */
export const modeRatios = {
  /** Free bar (N. H. Fletcher and T. D. Rossing, "The physics of musical instruments", 1998). */
  bar: [1, 2.756, 5.404, 8.933, 13.34, 18.64],
  /** Round membrane. */
  membrane: [1, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156, 3.501],
  /** Square plate. */
  plate: [1, 2.44, 2.89, 4.53, 5.18, 6.2, 7.1, 8.6, 9.8, 11.9],
  /** Minor-third church bell: hum, prime, tierce, quint, nominal and what lies above (Rossing). */
  bell: [0.5, 1, 1.183, 1.506, 2, 2.514, 2.662, 3.011, 4.166, 5.433, 6.8],
  /** Wine glass, nearly squares. */
  glass: [1, 2.32, 4.25, 6.63, 9.38],
} as const
