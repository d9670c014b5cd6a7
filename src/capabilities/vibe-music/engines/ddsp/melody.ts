/** What an instrument is to play, frame by frame. */
export interface Melody {
  /** Hz; goes on over rests. */
  pitchHz: Float32Array
  /** A-weighted, in dB. */
  loudnessDb: Float32Array
}

/** What an instrument can play, and how loud it was where the decoder learnt it. */
export interface InstrumentTraits {
  /** MIDI numbers. */
  lowest: number
  highest: number
  /** Of the frames in which it sounds, A-weighted. */
  loudnessMeanDb: number
  loudnessDeviationDb: number
  loudestDb: number
}

export const midiOf = (hz: number) => 69 + 12 * Math.log2(hz / 440)

/** How many octaves up bring most of some pitches into a range; the fewest of those. */
export function octavesInto(
  pitches: Iterable<number>,
  { lowest, highest }: Pick<InstrumentTraits, 'lowest' | 'highest'>,
): number {
  let best = { octaves: 0, cost: Infinity }
  for (const octaves of [0, -1, 1, -2, 2, -3, 3, -4, 4]) {
    let outside = 0
    for (const written of pitches) {
      const pitch = written + 12 * octaves
      // Half a semitone is a note sung out of tune.
      outside += Math.max(0, lowest - 0.5 - pitch, pitch - highest - 0.5)
    }
    if (outside < best.cost) best = { octaves, cost: outside }
  }
  return best.octaves
}
