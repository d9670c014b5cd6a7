import { frameCount, type PcmBlock } from '../pcm'

export interface Fades {
  inFrames: number
  outFrames: number
  /** Of the whole. */
  frames: number
}

/** Fades the ends of sound that comes in blocks along a half cosine, in place. */
export function createFader({ inFrames, outFrames, frames }: Fades): (block: PcmBlock) => void {
  let at = 0
  const rise = (position: number) => 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, position))
  return (block) => {
    const count = frameCount(block)
    const end = at + count
    if (at < inFrames || end > frames - outFrames) {
      for (let frame = 0; frame < count; frame++) {
        const place = at + frame
        const fadeIn = place < inFrames ? rise((place + 0.5) / inFrames) : 1
        const fadeOut = frames - place <= outFrames ? rise((frames - place - 0.5) / outFrames) : 1
        for (const samples of block.channels) samples[frame]! *= fadeIn * fadeOut
      }
    }
    at = end
  }
}
