import { createRandom } from './noise'

export interface PluckShape {
  /** Until the fundamental has fallen by 60 dB; higher notes ring shorter by themselves. */
  decaySeconds: number
  /** Where the string is plucked, as a share of its length: near the bridge is sharper. */
  position: number
  /** 0 (felt) to 1 (steel): how much of the high end the pluck has, and the string keeps. */
  brightness: number
  seconds: number
  seed: number
}

/**
 * A plucked string (K. Karplus and A. Strong, 1983) with the extensions of D. Jaffe and J. Smith ("Extensions of the
 * Karplus-Strong plucked-string algorithm", Computer Music Journal 7:2, 1983): pick position, a decay that does not
 * depend on the pitch, and tuning to a fraction of a sample by an all-pass.
 */
export function pluckString(hz: number, sampleRateHz: number, shape: PluckShape): Float32Array {
  const { decaySeconds, position, brightness, seconds, seed } = shape
  const period = sampleRateHz / hz
  // The two-point average in the loop delays by `blend` samples at low frequencies.
  const blend = 0.5 * (1 - brightness) * 0.9 + 0.02
  const whole = Math.max(2, Math.floor(period - blend - 0.4))
  const fraction = period - blend - whole
  const allpass = (1 - fraction) / (1 + fraction)
  const keep = 10 ** (-3 / (hz * decaySeconds))
  const line = excitation(whole, position, brightness, seed)
  const out = new Float32Array(Math.round(seconds * sampleRateHz))
  let at = 0
  let before = 0
  let passIn = 0
  let passOut = 0
  for (let frame = 0; frame < out.length; frame++) {
    const read = line[at]!
    out[frame] = read
    const averaged = keep * ((1 - blend) * read + blend * before)
    before = read
    passOut = allpass * averaged + passIn - allpass * passOut
    passIn = averaged
    line[at] = passOut
    if (++at === whole) at = 0
  }
  return out
}

/** A burst of noise, darkened, with the notches of the place where the string is plucked. */
function excitation(length: number, position: number, brightness: number, seed: number): Float32Array {
  const random = createRandom(seed)
  const noise = Float32Array.from({ length }, () => random.between(-1, 1))
  const pole = 0.85 * (1 - brightness)
  let state = 0
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < length; index++) {
      state = noise[index]! + pole * (state - noise[index]!)
      if (round === 1) noise[index] = state
    }
  }
  const shift = Math.max(1, Math.round(position * length))
  const picked = noise.map((sample, index) => sample - 0.9 * noise[(index - shift + length) % length]!)
  const mean = picked.reduce((sum, sample) => sum + sample, 0) / length
  return picked.map((sample) => sample - mean)
}
