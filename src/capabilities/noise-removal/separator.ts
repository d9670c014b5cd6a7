import type { PcmBlock } from '../../audio/pcm'
import { createRandom } from '../../audio/synthesis/noise'
import type { Engine } from '../../inference/engine'
import type { Manifest } from '../../inference/manifest'
import { AppError } from '../../platform/errors'

/** What every separation engine takes: audio at its manifest's sample rate, in blocks of any length. */
export interface SeparatorInput {
  channels: number
  blocks: AsyncIterable<PcmBlock>
  /** Of the average of all channels over the whole recording: separators hear it at mean 0 and deviation 1. */
  level: SoundLevel
  /** The recording is separated once for each of these, moved by so many frames; results are averaged. At least one. */
  shifts: readonly number[]
}

export interface SoundLevel {
  mean: number
  deviation: number
}

/** Demucs moves the sound by up to half a second. */
const maxShiftSeconds = 0.5

/**
 * The shift trick of Demucs: a network that hears the sound at several moments gets a little better on average, and takes
 * as many times longer. None of them: once, as it is.
 */
export function drawShifts(count: number, sampleRateHz: number, seed: number): number[] {
  if (count === 0) return [0]
  const random = createRandom(seed)
  const choices = Math.floor(maxShiftSeconds * sampleRateHz) + 1
  return Array.from({ length: count }, () => Math.floor(random.next() * choices))
}

/**
 * The parts of the recording, blocks in the order of `stemNames`: the same number of sample frames in total as the input,
 * aligned to the sample, and as many channels. Memory does not grow with the input's length.
 */
export type SeparatorOutput = AsyncIterable<readonly PcmBlock[]>

export type SeparatorEngine = Engine<SeparatorInput, SeparatorOutput>

/** The part that holds voices. */
export const vocals = 'vocals'

/**
 * The parts that a separation model gives, by its manifest's options.
 * @throws AppError `model_corrupt` where the manifest names none, or no voices.
 */
export function stemNames({ id, options }: Manifest): readonly string[] {
  const { stems } = options
  if (Array.isArray(stems) && stems.every((stem) => typeof stem === 'string') && stems.includes(vocals)) {
    return stems
  }
  throw new AppError('model_corrupt', {
    message: `The manifest of the model “${id}” does not name its stems, among them “${vocals}”.`,
  })
}
