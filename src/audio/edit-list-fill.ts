/** What stands in for sound that is taken away: gives the next `frames` frames, one array a channel. */
export type FillStream = (frames: number) => Float32Array[]

/** Digital silence. */
export function createSilence(channels: number): FillStream {
  return (frames) => Array.from({ length: channels }, () => new Float32Array(frames))
}
