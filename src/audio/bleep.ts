import type { FillStream } from './edit-list-fill'

/** Above this share of the sample rate a tone would be lost in the filters of converters. */
const maxFrequencyShare = 0.4

export interface BleepOptions {
  sampleRateHz: number
  /** Lowered where the sample rate cannot carry it. */
  frequencyHz: number
  /** Peak amplitude in each channel, 0–1. */
  amplitudes: readonly number[]
}

/** A sine that begins at its zero crossing. */
export function createBleep({ sampleRateHz, frequencyHz, amplitudes }: BleepOptions): FillStream {
  const step = (2 * Math.PI * Math.min(frequencyHz, maxFrequencyShare * sampleRateHz)) / sampleRateHz
  let frame = 0
  return (frames) => {
    const tone = Float32Array.from({ length: frames }, (_, index) => Math.sin(step * (frame + index)))
    frame += frames
    return amplitudes.map((amplitude) => tone.map((sample) => sample * amplitude))
  }
}
