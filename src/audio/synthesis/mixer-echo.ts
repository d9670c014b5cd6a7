import type { PcmBlock } from '../pcm'

const feedback = 0.34

/** Echoes that go from side to side, each darker than the one before. @param seconds Between two of them, at most 2. */
export function createEcho(seconds: number, sampleRateHz: number): { process(block: PcmBlock): PcmBlock } {
  const length = Math.round(Math.min(2, seconds) * sampleRateHz)
  const lines = [new Float32Array(length), new Float32Array(length)] as const
  const keep = Math.exp((-2 * Math.PI * 3500) / sampleRateHz)
  const dark = new Float64Array(2)
  let place = 0
  return {
    process({ channels: [inLeft, inRight] }) {
      const left = new Float32Array(inLeft!.length)
      const right = new Float32Array(inLeft!.length)
      const [toLeft, toRight] = lines
      let darkLeft = dark[0]!
      let darkRight = dark[1]!
      let at = place | 0
      for (let frame = 0; frame < left.length; frame++) {
        const fromLeft = toLeft[at]!
        const fromRight = toRight[at]!
        const input = 0.5 * (inLeft![frame]! + inRight![frame]!)
        left[frame] = fromLeft
        right[frame] = fromRight
        darkLeft = fromLeft + keep * (darkLeft - fromLeft) + 1e-20
        darkRight = fromRight + keep * (darkRight - fromRight) + 1e-20
        toLeft[at] = input + feedback * darkRight
        toRight[at] = feedback * darkLeft + 0.5 * feedback * input
        if (++at === length) at = 0
      }
      place = at
      dark[0] = darkLeft
      dark[1] = darkRight
      return { channels: [left, right] }
    },
  }
}
