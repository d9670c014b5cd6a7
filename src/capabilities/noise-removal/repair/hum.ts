import type { PcmBlock } from '../../../audio/pcm'
import type { DelayedStage } from '../block-stream'

/** Blocks that amplitudes are measured in. */
const blockSeconds = 0.025
/** Blocks on each side of a moment that tell a line's amplitude there: half a second. */
const reach = 20

/**
 * Takes lines of hum out: around every moment the complex amplitude of each line is measured under a Hann window of a
 * second, and the sine of that amplitude is subtracted. This is a notch of 2 Hz without a phase shift, and without the
 * ringing-in of a recursive one: at the ends it measures what there is.
 */
export function createHumStage(
  linesHz: readonly number[],
  sampleRateHz: number,
  channels: number,
): DelayedStage {
  const blockFrames = Math.round(blockSeconds * sampleRateHz)
  const lines = linesHz.filter((hz) => hz < sampleRateHz / 2)
  const weights = Float64Array.from(
    { length: 2 * reach },
    (_, n) => Math.sin((Math.PI * (n + 0.5)) / (2 * reach)) ** 2,
  )
  const voices = Array.from({ length: channels }, () =>
    createVoice(
      lines.map((hz) => (2 * Math.PI * hz) / sampleRateHz),
      blockFrames,
      weights,
    ),
  )
  return {
    blockFrames,
    delayFrames: reach * blockFrames,
    process: (block: PcmBlock) =>
      Promise.resolve({ channels: block.channels.map((samples, channel) => voices[channel]!(samples)) }),
  }
}

/** One channel: takes a block, gives the one `reach` blocks earlier. */
function createVoice(turns: readonly number[], blockFrames: number, weights: Float64Array) {
  const held: Float32Array[] = []
  /** Whether a block holds sound, and the product of each line with it: real, imaginary. */
  const measured: { sound: boolean; products: Float64Array }[] = []
  let taken = 0
  let before: Float64Array | null = null

  const amplitudes = (): Float64Array => {
    const sums = new Float64Array(2 * turns.length)
    let weight = 0
    // The newest block has the last of the weights.
    for (let back = 0; back < 2 * reach; back++) {
      const block = measured[measured.length - 1 - back]
      if (!block?.sound) continue
      weight += weights[back]!
      for (let n = 0; n < sums.length; n++) sums[n]! += weights[back]! * block.products[n]!
    }
    return weight === 0 ? sums : sums.map((sum) => sum / (weight * blockFrames))
  }
  return (samples: Float32Array): Float32Array<ArrayBuffer> => {
    held.push(samples)
    measured.push({ sound: samples.some((sample) => sample !== 0), products: measure(samples, turns, taken) })
    if (measured.length > 2 * reach) measured.shift()
    taken += blockFrames
    const after = amplitudes()
    // At the beginning there is nothing before the first block that could be measured.
    const from = before ?? after
    before = after
    if (held.length <= reach) return new Float32Array(blockFrames)
    return subtract(held.shift()!, turns, taken - (reach + 1) * blockFrames, from, after)
  }
}

function measure(samples: Float32Array, turns: readonly number[], start: number): Float64Array {
  const products = new Float64Array(2 * turns.length)
  for (const [line, turn] of turns.entries()) {
    const [stepCos, stepSin] = [Math.cos(turn), Math.sin(turn)]
    let cos = Math.cos(turn * start)
    let sin = Math.sin(turn * start)
    let [real, imaginary] = [0, 0]
    for (const sample of samples) {
      real += sample * cos
      imaginary -= sample * sin
      const next = cos * stepCos - sin * stepSin
      sin = sin * stepCos + cos * stepSin
      cos = next
    }
    products[2 * line] = real
    products[2 * line + 1] = imaginary
  }
  return products
}

/** Amplitudes go from one to the other on a straight line. */
function subtract(
  samples: Float32Array,
  turns: readonly number[],
  start: number,
  from: Float64Array,
  to: Float64Array,
): Float32Array<ArrayBuffer> {
  const rest = Float64Array.from(samples)
  for (const [line, turn] of turns.entries()) {
    const [stepCos, stepSin] = [Math.cos(turn), Math.sin(turn)]
    let cos = Math.cos(turn * start)
    let sin = Math.sin(turn * start)
    for (let n = 0; n < rest.length; n++) {
      const share = n / rest.length
      const real = from[2 * line]! + share * (to[2 * line]! - from[2 * line]!)
      const imaginary = from[2 * line + 1]! + share * (to[2 * line + 1]! - from[2 * line + 1]!)
      rest[n]! -= 2 * (real * cos - imaginary * sin)
      const next = cos * stepCos - sin * stepSin
      sin = sin * stepCos + cos * stepSin
      cos = next
    }
  }
  return Float32Array.from(rest)
}
